"""Functions of several statements that make and call modules, read as those statements wherever they are called.

`x = conv_block(x, 64)` is `x = nn.Conv(64, (3, 3))(x); x = nn.relu(x)`: the modules are made in the same order.
"""

import ast
import builtins
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from ..built import LATER
from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..names import Names
from ..project import Project
from ..rewording import JOINT, Rewording, instead_of, with_codes
from ..source import Source
from ..trees import parents_of, walk
from .builders import (
    OTHERWISE,
    SCOPES,
    Function,
    class_of,
    is_bound_once,
    is_layer,
    names_at_top,
    signature,
)
from .calls import bound_in, given_to, moves, read_calls
from .text import needs_none, one_line, with_code
from .unused import spelled

_LONGEST = 24  # statements
_DEPTH = 3  # of functions that call such functions
_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/=",
}  # fmt: skip
_Step = ast.Assign | ast.AugAssign


@dataclass(frozen=True, eq=False)
class Body:
    """A function of a file: steps that each bind names, and what it returns; with the `functions` that it calls so."""

    function: Function
    steps: Sequence[_Step]
    value: ast.expr
    functions: tuple[str, ...]

    @property
    def bound(self) -> set[str]:
        return {name for step in self.steps for name in _targets(step)}

    @property
    def nodes(self) -> list[ast.AST]:
        return [n for part in (*self.steps, self.value) for n in walk(part)]

    def count(self, name: str) -> int:
        """Returns how often a name is read."""
        return sum(isinstance(n, ast.Name) and n.id == name for n in self.nodes)


def read_bodies(project: Project) -> list[Rewording]:
    """Returns the statements that call such functions, of classes all of whose calls can be read so."""
    methods = ((cls, method) for cls in project.classes.values() for method in cls.methods.values())
    inside = [one for cls, method in methods for one in _method_read(cls, method, project)]
    return [*read_calls(project, _bodies, _calls), *inside]


def _method_read(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    """The same of a method that is called by the compact one alone: the class has it no longer."""
    node, name = method.node, method.node.name
    plain = method.kind is MethodKind.PLAIN and not name.startswith("__") and bool(method.parameters)
    compact = [m for m in cls.methods.values() if m.kind is MethodKind.COMPACT and m.this == method.this]
    body = _body(node, cls.source, cls.names, project, of=method) if plain and compact else None
    if body is None or has_family(cls, project):
        return []
    calls = [
        (m, n) for m in compact for n in walk(m.node) if isinstance(n, ast.Call) and m.is_this(n.func, name)
    ]
    mentions = (n for s in project.sources.values() for n in walk(s.tree) if name in spelled(n))
    if {n.func for _, n in calls} != {*mentions}:
        return []
    read = [_read(body, Caller(cls.source, cls.names, m), n, bound_in(m)) for m, n in calls]
    found = [instead_of(cls, *pair) for pair in read if pair is not None]
    lines = (node.end_lineno or node.lineno) - node.lineno
    gone = instead_of(cls, node, cls.source.newline * lines)
    return [*found, gone] if found and None not in read else []


def _bodies(source: Source, names: Names, project: Project) -> dict[str, Body]:
    """Returns such functions by their names; those that call others have the statements of these."""
    called: dict[str, tuple[str, ...]] = {}
    for _ in range(_DEPTH):
        tops = [n for n in source.tree.body if isinstance(n, ast.FunctionDef)]
        found = {n.name: b for n in tops if (b := _body(n, source, names, project, called.get(n.name, ())))}
        found = {name: body for name, body in found.items() if is_bound_once(name, source)}
        inside = {node.name: _inside(node, source, names, found) for node in tops}
        pairs = [pair for each in inside.values() for pair, _ in each]
        if not pairs:
            break
        for name, each in inside.items():
            more = [name for _, functions in each for name in functions]
            called[name] = (*dict.fromkeys((*called.get(name, ()), *more)),)
        source = with_codes(source, pairs)
    return found


_Pair = tuple[ast.stmt, str]


def _inside(
    node: ast.FunctionDef, source: Source, names: Names, bodies: Mapping[str, Body]
) -> list[tuple[_Pair, tuple[str, ...]]]:
    """The statements of a function that call others, as those of the others; none unless all can be read."""
    parameters, parents = tuple(a.arg for a in node.args.args), parents_of(node)
    caller = Caller(source, names, Method(node, MethodKind.HELPER, "", parameters, parents))
    taken, found = bound_in(caller.method), list[tuple[_Pair, tuple[str, ...]]]()
    for name in (n for n in walk(node) if isinstance(n, ast.Name) and n.id in bodies.keys() - taken):
        call, body = parents[name], bodies[name.id]
        read = _read(body, caller, call, taken) if name.id != node.name and _calls_it(call, name) else None
        if read is None:
            return []
        found.append((read, body.functions))
    return found


def _calls_it(call: ast.AST, name: ast.Name) -> TypeGuard[ast.Call]:
    return isinstance(call, ast.Call) and call.func is name


def _body(
    node: ast.FunctionDef,
    source: Source,
    names: Names,
    project: Project,
    called: tuple[str, ...] = (),
    *,
    of: Method | None = None,
) -> Body | None:
    """Reads a function whose every statement binds a name, but for the last, which returns; or a method that is one."""
    steps = node.body[1:] if ast.get_docstring(node) is not None else node.body
    last = steps[-1] if len(steps) > 1 else None
    function = signature(node, source)
    if function is not None and of is not None:
        function = replace(function, parameters=function.parameters[1:])
    if function is None or not isinstance(last, ast.Return) or last.value is None:
        return None
    known = [s for s in steps[:-1] if isinstance(s, _Step) and _binds_names(s)]
    if len(known) < len(steps) - 1 or len(steps) > _LONGEST:
        return None
    body = Body(function, known, last.value, (function.full_name, *called) if of is None else ())
    roots = [n for n in body.nodes if isinstance(n, ast.Name | ast.Attribute)]
    makes = any(is_layer(n, names) for n in roots)
    own = any(class_of(n, names, project) is not None for n in roots)  # it would go on to construct it
    odd = any(isinstance(n, SCOPES | OTHERWISE) for n in body.nodes)
    if of is not None:
        return body if (makes or own) and not odd else None
    return body if makes and not own and not odd else None


def _binds_names(statement: _Step) -> bool:
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name)
    (target, *others) = statement.targets
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return not others and all(isinstance(part, ast.Name) for part in parts)


