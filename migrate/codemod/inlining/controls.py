"""`nn.cond(p, f, g, self.head, x)`, read with functions whose module is `self`, and with what they make in front.

Linen counts automatic names in each branch from where the call stands, and init makes the variables of all branches,
which have to be the same: `nn.Dense(8)(x)` in two of them is one module.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from ..bindings import loads, stored
from ..constructions import Construction, constructions
from ..controls import Control, Function, controls_in, definition, is_read
from ..edits import Replace
from ..model import LinenClass, Method, MethodKind, Refused
from ..plan.naming import snake
from ..project import Project
from ..rewording import Rewording, instead_of
from ..sites.text import Text
from ..source import Span
from ..trees import walk

_STEPS = ast.Assign | ast.AnnAssign | ast.Expr | ast.Return | ast.Call | ast.keyword | ast.BinOp | ast.UnaryOp
_STEPS |= (
    ast.Tuple
    | ast.List
    | ast.Dict
    | ast.Subscript
    | ast.Attribute
    | ast.Starred
    | ast.FunctionDef
    | ast.Lambda
)
"""What may stand around a module that is made: all that runs once."""

_DECLARING = frozenset({"param", "variable", "sow", "perturb", "put_variable"})
_MUTABLE = frozenset({"is_mutable_collection", "is_initializing"})
_DROPPED = {
    "variables": "True", "rngs": "True",
    "carry_variables": "False", "broadcast_variables": "True", "split_rngs": "{}",
}  # fmt: skip
"""Options and what Linen takes where they are not given."""


def read_controls(project: Project) -> list[Rewording]:
    """Returns the statements of such calls, and the functions that they run, as the codemod follows them."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        try:
            found += _Reading(cls, method, project).rewordings()
        except Refused:
            continue
    return found


def why_unread(cls: LinenClass, project: Project) -> Iterator[Refused]:
    """Yields why calls of a class are not followed."""
    for method in cls.methods.values():
        try:
            _Reading(cls, method, project).rewordings()
        except Refused as refused:
            yield refused


@dataclass(frozen=True, eq=False)
class _Run:
    """A function that is run, by which of the calls, and what its module and its operands are there."""

    node: Function
    control: Control
    module: str
    operands: tuple[ast.expr, ...]

    @property
    def first(self) -> ast.arg:
        return [*self.node.args.posonlyargs, *self.node.args.args][0]

    @property
    def body(self) -> list[ast.stmt]:
        return self.node.body if isinstance(self.node, ast.FunctionDef) else [ast.Expr(self.node.body)]

    @property
    def loops(self) -> bool:
        return self.control.name == "while_loop"


