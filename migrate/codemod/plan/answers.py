"""What only Linen asks, such as `self.is_initializing()`, and what the answer always is in NNX."""

import ast
from collections.abc import Collection, Sequence

from ...catalog.functions import MODULE_METHODS
from ...catalog.streams import key_from
from ..bindings import loads, stored
from ..branches import of_module, way_to
from ..model import Method, Refused
from ..trees import walk
from .caches import has_variable, looked_up
from .naming import variable_type
from .records import FALSE, TRUE, Body, ClassPlan, Variable, spelled
from .sown import CAPTURED, COLLECTION
from .streams import asked_stream
from .training import left_to_module

_BRANCHES = ast.If | ast.IfExp | ast.BoolOp | ast.While | ast.Try | ast.Match
_TIGHT = ast.Compare | ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Subscript
"""What binds tighter than a comparison, or would be part of it."""


class Answers:
    """Adds the answers to `body`; raises Refused for a question that has none."""

    def __init__(
        self,
        plan: ClassPlan,
        method: Method,
        body: Body,
        order: Sequence[ast.stmt],
        in_strings: Collection[ast.AST],
    ):
        self.plan, self.method, self.body, self.order = plan, method, body, order
        self.in_strings = in_strings
        self.linen = {(v.creation.collection, v.linen): v for v in plan.every_variable}
        self.left = left_to_module(method, [s.construction for s in plan.submodules])
        self.in_init_too: set[ast.AST] = set()  # questions that Linen's init answers in the same way

    def run(self) -> None:
        for node in walk(self.method.node):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and self.method.is_this(node.func)
            ):
                self._answer(node, node.func.attr)
            elif isinstance(node, ast.Call) and self.plan.cls.names.linen(node.func) == "merge_param":
                self._merge(node)
            elif self.method.is_this(node, "variables"):
                self._look_up(node)
        for statement in self.order:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._spread(statement, statement.targets[0], statement.value)
        self._guarded()

    def _answer(self, call: ast.Call, name: str) -> None:
        literals = [
            a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in call.args
        ]
        match name:
            case "is_initializing":
                self.body.replace[call] = FALSE
            case "is_mutable_collection" if literals == ["params"]:
                self.body.replace[call] = FALSE
            case "is_mutable_collection" if literals == [COLLECTION]:
                self.body.replace[call] = CAPTURED.format(self.method.this)
            case "is_mutable_collection" if call in self.left:
                self.body.remove |= self.left[call]
            case "is_mutable_collection":
                raise Refused("MN206", call, "it asks whether a collection is mutable")
            case "has_variable" if self._is_there(call):
                pass
            case "has_variable":
                variable = self.linen.get((str(literals[0]), str(literals[-1])))
                if variable is None or len(literals) != 2 or self._sometimes(variable, call):
                    raise Refused(
                        "MN206", call, "it asks for a variable that the class does not always declare"
                    )
                self.body.replace[call] = TRUE
                if _is_behind(variable, call):
                    self.in_init_too.add(call)
            case "get_variable" | "put_variable":
                variable = self.linen.get((str(literals[0]), str(literals[1]))) if len(literals) > 1 else None
                if variable is None or variable.conditional:
                    raise Refused("MN204", call, f"{name} of a variable that the class does not declare")
                self._get_or_put(call, name, variable)
            case "sow":
                self.body.sown[self.method.statement(call)] = self.method.this
                self.body.replace[call.args[0]] = variable_type(COLLECTION)
            case "make_rng":
                self.body.replace[call] = self._key(call)

    def _key(self, call: ast.Call) -> str:
        """A stream that a field names is looked up by it."""
        match asked_stream(call):
            case None:
                return key_from("self.rngs", "params")
            case ast.Constant(value=str(stream)) if stream.isidentifier():
                return key_from("self.rngs", stream)
            case ast.Attribute(attr=name) as field if self._holds_text(field, call):
                self.body.reads.add(name)
                return f"self.rngs[self.{name}]()"
        raise Refused("MN204", call, "the rng stream is not a literal")

    def _holds_text(self, field: ast.expr, call: ast.Call) -> bool:
        """Tells whether a field holds a string, and nothing that is declared is made of it."""
        declared = {v.creation.call for v in self.plan.variables} & {*self.method.above(call)}
        texts = (f.name for f in self.plan.fields if f.init and ast.unparse(f.statement.annotation) == "str")
        return not declared and any(self.method.is_this(field, name) for name in texts)

    def _sometimes(self, variable: Variable, question: ast.Call) -> bool:
        """Tells whether a condition decides if a variable is declared, or if the method is called that does it."""
        name = variable.creation.method.node.name
        methods = self.plan.cls.methods.values()
        calls = [(m, n) for m in methods for n in walk(m.node) if m.is_this(n, name)]
        called = any(isinstance(a, _BRANCHES) for m, n in calls for a in m.above(n))
        return called or (variable.conditional and not _beside(variable, question))

    def _is_there(self, call: ast.Call) -> bool:
        """A variable that some calls make is None before."""
        asked = has_variable(self.method, call)
        variable = self.linen.get(asked) if asked is not None else None
        if variable is None or not variable.asked:
            return False
        above = self.method.parents[call]
        negated = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
        code = f"{spelled(variable, self.method.this)} is {'' if negated else 'not '}None"
        loose = isinstance(self.method.parents[above] if negated else above, _TIGHT)
        self.body.replace[above if negated else call] = f"({code})" if loose else code
        return True

    def _look_up(self, variables: ast.AST) -> None:
        """`self.variables["cache"]["key"]`, of a variable that the class declares."""
        above = self.method.parents[variables]
        whole = self.method.parents.get(above)
        found = looked_up(self.method, whole) if whole is not None else None
        variable = self.linen.get(found) if found is not None else None
        if variable is None or (variable.conditional and not variable.asked) or whole in self.in_strings:
            reason = f"it uses `self.variables`: {MODULE_METHODS['variables']}"
            raise Refused("MN103", variables, reason)
        assert whole is not None
        self.body.replace[whole] = f"{spelled(variable, self.method.this)}{variable.read}"

    def _guarded(self) -> None:
        """A write that only Linen's init runs changes the initial value, which a constructor cannot follow."""
        for node in walk(self.method.node):
            if isinstance(node, ast.If) and (answer := self._answer_of(node.test)) is not None:
                gone = node.orelse if answer == TRUE else node.body
                write = next((n for s in gone for n in walk(s) if writes_variable(n, self.method)), None)
                if write is not None:
                    raise Refused(
                        "MN202",
                        write,
                        "Linen's init writes the variable: its initial value is not the declared one",
                    )
            if writes_variable(node, self.method) and not self._guards(node) and not self._writes_asked(node):
                self.plan.unguarded = node

    def _guards(self, node: ast.AST) -> bool:
        """Tells whether a condition that asks about Linen's init stands around a write."""
        tests = (a.test for a in self.method.above(node) if isinstance(a, ast.If | ast.IfExp))
        asked = (n for test in tests for n in walk(test) if n not in self.in_init_too)
        return any(self.body.replace.get(n) in (TRUE, FALSE) for n in asked)

    def _writes_asked(self, node: ast.AST) -> bool:
        """Tells whether a write is to a variable that is made at the call that Linen's init makes it at."""
        names = {
            v.creation.target.id
            for v in self.plan.every_variable
            if v.asked and isinstance(v.creation.target, ast.Name) and v.creation.method is self.method
        }
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names

    def _answer_of(self, test: ast.expr) -> str | None:
        """What a condition always is, given the answers inside it."""
        if isinstance(test, ast.BoolOp):
            parts = [self._answer_of(value) for value in test.values]
            stops = FALSE if isinstance(test.op, ast.And) else TRUE
            return stops if stops in parts else None if None in parts else parts[-1]
        return self._known(test) if not isinstance(test, ast.Name) else self.body.replace.get(test)

    def _get_or_put(self, call: ast.Call, name: str, variable: Variable) -> None:
        if name == "get_variable":
            self.body.replace[call] = f"{spelled(variable, self.method.this)}{variable.read}"
            return
        if not isinstance(self.method.parents[call], ast.Expr) or len(call.args) != 3:
            raise Refused("MN204", call, "put_variable is part of an expression")
        self.body.put[call] = (f"{spelled(variable, self.method.this)}[...]", call.args[2])

    def _merge(self, call: ast.Call) -> None:
        if len(call.args) != 3 or call.keywords or not isinstance(call.args[0], ast.Constant):
            raise Refused("MN102", call, "merge_param is not called with a name and two values")
        self.body.merge[call] = str(call.args[0].value)

    def _spread(self, statement: ast.Assign, target: ast.expr, value: ast.expr) -> None:
        """`initializing = self.is_initializing()`: the name is known wherever it is read."""
        answer = self._known(value)
        if answer is None or not isinstance(target, ast.Name):
            return
        if sum(target.id in stored(s) for s in self.order if not isinstance(s, ast.If | ast.For)) != 1:
            return
        reads = list(loads(self.method.node.body, target.id))
        if not any(n in self.in_strings for n in reads):
            self.body.remove.add(statement)
            self.body.replace.update(dict.fromkeys(reads, answer))
            if self.in_init_too.intersection(walk(value)):
                self.in_init_too.update(reads)

    def _known(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._known(node.operand)
            return None if inner is None else FALSE if inner == TRUE else TRUE
        answer = self.body.replace.get(node)
        return answer if answer in (TRUE, FALSE) else None


def _beside(variable: Variable, question: ast.Call) -> bool:
    """Tells whether a question stands under the conditions of the declaration, which the module answers alone."""
    method, declared = variable.creation.method, way_to(variable.creation.method, variable.creation.call)
    if question not in method.parents or not declared <= way_to(method, question):
        return False
    return all(isinstance(c, ast.If) and of_module(method, c.test) for c, _ in declared)


def _is_behind(variable: Variable, question: ast.Call) -> bool:
    """Tells whether a question stands behind the declaration, which has made the variable in Linen's init as well."""
    declared = variable.creation.call
    same = question in variable.creation.method.parents
    return same and (declared.lineno, declared.col_offset) < (question.lineno, question.col_offset)


def writes_variable(node: ast.AST, method: Method) -> bool:
    """Tells whether a node is `something.value` as a target, or a call of put_variable; self may have a `value`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "put_variable"
    stored = isinstance(node, ast.Attribute) and node.attr == "value" and isinstance(node.ctx, ast.Store)
    return stored and not method.is_this(node)