def _targets(step: _Step) -> list[str]:
    target = step.targets[0] if isinstance(step, ast.Assign) else step.target
    return [n.id for n in walk(target) if isinstance(n, ast.Name)]


@dataclass(frozen=True, eq=False)
class Caller:
    """A method, or a function, that calls such functions."""

    source: Source
    names: Names
    method: Method

    @property
    def spelled(self) -> set[str]:
        """The names that mean something there: its own, and those of the file and Python, which others may read."""
        own = {n.id for n in walk(self.method.node) if isinstance(n, ast.Name)}
        return own | {*self.method.parameters, self.method.this, *names_at_top(self.source), *vars(builtins)}


def _calls(cls: LinenClass, bodies: Mapping[str, Body]) -> Iterator[Rewording | None]:
    """Yields None for a mention that is more than a call whose result a statement binds or returns."""
    for method in cls.methods.values():
        taken, compact = bound_in(method), method.kind is MethodKind.COMPACT
        for node in (n for n in walk(method.node) if isinstance(n, ast.Name)):
            if node.id in bodies.keys() - taken:
                call, body = method.parents[node], bodies[node.id]
                caller = Caller(cls.source, cls.names, method)
                read = _read(body, caller, call, taken) if compact and _calls_it(call, node) else None
                yield None if read is None else instead_of(cls, *read, body.functions)


def _read(body: Body, caller: Caller, call: ast.Call, taken: Collection[str]) -> _Pair | None:
    """The statement around a call, and the statements of the function as its code."""
    function, method, statement = body.function, caller.method, caller.method.parents.get(call)
    free = {n.id for n in body.nodes if isinstance(n, ast.Name)} - {*function.parameters, method.this}
    given = given_to(call, function.parameters, function.defaults)
    if given is None or ((free - body.bound) | function.of_defaults) & {*taken}:
        return None
    first = [name for name, node in given.items() if not moves(node, body.count(name), caller.names)]
    own = {*call.args, *(k.value for k in call.keywords)}
    places = {n: (caller.source if node in own else function.source) for n, node in given.items()}
    text = {name: one_line(places[name].segment(node)) for name, node in given.items()}
    match statement:
        case ast.Assign(targets=[ast.Name() | ast.Tuple() as target]) if _binds_names(statement):
            targets, end = _targets(statement), f"{caller.source.segment(target)} = "
        case ast.Return():
            targets, end = [], "return "
        case _:
            return None
    if None in text.values() or "\n" in end or not _stands_alone(caller, statement):
        return None
    rows = _Writer(body, given, text, caller.spelled, taken, first).rows(targets, end)
    return None if rows is None else (statement, _laid_out(rows, statement, caller.source))


def _stands_alone(caller: Caller, statement: ast.stmt) -> bool:
    """Tells whether a statement has its lines for itself, and stands in no function inside of the method."""
    source = caller.source
    span = source.span(statement)
    ahead, behind = source.lines[span.line - 1][: span.column], source.lines[span.end_line - 1]
    alone = not ahead.strip() and not behind[span.end_column :].partition("#")[0].strip()
    alone = alone and one_line(source.segment(statement)) is not None  # a comment in it would be lost
    return alone and not any(isinstance(a, LATER) for a in caller.method.above(statement))