@dataclass(eq=False)
class _Reading:
    """The calls of one method. Raises Refused for the first that is not followed."""

    cls: LinenClass
    method: Method
    project: Project
    edits: list[Replace] = field(default_factory=list)
    units: set[ast.stmt] = field(default_factory=set)
    ahead: dict[ast.stmt, list[str]] = field(default_factory=dict)

    def rewordings(self) -> list[Rewording]:
        runs: list[_Run] = []
        for control in controls_in(self.method, self.cls.names):
            if control.name == "while_loop" and is_read(control, self.method):
                continue
            found = self._control(control)
            self._made(control, found)
            runs += found
        for node in {run.node: None for run in runs}:
            self._function([run for run in runs if run.node is node])
        texts = [(unit, self._text(unit)) for unit in self._outer()]
        return [
            instead_of(self.cls, unit, text) for unit, text in texts if text != self.cls.source.segment(unit)
        ]

    # The calls

    def _control(self, control: Control) -> list[_Run]:
        call, name = control.call, f"nn.{control.name}"
        statement = self.method.statement(call)
        if any(isinstance(a, Function) for a in self.method.above(call)):
            raise Refused("MN102", call, f"{name} stands in a function inside of the method")
        if not Text(self.cls.source).has_lines_of_its_own(statement):
            raise Refused("MN102", call, f"the statement with {name} shares its line with another")
        self._options(control)
        module, *operands = control.behind
        code = self._module(control, module)
        runs = [self._run(control, f, code, tuple(operands)) for f in control.functions]
        self.units.add(statement)
        if control.name == "while_loop":
            self._take_out(module, operands[0])
        elif code != self.method.this:
            self._put(module, self.method.this)
        return [run for run in runs if run is not None]

    def _options(self, control: Control) -> None:
        """Those that say what holds anyway go."""
        for option, node in control.options.items():
            asked = isinstance(node, ast.Dict) and all(
                isinstance(k, ast.Constant) and k.value == "params" for k in node.keys
            )
            if ast.unparse(node) != _DROPPED[option] and not (option == "split_rngs" and asked):
                raise Refused(
                    "MN102", node, f"`{option}={ast.unparse(node)}` of nn.{control.name} is not followed"
                )
        keywords, last = control.call.keywords, control.call.args[-1]
        if keywords:
            start, end = self.cls.source.span(last), self.cls.source.span(keywords[-1])
            self._replace(Span(start.end_line, start.end_column, end.end_line, end.end_column), "")

    def _module(self, control: Control, node: ast.expr) -> str:
        """`self`, a submodule of setup, or a local that may hold one."""
        local = isinstance(node, ast.Name) and node.id not in self.method.parameters
        if not local and not self.method.is_this(node):
            raise Refused(
                "MN102", node, f"`{ast.unparse(node)}`, which nn.{control.name} runs, is not followed"
            )
        return ast.unparse(node)

    def _run(
        self, control: Control, function: ast.expr, module: str, operands: tuple[ast.expr, ...]
    ) -> _Run | None:
        if (own := self._method(function)) is not None and module == self.method.this:
            names = [a.id if isinstance(a, ast.Name) else f"a{k}" for k, a in enumerate(operands)]
            taken = [*([self.method.this] if control.name != "while_loop" else []), *names]
            if len({*taken, self.method.this}) < len(names) + 1:
                names = [f"a{k}" for k in range(len(operands))]
                taken = [*taken[: len(taken) - len(names)], *names]
            call = f"{self.method.this}.{own}({', '.join(names)})"
            self._put(function, f"lambda {', '.join(taken)}: {call}")
            return None
        node = definition(self.method, function)
        if node is None or any(isinstance(a, Function) for a in self.method.above(node)):
            reason = f"`{ast.unparse(function)}`, which nn.{control.name} runs, is no function of the method"
            raise Refused("MN102", function, reason)
        if not [*node.args.posonlyargs, *node.args.args] or getattr(node, "decorator_list", None):
            raise Refused("MN102", node, f"how nn.{control.name} calls this function is not followed")
        return _Run(node, control, module, operands)

    def _method(self, function: ast.expr) -> str | None:
        """A method of the class, `self.branch` or `Net.branch` where no other class may have one in its place."""
        if not isinstance(function, ast.Attribute) or function.attr not in self.cls.methods:
            return None
        named = self.project.canonical(self.cls.names.resolve(function.value) or "") == self.cls.name
        heirs = any(
            self.cls.name in (self.project.base(c, b) for b in c.bases) for c in self.project.classes.values()
        )
        known = self.cls.methods[function.attr].kind is MethodKind.PLAIN
        return function.attr if known and (self.method.is_this(function) or (named and not heirs)) else None

    # The functions

    def _function(self, runs: Sequence[_Run]) -> None:
        """Has the module of a function be `self`, which a loop leaves out."""
        run, this = runs[0], self.method.this
        node, first, name = run.node, run.first, run.first.arg
        if len({(r.module, r.loops) for r in runs}) > 1:
            raise Refused("MN102", node, "this function is run on several modules")
        self._check(run)
        owner = self.method.statement(node)
        if not Text(self.cls.source).has_lines_of_its_own(owner):
            raise Refused("MN102", node, "the statement with this function shares its line with another")
        self.units.add(owner)
        if run.loops:
            order = [*node.args.posonlyargs, *node.args.args]
            if len(order) != 2:
                raise Refused(
                    "MN102", node, "a function of nn.while_loop takes something else than two arguments"
                )
            self._take_out(first, order[1])
        elif name != this or first.annotation is not None:
            self._put(first, this)
        for read in loads(run.body, name):
            if run.module != name:
                self._put(read, run.module)
        for call in self._called(runs):
            self.units.add(self.method.statement(call))
            if run.loops:
                self._take_out(call.args[0], call.args[1])
            elif run.module != this:
                self._put(call.args[0], this)

    def _check(self, run: _Run) -> None:
        node, name, this = run.node, run.first.arg, self.method.this
        bound = {*chain.from_iterable(stored(s) for s in run.body)}
        bound |= {a.arg for a in walk(node) if isinstance(a, ast.arg) and a is not run.first}
        if bound & {name, this, run.module}:
            raise Refused(
                "MN102", node, f"the function binds `{min(bound & {name, this, run.module})}` again"
            )
        if any(isinstance(n, ast.FunctionDef | ast.Lambda) for s in run.body for n in walk(s)):
            raise Refused("MN102", node, f"a function of nn.{run.control.name} has a function inside")
        odd = _DECLARING | (_MUTABLE if run.loops else frozenset())
        for read in (n for s in run.body for n in walk(s) if isinstance(n, ast.Attribute)):
            own = isinstance(read.value, ast.Name) and read.value.id in (name, this)
            if own and read.attr in odd:
                reason = f"a function of nn.{run.control.name} uses `{ast.unparse(read)}`"
                raise Refused("MN102", read, reason)

    def _called(self, runs: Sequence[_Run]) -> list[ast.Call]:
        """The calls of a function by the method itself, as an init needs them that makes the variables of all."""
        node, given = runs[0].node, {f for run in runs for f in run.control.functions}
        name = node.name if isinstance(node, ast.FunctionDef) else self._bound_name(node)
        calls = []
        for read in (n for n in walk(self.method.node) if isinstance(n, ast.Name) and n.id == name):
            if read in given or not isinstance(read.ctx, ast.Load):
                continue
            call = self.method.parents[read]
            direct = (
                isinstance(call, ast.Call)
                and call.func is read
                and len(call.args) == len(runs[0].operands) + 1
            )
            if not direct or ast.unparse(call.args[0]) != runs[0].module:  # type: ignore[attr-defined]
                raise Refused(
                    "MN102", read, f"`{name}`, which nn.{runs[0].control.name} runs, is used otherwise"
                )
            assert isinstance(call, ast.Call)
            calls.append(call)
        return calls

    def _bound_name(self, node: ast.Lambda) -> str:
        above = self.method.parents[node]
        target = above.targets[0] if isinstance(above, ast.Assign) else None
        return target.id if isinstance(target, ast.Name) else ""

    # The modules that they make

    def _made(self, control: Control, runs: Sequence[_Run]) -> None:
        """Has the method make the modules of the functions, in front of what calls these."""
        every = [c for c in constructions(self.cls, self.project) if c.method is self.method]
        made: dict[object, tuple[str, str]] = {}
        for run in runs:
            mine = [c for c in every if run.node in self.method.above(c.call)]
            counts: dict[str, int] = {}
            for one in mine:
                slot: object = one.name
                if one.name_node is None:
                    counts[one.counted] = counts.get(one.counted, -1) + 1
                    slot = one.counted, counts[one.counted]
                code = self._construction(run, one)
                local, before = made.setdefault(slot, (self._free(one, made.values()), code))
                if code != before:
                    reason = f"functions of nn.{control.name} make `{one.kind}` with other arguments under one name"
                    raise Refused("MN102", one.call, reason)
                self._use(run, one, local)
        if made:
            self._check_names(control, runs, every)
            first = self._first(control, runs)
            self.units.add(first)
            self.ahead.setdefault(first, []).extend(f"{local} = {code}" for local, code in made.values())

    def _construction(self, run: _Run, made: Construction) -> str:
        """The code that makes a module outside of the function; what the operands are called there is put in."""
        call, source = made.call, self.cls.source
        around = self.method.above(call)
        inside = around[: around.index(run.node)]
        odd = made.name_node is not None and made.name is None
        if odd or made.lifted is not None or not all(isinstance(a, _STEPS) for a in inside):
            raise Refused(
                "MN102",
                call,
                f"a function of nn.{run.control.name} makes `{made.kind}` on a condition, in a loop or behind a transform",
            )
        order = [a.arg for a in [*run.node.args.posonlyargs, *run.node.args.args]][1:]
        given = dict(zip_longest(order, run.operands[: len(order)]))
        own = {n for s in run.body for n in stored(s)}
        edits = []
        for read in (n for n in walk(call) if isinstance(n, ast.Name)):
            operand = given.get(read.id)
            if read.id == run.first.arg:
                edits.append(Replace(source.span(read), run.module))
            elif read.id in own or (read.id in given and not isinstance(operand, ast.Name)):
                raise Refused(
                    "MN102",
                    read,
                    f"`{made.kind}` is made of `{read.id}`, which a function of nn.{run.control.name} alone knows",
                )
            elif isinstance(operand, ast.Name) and operand.id != read.id:
                edits.append(Replace(source.span(read), operand.id))
        if run.module != self.method.this and not isinstance(run.control.behind[0], ast.Name):
            raise Refused(
                "MN102", call, f"a function of nn.{run.control.name} makes a module inside of `{run.module}`"
            )
        if run.module != self.method.this:
            raise Refused(
                "MN102", call, f"a function of nn.{run.control.name} makes a module inside of `{run.module}`"
            )
        return Text(source).of(call, edits)

    def _use(self, run: _Run, made: Construction, local: str) -> None:
        """`nn.Dense(8)(x)` calls the local; so does what another name is bound to."""
        above = self.method.parents[made.call]
        if isinstance(above, ast.Call) and above.func is made.call:
            return self._put(made.call, local)
        target = above.targets[0] if isinstance(above, ast.Assign) and len(above.targets) == 1 else None
        again = sum(n == getattr(target, "id", "") for s in run.body for n in _stores(s))
        if not isinstance(target, ast.Name) or again != 1 or not isinstance(above, ast.Assign):
            raise Refused(
                "MN101", made.call, f"it builds `{made.kind}`, and hands it on instead of calling it"
            )
        block = self.method.block(above)
        behind = block[block.index(above) + 1 :]
        if not behind:
            raise Refused("MN101", made.call, f"it builds `{made.kind}`, and nothing calls it")
        self._take_out(above, behind[0])
        for read in loads(run.body, target.id):
            self._put(read, local)

    def _check_names(self, control: Control, runs: Sequence[_Run], every: Sequence[Construction]) -> None:
        """Functions that init calls one by one count on, where those of the call itself all begin at one number."""
        automatic = [
            run for run in runs
            if any(run.node in self.method.above(c.call) and c.name_node is None and _has_variables(c) for c in every)
        ]  # fmt: skip
        calls = [call for run in automatic for call in self._called([run])]
        if (
            len(calls) > 1
            or (calls and len(automatic) > 1)
            or any(not self._is_guard(c, every) for c in calls)
        ):
            reason = f"Linen's init counts the automatic names in functions of nn.{control.name} otherwise than a call"
            raise Refused("MN102", control.call, reason)
        if self._run_again(control, runs):
            raise Refused("MN102", control.call, "a function that makes modules is run in two places")

    def _run_again(self, control: Control, runs: Sequence[_Run]) -> bool:
        nodes = {run.node for run in runs}
        others = (
            c
            for c in controls_in(self.method, self.cls.names)
            if c is not control and c.call is not control.call
        )
        return any(definition(self.method, f) in nodes for c in others for f in c.functions)

    def _is_guard(self, call: ast.Call, every: Sequence[Construction]) -> bool:
        """`if self.is_initializing(): return body(self, x)`, in which nothing else is made."""
        statement = self.method.statement(call)
        condition = self.method.parents[statement]
        alone = isinstance(condition, ast.If) and condition.body == [statement] and not condition.orelse
        asks = isinstance(condition, ast.If) and isinstance(condition.test, ast.Call)
        returned = isinstance(statement, ast.Return) and statement.value is call
        return alone and asks and returned and not any(statement in self.method.above(c.call) for c in every)

    def _first(self, control: Control, runs: Sequence[_Run]) -> ast.stmt:
        """The first statement of the block around the call that runs one of the functions."""
        block = self.method.block(self.method.statement(control.call))
        found = [self.method.statement(control.call)]
        for call in (c for run in runs for c in self._called([run])):
            above = [
                self.method.statement(call),
                *(a for a in self.method.above(call) if isinstance(a, ast.stmt)),
            ]
            around = next((a for a in above if a in block), None)
            if around is None:
                raise Refused("MN102", call, f"a function of nn.{control.name} is called in another block")
            found.append(around)
        first = min(found, key=lambda s: s.lineno)
        if not Text(self.cls.source).has_lines_of_its_own(first):
            raise Refused(
                "MN102", control.call, f"the statement with nn.{control.name} shares its line with another"
            )
        return first

    def _free(self, made: Construction, others: Sequence[tuple[str, str]]) -> str:
        taken = {n.id for n in walk(self.method.node) if isinstance(n, ast.Name)}
        taken |= {n.arg for n in walk(self.method.node) if isinstance(n, ast.arg)}
        taken |= {*self.cls.names.aliases, *(local for local, _ in others)}
        taken |= {row.partition(" ")[0] for rows in self.ahead.values() for row in rows}
        taken |= {n.name for n in walk(self.method.node) if isinstance(n, ast.FunctionDef)}
        name = made.name if made.name is not None and made.name.isidentifier() else snake(made.counted)
        while name in taken:
            name += "_"
        return name

    # The text

    def _put(self, node: ast.AST, code: str) -> None:
        self._replace(self.cls.source.span(node), code)

    def _take_out(self, node: ast.AST, behind: ast.AST) -> None:
        """Leaves out a node and what is between it and the next."""
        start, end = self.cls.source.span(node), self.cls.source.span(behind)
        self._replace(Span(start.line, start.column, end.line, end.column), "")

    def _replace(self, span: Span, code: str) -> None:
        if Replace(span, code) not in self.edits:
            self.edits.append(Replace(span, code))

    def _outer(self) -> list[ast.stmt]:
        """The statements that change, and stand in no other that does."""
        found = (u for u in self.units if not self.units & {*self.method.above(u)})
        return sorted(found, key=lambda u: u.lineno)

    def _text(self, unit: ast.stmt) -> str:
        source = self.cls.source
        rows = [code for s, codes in self.ahead.items() if s is unit for code in codes]
        indent = source.newline + source.ahead(unit)
        return indent.join([*rows, Text(source).of(unit, self.edits)])


def _stores(node: ast.AST) -> Iterator[str]:
    return (n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _has_variables(made: Construction) -> bool:
    return made.layer is None or bool(made.layer.variables or made.layer.children)
