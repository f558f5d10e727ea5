"""What a constructor makes in the place of the calls of one method that create variables and submodules."""

import ast

import libcst as cst

from ..conditions import conjunction, negated
from ..listed import list_of
from ..model import Method, MethodKind
from ..plan.helpers import SUFFIX
from ..plan.needs import spell
from ..plan.records import ClassPlan, Form, Submodule, Variable
from ..plan.spelled_names import spelling
from ..slices import HelperCall
from ..source import Span
from .borrowed import graph
from .creation import constructed
from .layout import DICT, LIST, Comment, Layout
from .replacements import replacements
from .splice import spliced
from .submodules import arguments, built
from .units import code_of


class Made:
    """The calls by their place. Once `read` was given a call as it was edited, `statement` has the code for it.

    `this` is what the module is called; `tests` and `generators` have what the conditional expressions and
    comprehensions around the calls became.
    """

    def __init__(self, plan: ClassPlan, method: Method, layout: Layout):
        self.plan, self.method, self.layout = plan, method, layout
        self.span = span = plan.cls.source.span
        self.this = method.this if method.kind is MethodKind.HELPER else "self"
        self.variables = {span(v.creation.call): v for v in plan.variables if v.creation.method is method}
        mine = [s for s in plan.submodules if s.construction.method is method and not s.hoisted]
        placed: dict[Span, Submodule] = {}
        for submodule in mine:  # one of several classes is written like the first of them
            placed.setdefault(span(submodule.construction.call), submodule)
        self.submodules = {call: s for call, s in placed.items() if s.form is not Form.ITEM}
        self.items = {call: s for call, s in placed.items() if s.form is Form.ITEM}
        self.calls = {span(c.call): c for c in plan.calls if c.call in method.parents}
        self.statement_of = {
            **{call: span(method.statement(v.creation.call)) for call, v in self.variables.items()},
            **{call: span(method.statement(s.construction.call)) for call, s in self.submodules.items()},
            **{call: span(method.statement(c.call)) for call, c in self.calls.items()},
        }
        self.replace = replacements(plan, method, self.this, [*self.variables.values()])
        self.parts: dict[Span, tuple[str, list[str]]] = {}
        self.comments: dict[Span, Comment] = {}
        self.tests: dict[Span, str] = {}
        self.generators: dict[Span, str] = {}
        self._built: dict[Span, str] = {}
        self._names: dict[Span, str] = {}
        self._handed_on: dict[Span, str] = {}

    def read(self, call: Span, edited: cst.Call, depth: int) -> cst.BaseExpression | None:
        """Takes down what is made by `call`; returns what stands in its place, None where it is not one of these."""
        if call in self.variables:
            self._built[call], self._names[call] = constructed(self.variables[call], edited, self.plan)
        elif call in self.submodules:
            self.parts[call] = arguments(self.submodules[call], edited, self.plan)
        elif call in self.items:
            function, parts = arguments(self.items[call], edited, self.plan)
            return cst.parse_expression(f"{function}({', '.join(parts)})")
        elif call in self.calls:
            self._handed_on[call] = self._handed(self.calls[call], edited, depth)
        else:
            return None
        return edited

    def stays(self, statement: Span | None) -> bool:
        """A statement that calls the submodule it makes has a line in the method too."""
        mine = [c for c, place in self.statement_of.items() if place == statement]
        return bool(mine) and all(
            c in self.submodules and not self._alone(self.submodules[c].construction.call) for c in mine
        )

    def _alone(self, call: ast.expr) -> bool:
        above = self.method.parents[call]
        return self.method.kind is MethodKind.SETUP or isinstance(above, ast.Assign | ast.AnnAssign)

    def first_halves(self, calls: list[Span]) -> list[Span]:
        """Of two submodules that are the halves of one choice, which is one row, the first."""
        calls = [c for c in calls if c not in self.submodules or self._is_first(self.submodules[c])]
        choices = {c: self._setup_choice(self.submodules[c]) for c in calls if c in self.submodules}
        seconds = {self.span(c.orelse) for c in choices.values() if c is not None}
        firsts = {self.span(c.body) for c in choices.values() if c is not None}
        return [c for c in calls if c not in seconds or not firsts & set(calls)]

    def statement(self, call: Span, depth: int) -> str:
        """Returns the statement that makes what `call` made, `depth` steps in."""
        if call in self.calls:
            return self._handed_on[call]
        if call in self.submodules:
            return self._submodule(call, depth)
        variable = self.variables[call]
        value = f"{variable.type}({self._built[call]})"
        match variable.form:
            case Form.APPEND:
                return self.layout.call(f"self.{variable.attribute}.append", [value], "", depth)
            case Form.LIST:
                inner = f"[{value} {self.generators[call]}]"
                return self.layout.call(f"self.{variable.attribute} = nnx.List", [inner], "", depth)
            case Form.SETATTR:
                return self.layout.call("setattr", [self.this, self._names[call], value], "", depth)
        return self.layout.assign(f"{self.this}.{variable.attribute}", value, self._test(variable), depth)

    def _submodule(self, call: Span, depth: int) -> str:
        submodule = self.submodules[call]
        function, parts = self.parts[call]
        match submodule.form:
            case Form.APPEND | Form.ADDED:
                return self.layout.nested(f"self.{submodule.attribute}.append", function, parts, depth)
            case Form.ELEMENT:
                return self._listed(submodule, depth)
            case Form.SETATTR:
                name = self._edited(spelling(submodule.construction))
                value = f"{function}({', '.join(parts)})"
                return self.layout.call("setattr", ["self", name, value], "", depth)
            case Form.LIST:
                target, each = f"self.{submodule.attribute} = nnx.List", f" {self.generators[call]}"
                return self.layout.nested(target, function, parts, depth, each)
        if submodule.construction.applied:
            return self.layout.assign(f"self.{submodule.attribute}", graph(function, parts), None, depth)
        choice = self._setup_choice(submodule)
        if choice is not None:
            yes, no = self._half(choice.body), self._half(choice.orelse)
            asked = self.tests[self.span(choice)]
            return self.layout.choice(f"self.{submodule.attribute}", yes, no, asked, depth)
        test = self._choice(submodule.construction.call)
        if test is not None:
            value = f"{function}({', '.join(parts)})"
            return self.layout.assign(f"self.{submodule.attribute}", value, test, depth)
        return self._guarded(submodule, function, parts, depth)

    def _is_first(self, submodule: Submodule) -> bool:
        """Of the elements of a list, which is one row, the first."""
        if submodule.form is not Form.ELEMENT:
            return True
        written = list_of(self.method, submodule.construction.call)
        calls = (
            (e for e in written.elements if self.span(e) in self.submodules) if written is not None else ()
        )
        return next(iter(calls), None) is submodule.construction.call

    def _listed(self, first: Submodule, depth: int) -> str:
        """The list that setup writes down, with the comments between its elements."""
        written = list_of(self.method, first.construction.call)
        assert written is not None
        keys = (
            [f"{self._edited(k)}: " for k in written.node.keys if k]
            if isinstance(written.node, ast.Dict)
            else []
        )
        elements = [
            (*self._element(e, key), self.comments.get(self.span(e), ((), "")))
            for key, e in zip(keys or [""] * len(written.elements), written.elements, strict=True)
        ]
        return self.layout.listed(f"self.{first.attribute}", elements, depth, DICT if keys else LIST)

    def _element(self, node: ast.expr, key: str) -> tuple[str, list[str] | None]:
        """A call and its arguments, or a function that stands between the modules; behind a `key` in a dict."""
        function, arguments = self.parts.get(self.span(node)) or (self._edited(node), None)
        return f"{key}{function}", arguments

    def _guarded(self, submodule: Submodule, function: str, parts: list[str], depth: int) -> str:
        guard = submodule.guard
        row = self.layout.call(
            f"self.{submodule.attribute} = {function}", parts, "", depth + (guard is not None)
        )
        return row if guard is None else self._under(spell(self.plan, guard), row)

    def _under(self, test: str, row: str) -> str:
        return self.layout.block(f"if {test}", row.splitlines())

    def once(self, submodule: Submodule) -> str:
        """Returns the statement that makes a submodule of several places, which stands at the constructor's end."""
        call = submodule.construction.call
        given = [*((None, a) for a in call.args), *((k.arg or "**", k.value) for k in call.keywords)]
        codes = [(keyword, self._edited(node)) for keyword, node in given]
        function, parts = built(submodule, self._edited(call.func), codes, self.plan)
        tests = [spell(self.plan, test) for test in submodule.tests]
        row = self.layout.call(f"self.{submodule.attribute} = {function}", parts, "", 2 + bool(tests))
        if not tests:
            return row
        return self._under(tests[0] if len(tests) == 1 else " and ".join(f"({t})" for t in tests), row)

    def _edited(self, node: ast.expr) -> str:
        return spliced(self.plan.cls.source.segment(node), self.span(node), dict(self.replace))

    def _setup_choice(self, submodule: Submodule) -> ast.IfExp | None:
        """The choice that setup assigns, of this submodule or something else than None."""
        above = self.method.parents[submodule.construction.call]
        if self.method.kind is not MethodKind.SETUP or not isinstance(above, ast.IfExp):
            return None
        return above

    def _half(self, node: ast.expr) -> str:
        """One half of a choice: a submodule, or what the constructor takes over as it is."""
        span = self.span(node)
        if span in self.parts:
            function, parts = self.parts[span]
            return f"{function}({', '.join(parts)})"
        return self._edited(node)

    def _test(self, variable: Variable) -> str | None:
        return self._choice(variable.creation.call)

    def _choice(self, call: ast.expr) -> str | None:
        """The condition on which a call is come to in its statement, of every choice that it is a half of."""
        below, tests = list[ast.AST]([call]), list[str]()
        for above in self.method.above(call):
            if isinstance(above, ast.IfExp) and above.test not in below and above not in self.plan.from_start:
                test = self.tests[self.span(above)]
                tests.append(test if above.body in below else negated(test))
            below.append(above)
        return conjunction(tests[::-1]) if tests else None

    def _handed(self, call: HelperCall, updated: cst.Call, depth: int) -> str:
        """The call of the helper's creating part."""
        order = [name for name in call.given if name in {*call.inputs, *call.arrays}]
        by_expression = {id(node): name for name, node in call.given.items()}
        nodes = [*call.call.args, *(k.value for k in call.call.keywords)]
        code = {by_expression[id(n)]: code_of(a.value) for n, a in zip(nodes, updated.args, strict=True)}
        sizes = [code[name] for name in call.arrays]
        inputs = [f"{name}={code[name]}" for name in order if name in call.inputs]
        function = code_of(updated.func) + SUFFIX
        return self.layout.call(function, [self.this, *sizes, *inputs, "rngs=rngs"], "", depth)