def _laid_out(rows: Sequence[str], statement: ast.stmt, source: Source) -> str:
    """The rows over as many lines as the statement has: the last has what is left, `x = x` fills others."""
    count = (statement.end_lineno or statement.lineno) - statement.lineno + 1
    name = rows[0].partition(" ")[0]
    first, last = [*rows[:-1]], rows[-1]
    lines = first[: count - 1]
    lines += [f"{name} = {name}"] * (count - 1 - len(lines))
    lines.append(JOINT.join([*first[count - 1 :], last]))
    span = source.span(statement)
    return (source.newline + source.lines[span.line - 1][: span.column]).join(lines)


def _is_same(target: str, code: str) -> bool:
    """Tells whether `target = code` binds names to themselves; `a, = a` takes something apart."""
    one, two = (ast.parse(text, mode="eval").body for text in (target, code))
    return ast.dump(one) == ast.dump(two)


@dataclass(eq=False)
class _Writer:
    """Writes the statements of one call: `given` are its arguments, `text` their code.

    `spelled` are the names that mean something in the caller, `own` those that it binds. Arguments that have to be
    worked out `first` are bound to a name.
    """

    body: Body
    given: Mapping[str, ast.expr]
    text: Mapping[str, str | None]
    spelled: Collection[str]
    own: Collection[str]
    first: Sequence[str]

    @property
    def bound(self) -> set[str]:
        return {*self.body.bound, *self.first}

    def rows(self, targets: Sequence[str], end: str) -> list[str] | None:
        """Returns the statements; what the function returns is bound to `targets`, or put behind `end`."""
        names = {name: self._free(name, targets) for name in sorted(self.bound)}
        told = self._returned(targets)
        found = self._written({**names, **told}, end) if told else None
        return found if found is not None else self._written(names, end)

    def _returned(self, targets: Sequence[str]) -> dict[str, str]:
        """The locals that become what is returned, by the names that this has in the caller."""
        value = self.body.value
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            own = [n.id for n in value.elts if isinstance(n, ast.Name) and n.id in self.bound]
            return dict(zip(own, targets, strict=True)) if len({*own}) == len(targets) else {}
        read = {n.id for n in walk(value) if isinstance(n, ast.Name)} & self.bound
        if len(read) != 1 or len(targets) > 1:
            return {}
        (local,) = read
        given = self.given.get(local)
        last = isinstance(given, ast.Name) and given.id in self.own  # nothing reads it behind the return
        names = [*targets, *([given.id] if isinstance(given, ast.Name) and last else [])]
        return {local: names[0]} if names else {}

    def _free(self, name: str, targets: Collection[str]) -> str:
        """The local's own name, or one with a number, which means nothing in the caller."""
        names = [name, *(f"{name}_{k}" for k in range(1, len(self.spelled) + 2))]
        return next(n for n in names if n not in {*self.spelled, *targets})

    def _written(self, names: Mapping[str, str], end: str) -> list[str] | None:
        """The statements with these names; None where one would hide what an argument still reads."""
        if len({*names.values()}) < len(names):
            return None
        known, hidden, rows = dict[str, str](), set[str](), list[str]()
        for name in self.first:
            read = {n.id for n in walk(self.given[name]) if isinstance(n, ast.Name)}
            if self.text[name] is None or read & hidden:
                return None
            rows.append(f"{names[name]} = {self.text[name]}")
            known[name] = names[name]
            hidden |= {names[name]}
        for step in self.body.steps:
            code, own, sign = self._code(step.value, known, hidden), _targets(step), "="
            if isinstance(step, ast.AugAssign):
                sign = _SIGNS.get(type(step.op), "") if {*own} <= known.keys() else ""
            if code is None or not sign:
                return None
            rows.append(f"{', '.join(names[name] for name in own)} {sign} {code}")
            known |= {name: names[name] for name in own}
            hidden |= {names[name] for name in own}
        code = self._code(self.body.value, known, hidden)
        if code is None:
            return None
        target = end.removesuffix(" = ")
        return rows if target != end and _is_same(target, code) else [*rows, f"{end}{code}"]

    def _code(self, node: ast.expr, known: Mapping[str, str], hidden: Collection[str]) -> str | None:
        """The code of an expression of the function, where its locals are `known` by these names."""
        instead: dict[ast.Name, str] = {}
        above = parents_of(node)
        for name in (n for n in walk(node) if isinstance(n, ast.Name)):
            if name.id in known:
                instead[name] = known[name.id]
            elif name.id in self.given:
                argument, text = self.given[name.id], self.text[name.id]
                if text is None or any(isinstance(n, ast.Name) and n.id in hidden for n in walk(argument)):
                    return None
                bare = name not in above or needs_none(argument, above[name], name)
                instead[name] = text if bare else f"({text})"
            elif name.id in self.bound:
                return None
        return with_code(self.body.function.source, node, instead)
