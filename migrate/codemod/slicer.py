"""The part of a method that creates variables: the statements that a constructor has to run, on sizes."""

import ast
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from .atoms import Atoms, integers
from .bindings import aliases, defines, statements, stored
from .branches import of_module, on_other_side
from .constructions import Construction
from .contexts import is_kept, is_left
from .copied import Changes
from .given_shapes import given_shapes
from .model import Creation, LinenClass, Method, MethodKind, Refused
from .reads import variable_reads
from .requests import asked_for, done_without
from .run_through import zipped
from .slices import Atom, HelperCall, Slice
from .static_arguments import static_arguments

_ANSWERED = frozenset({"is_initializing", "has_variable", "make_rng"})


class Slicer:
    """Collects the slice of one method. Raises Refused where creation depends on more than sizes and fields.

    What stands in `later` is left to the call. The module may be `given` to functions that read some fields of it.
    """

    def __init__(
        self,
        cls: LinenClass,
        method: Method,
        creations: list[Creation],
        known: Collection[str],
        calls: Sequence[HelperCall] = (),
        modules: Sequence[Construction] = (),
        later: Collection[ast.AST] = (),
        given: Mapping[ast.Name, frozenset[str]] = MappingProxyType({}),
    ):
        self.given = given
        self.cls, self.method, self.known = cls, method, known
        self.calls = [c for c in calls if c.call in method.parents]
        self.creations = [c for c in creations if c.method is method]
        self.modules = [m for m in modules if m.method is method]
        self.variables = variable_reads(method, self.creations)
        shapes = given_shapes(method) if self.modules else ()  # the size engine tells them
        self.atoms = Atoms(
            method, cls.names, self.variables, bool(self.modules), later, integers(cls), shapes
        )
        self.static = static_arguments(method, self.creations, self.modules)
        held = (c.target.id for c in self.creations if isinstance(c.target, ast.Name))
        self.slice = Slice(method, frozenset(held))
        self.seen: set[ast.AST] = set()
        self.changes = Changes(method, cls.names)

    def run(self) -> Slice:
        for creation in self.creations:
            self._place(creation)
            for expression in creation.reads:
                self._read(expression, creation.call)
        for call in self.calls:
            self._hand_on(call)
        for module in self.modules:
            statement = self.method.statement(module.call)
            self.slice.keep.add(statement)
            self.slice.parts.setdefault(statement, []).extend(module.reads)
            self._around(module.call, module=True)
            for expression in module.reads:
                self._read(expression, module.call)
        for creation in self.creations:
            statement = self.method.statement(creation.call)
            if statement in self.slice.parts:
                self.slice.parts[statement] += creation.reads
        self._check_arrays()
        self._returns()
        self._raises()
        return self.slice

    def _raises(self) -> None:
        """What a choice of makers raises where fields say none of them: the constructor is where that belongs."""
        if self.method.kind is not MethodKind.COMPACT:
            return
        kept = {above for s in self.slice.keep for above in self.method.above(s) if isinstance(above, ast.If)}
        for condition in sorted(kept, key=lambda node: node.lineno):
            match condition.orelse:
                case [ast.Raise(exc=ast.expr() as error) as statement] if of_module(
                    self.method, condition.test
                ):
                    names = {n.id for n in ast.walk(error) if isinstance(n, ast.Name)} - {self.method.this}
                    if not names & {*self.method.parameters, *stored(self.method.node)}:
                        self.slice.keep.add(statement)
                        self._read(error, statement)

    def _check_arrays(self) -> None:
        """What a submodule gives is an array, which a constructor does not have."""
        for module in self.modules:
            statement, above = self.method.statement(module.call), self.method.parents[module.call]
            if statement in self.seen and isinstance(above, ast.Call) and above.func is module.call:
                reason = (
                    f"what `{module.kind}` gives decides what is created, and a constructor has no arrays"
                )
                raise Refused("MN202", module.call, reason)

    def _hand_on(self, call: HelperCall) -> None:
        """The constructor calls the helper's creating part, at the same place."""
        self.slice.keep.add(self.method.statement(call.call))
        self._around(call.call)
        self._read(call.call.func, call.call)
        for name in call.inputs:
            self._read(call.given[name], call.call)
        for name, index in call.arrays.items():
            array = call.given[name]
            assert isinstance(array, ast.Name)
            self.slice.atoms.append(Atom(array, array.id, self.atoms.version(array), "shape", index))

    def take_static(self, statement: ast.stmt) -> None:
        """Adds a statement of setup that depends on fields alone."""
        self._take(statement, "")

    def take_sizes(self, statement: ast.stmt) -> None:
        """Adds a statement that fills or empties a list of arrays: the constructor does so with their sizes."""
        self.slice.keep.add(statement)
        self._around(statement)

    def _place(self, creation: Creation) -> None:
        """Goes outwards from a creation: everything around it has to make sense in a constructor."""
        self.slice.keep.add(self.method.statement(creation.call))
        self._around(creation.call)

    def _around(self, node: ast.AST, *, module: bool = False) -> None:
        below: ast.AST = node
        for above in self.method.above(node):
            match above:
                case ast.If() | ast.IfExp() if module and self._asks(above, below):
                    self.slice.from_start.add(above)
                case ast.If(test=test) | ast.IfExp(test=test) if below is not test:
                    self._read(test, above)
                case ast.If() | ast.IfExp():
                    raise Refused("MN201", node, "stands inside of a condition")
                case ast.For(target=target, iter=iterated) if below is not iterated:
                    self._runs_through(above)
                    beside = [t for t, part in zipped(target, iterated) if part in self.atoms.later]
                    self.slice.locals |= stored(target) - {n for t in beside for n in stored(t)}
                    self._read(iterated, above)
                case ast.With(body=body) if below in body and is_left(above, self.cls.names):
                    pass
                case ast.With(items=items, body=body) if below in body and is_kept(above, self.cls.names):
                    for item in items:
                        self._read(item.context_expr, above)
                case ast.With(items=items):
                    entered = ", ".join(ast.unparse(item) for item in items)
                    raise Refused("MN201", node, f"stands inside `with {entered}` (line {above.lineno})")
                case (
                    ast.While()
                    | ast.Try()
                    | ast.Match()
                    | ast.FunctionDef()
                    | ast.Lambda()
                    | ast.AsyncFunctionDef()
                ):
                    kind = type(above).__name__.removesuffix("Def").lower()
                    raise Refused("MN201", node, f"stands inside a {kind} (line {above.lineno})")
                case ast.BoolOp(values=values) if below is not values[0]:
                    raise Refused("MN201", node, "stands behind `and` or `or`")
                case ast.ListComp(generators=generators):
                    for generator in generators:
                        self.slice.locals |= stored(generator.target)
                        for expression in (generator.iter, *generator.ifs):
                            self._read(expression, above)
                case ast.GeneratorExp() | ast.DictComp() | ast.SetComp():
                    raise Refused("MN201", node, "stands inside a comprehension that is no list")
            below = above

    def _asks(self, condition: ast.If | ast.IfExp, below: ast.AST) -> bool:
        """Tells whether a condition asks for an argument, and makes submodules on this answer alone."""
        either = condition.orelse if isinstance(condition, ast.If) else [condition.orelse]
        inside = below in condition.body if isinstance(condition, ast.If) else below is condition.body
        if not inside or any(map(self._makes, either)) or self._goes_on(condition):
            return False
        without = done_without(self.method, condition)
        name = without or asked_for(self.method, condition)
        return name not in {"", *self.method.optional} and not self._asks_again(condition, name, without)

    def _goes_on(self, condition: ast.If | ast.IfExp) -> bool:
        """Tells whether it is an `elif`, which does not run in any case."""
        above = self.method.parents[condition]
        return (
            isinstance(above, ast.If)
            and above.orelse == [condition]
            and above.col_offset == condition.col_offset
        )

    def _makes(self, part: ast.AST) -> bool:
        made = {
            *(m.call for m in self.modules),
            *(c.call for c in self.creations),
            *(c.call for c in self.calls),
        }
        return any(n in made for n in ast.walk(part))

    def _asks_again(self, condition: ast.If | ast.IfExp, name: str, without: str) -> bool:
        """Tells whether something else is made on the other answer: no call of Linen's makes the one and the other."""
        asking = asked_for if without else done_without
        others = (
            n for n in ast.walk(self.method.node) if isinstance(n, ast.If | ast.IfExp) and n is not condition
        )
        return any(asking(self.method, other) == name and self._makes(other) for other in others)

    def _runs_through(self, loop: ast.For) -> None:
        jump = next((s for s in statements(loop.body) if isinstance(s, ast.Break | ast.Continue)), None)
        if jump is not None:
            raise Refused("MN201", jump, "a loop that creates variables is left, or a round of it skipped")

    def _returns(self) -> None:
        """A return before a creation decides whether the creation runs."""
        sites = [
            *(c.call for c in self.creations),
            *(c.call for c in self.calls),
            *(m.call for m in self.modules),
        ]
        if not sites:
            return
        last = max(self.atoms.position[self.method.statement(site)] for site in sites)
        for statement in self.atoms.order[:last]:
            if isinstance(statement, ast.Return):
                if statement in self.slice.keep and self._leaves(statement, sites):
                    self.slice.leaves.add(statement)
                self.slice.keep.add(statement)
                self._around(statement)

    def _leaves(self, statement: ast.Return, sites: Sequence[ast.expr]) -> bool:
        """Tells whether anything is made behind a statement that it leaves unmade."""
        place = self.atoms.position
        behind = (s for s in sites if place[self.method.statement(s)] > place[statement])
        return any(not on_other_side(self.method, statement, site) for site in behind)

    def _read(self, expression: ast.expr, user: ast.AST) -> None:
        if expression in self.seen:
            return
        self.seen.add(expression)
        self._read_leaves(expression, frozenset(), user)

    def _read_leaves(self, node: ast.AST, bound: frozenset[str], user: ast.AST) -> None:
        for leaf in self.atoms.leaves(node, bound):
            if isinstance(leaf, Atom):
                self.slice.atoms.append(leaf)
            elif isinstance(leaf, ast.Attribute):
                self._read_attribute(leaf)
            else:
                self._read_name(leaf, user)

    def _read_attribute(self, node: ast.Attribute) -> None:
        known = node.attr in _ANSWERED or node.attr == "__class__" or node.attr in self.known
        if not known and node.attr not in self.cls.methods:
            raise Refused("MN103", node, f"a variable is created from `self.{node.attr}`, which is no field")
        self.slice.fields.add(node.attr)

    def _read_name(self, node: ast.Name, user: ast.AST) -> None:
        if node in self.given:
            self.slice.fields |= self.given[node]
            return
        if node.id == self.method.this:
            raise Refused(
                "MN202", node, "a variable is created by a function that is given the module itself"
            )
        if isinstance(meant := self.variables.get(node), Refused):
            raise meant
        if meant is not None:
            return
        until = self.atoms.position[self.method.statement(user)]
        names = aliases(self.atoms.order, node.id, self.method.parameters)
        more = {s for name in sorted(names) for s in self.changes.of(name)}
        makers = [
            s for s in self.atoms.order if (names & defines(s) or s in more) and self._before(s, until, user)
        ]
        if makers:
            for statement in self._reaching(makers, node.id, user):
                self._take(statement, node.id)
        elif node.id in self.method.parameters and self.method.kind is MethodKind.HELPER:
            self.slice.inputs.add(node.id)
        elif node.id in self.static:
            self.slice.asked.add(node.id)
        elif node.id in self.method.parameters:
            raise self._input(node)
        elif node.id in stored(self.method.node) - self.slice.locals:
            raise Refused("MN202", node, f"where `{node.id}` comes from is not followed")
        elif node.id not in self.slice.locals:
            self.slice.globals.add(node.id)

    def _reaching(self, makers: list[ast.stmt], name: str, user: ast.AST) -> list[ast.stmt]:
        """Leaves out what a later assignment, that always runs, replaces."""
        around = {self.method.node, *self.method.above(user)}
        if any(isinstance(a, ast.For) for a in around):
            return makers
        for i in range(len(makers) - 1, 0, -1):
            statement = makers[i]
            plain = isinstance(statement, ast.Assign) and name in {
                t.id for t in statement.targets if isinstance(t, ast.Name)
            }
            reads = any(
                isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
                for n in ast.walk(statement)
            )
            if plain and not reads and self.method.parents[statement] in around:
                return makers[i:]
        return makers

    def _input(self, node: ast.Name) -> Refused:
        flag = isinstance(
            self.method.parents[node], ast.If | ast.IfExp | ast.Compare | ast.UnaryOp | ast.BoolOp
        )
        if flag:
            return Refused("MN203", node, f"whether the variable exists depends on the argument `{node.id}`")
        return Refused("MN202", node, f"the variable is computed from the values of the argument `{node.id}`")

    def _before(self, statement: ast.stmt, until: int, user: ast.AST) -> bool:
        if self.atoms.position[statement] < until:
            return True
        loops = [a for a in self.method.above(user) if isinstance(a, ast.For)]
        return statement in loops or any(loop in self.method.above(statement) for loop in loops)

    def _take(self, statement: ast.stmt, name: str) -> None:
        """Adds a statement that makes a local, with all that it needs."""
        if statement in self.seen:
            return
        self.seen.add(statement)
        self.slice.locals |= defines(statement)
        match statement:
            case ast.FunctionDef():
                self.slice.keep.add(statement)
                for child in statement.body:
                    self._read_body(child, statement)
                return
            case ast.For(iter=iterated):
                self._read(iterated, statement)
                return
            case ast.With() | ast.ClassDef():
                raise Refused(
                    "MN202", statement, f"`{name}` is made by a statement that a constructor cannot run"
                )
        self.slice.keep.add(statement)
        self._around(statement)
        for expression in ast.iter_child_nodes(statement):
            binds = isinstance(expression, ast.Name) and isinstance(expression.ctx, ast.Store)
            if isinstance(expression, ast.expr) and not binds and expression is not _annotation(statement):
                self._read(expression, statement)

    def _read_body(self, statement: ast.stmt, function: ast.FunctionDef) -> None:
        inner = frozenset(stored(function)) | {
            a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)
        }
        self._read_leaves(statement, inner, function)


def _annotation(statement: ast.stmt) -> ast.expr | None:
    return statement.annotation if isinstance(statement, ast.AnnAssign) else None
