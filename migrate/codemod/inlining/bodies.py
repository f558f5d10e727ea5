"""Functions of several statements that make and call modules, read as those statements wherever they are called.

`x = conv_block(x, 64)` is `x = nn.Conv(64, (3, 3))(x); x = nn.relu(x)`: the modules are made in the same order.
"""

import ast
import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeGuard

from ..built import LATER
from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..names import Names
from ..project import Project
from ..rewording import GONE, Rewording, instead_of, with_codes
from ..run_through import runs_at_once_below
from ..source import Source
from ..trees import after_docstring, parents_of, walk
from .borrowed import mentioned
from .builders import (
    OTHERWISE,
    Function,
    class_of,
    is_bound_once,
    names_module,
    signature,
)
from .calls import bound_in, given_to, moves, read_calls
from .decided import (
    bound_by,
    comprehensions,
    decided,
    fills,
    stored_in,
    targets_in,
    targets_of,
)
from .evaluated import is_first
from .first_values import are_first_values, parameters_of
from .formatted import is_plain
from .in_turn import in_turn
from .statements import Body, Writer
from .text import around, one_line
from .unused import function_of, mentions, readers, without_callers

_LONGEST = 24  # statements
_CLOSURES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp
_MAKING = (MethodKind.COMPACT, MethodKind.SETUP)
_DEPTH = 3  # of functions that call such functions


@dataclass(frozen=True, eq=False)
class Template:
    """A function of a file whose statements can be read elsewhere, with the `functions` that it calls so.

    One that is `local` to its caller reads the names of that. Where it `forks`, what it returns may be told by
    conditions that no call decides. Of one that a call has `made`, the arguments `ahead` are those of that call.
    """

    function: Function
    statements: Sequence[ast.stmt]
    functions: tuple[str, ...]
    local: bool = False
    forks: bool = False
    ahead: Mapping[str, ast.expr] = field(default_factory=dict)
    made: ast.Call | None = None

    @property
    def full_name(self) -> str:
        return self.function.full_name

    @property
    def reads(self) -> set[str]:
        """The names of the file that it reads."""
        nodes = [n for s in self.statements for n in walk(s)]
        targets = {n.id for c in comprehensions(nodes) for n in targets_in(c)}
        own = {*self.function.parameters, *(bound_by(self.statements) or ()), *self.inner, *targets}
        return {n.id for n in nodes if isinstance(n, ast.Name)} - own | self.function.of_defaults

    @property
    def filled(self) -> set[str]:
        """The names of what its statements put items into."""
        nodes = (n for s in self.statements for n in walk(s) if isinstance(n, ast.stmt))
        return {name for n in nodes if (name := stored_in(n))}

    @property
    def inner(self) -> set[str]:
        """The names that its lambdas bind."""
        return {name for s in self.statements for name in parameters_of(s)}

    def given(self, call: ast.Call) -> dict[str, ast.expr] | None:
        """Returns what every parameter is in a call; None where that is not told by name."""
        asked = tuple(name for name in self.function.parameters if name not in self.ahead)
        defaults = {name: node for name, node in self.function.defaults.items() if name not in self.ahead}
        found = given_to(call, asked, defaults)
        return {**self.ahead, **found} if found is not None else None

    def body(self, given: Mapping[str, ast.expr], caller: "Caller", taken: Collection[str]) -> Body | None:
        """Returns what runs where a call gives these arguments; `taken` are the names that the caller binds."""
        bound = {*(bound_by(self.statements) or ())}
        plain = {
            name: node for name, node in given.items()
            if name not in bound and not any(isinstance(n, ast.Name) and n.id in taken for n in walk(node))
        }  # fmt: skip
        forks = self.forks or (caller.method.kind is MethodKind.SETUP and not self.functions)
        run = decided(self.statements, plain, caller.names, forks=forks)
        if run is None or run[1] is None or isinstance(run[1], ast.Raise):
            return None
        return Body(self.function, run[0], run[1])


def read_bodies(project: Project) -> list[Rewording]:
    """Returns the statements that call such functions, of classes all of whose calls can be read so."""
    inside = [one for cls, method in project.methods for one in _method_read(cls, method, project)]
    return [*_all_of(read_calls(project, _templates, _calls), project), *inside]


def _all_of(found: Sequence[Rewording], project: Project) -> Sequence[Rewording]:
    """Returns those of classes whose functions go: one that makes classes of the project, and stays, would go on so."""
    making = {
        name
        for one in found
        for name in one.functions
        if _makes_own(function_of(name, project), name, project)
    }
    while True:
        read = [m.node for cls in {one.cls for one in found} for m in cls.methods.values()]
        gone = without_callers(readers(found), read, project)
        bad = {one.cls for one in found if not making.intersection(one.functions) <= gone}
        if not bad:
            return found
        found = [one for one in found if one.cls not in bad]


def _makes_own(node: ast.FunctionDef, name: str, project: Project) -> bool:
    names = project.names[name.rpartition(".")[0]]
    roots = (n for n in walk(node) if isinstance(n, ast.Name | ast.Attribute))
    return any(class_of(n, names, project) is not None for n in roots)


def _method_read(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    """The same of a method that is called by the compact one alone: the class has it no longer."""
    node, name = method.node, method.node.name
    plain = method.kind is MethodKind.PLAIN and not name.startswith("__")
    compact = [m for m in cls.methods.values() if m.kind in _MAKING and m.this == method.this]
    template = template_of(node, cls.source, cls.names, project, of=method) if plain and compact else None
    if template is None or has_family(cls, project):
        return []

    def calls(method: Method) -> list[_Called]:
        found = (n for n in walk(method.node) if isinstance(n, ast.Call) and method.is_this(n.func, name))
        return [(call, template) for call in found]

    if {call.func for m in compact for call, _ in calls(m)} != {*mentions(name, cls, project)}:
        return []
    read = [all_read(Caller(cls.source, cls.names, m), calls) for m in compact]
    found = [instead_of(cls, *pair) for each in read for pair, _ in each or ()]
    return [*found, instead_of(cls, node, GONE)] if found and None not in read else []


def _templates(source: Source, names: Names, project: Project) -> dict[str, Template]:
    """Returns such functions by their names; those that call others have the statements of these."""
    called: dict[str, tuple[str, ...]] = {}
    for _ in range(_DEPTH):
        tops = [n for n in source.tree.body if isinstance(n, ast.FunctionDef)]
        found = {
            n.name: b for n in tops if (b := template_of(n, source, names, project, called.get(n.name, ())))
        }
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
"""A statement, and the code that stands for it."""
_Called = tuple[ast.Call, Template]
_Calls = Callable[[Method], list[_Called] | None]
"""Finds such calls in a method; None where one of the functions is mentioned otherwise."""


def _inside(
    node: ast.FunctionDef, source: Source, names: Names, templates: Mapping[str, Template]
) -> list[tuple[_Pair, tuple[str, ...]]]:
    """The statements of a function that call others, as those of the others; none unless all can be read."""
    parameters, parents = tuple(a.arg for a in node.args.args), parents_of(node)
    caller = Caller(source, names, Method(node, MethodKind.HELPER, "", parameters, parents))
    others = {name: template for name, template in templates.items() if name != node.name}
    itself = any(isinstance(n, ast.Name) and n.id == node.name for n in walk(node))
    return [] if itself else all_read(caller, partial(_calls_of, others)) or []


def _calls_of(templates: Mapping[str, Template], method: Method) -> list[_Called] | None:
    """The calls of such functions in a method; None where one of them is mentioned otherwise."""
    spelled = [*mentioned(method, templates, bound_in(method))]
    calls = [(method.parents[n], n, templates[spelling]) for n, spelling in spelled]
    found = [(call, one) for call, n, one in calls if _calls_it(call, n)]
    return found if len(found) == len(calls) else None


def _calls_it(call: ast.AST, name: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(call, ast.Call) and call.func is name


def template_of(
    node: ast.FunctionDef,
    source: Source,
    names: Names,
    project: Project,
    called: tuple[str, ...] = (),
    *,
    of: Method | None = None,
    local: bool = False,
    makes: bool = False,
) -> Template | None:
    """Reads a function whose every statement binds a name, returns, or is a condition of these; or a method.

    One of a single expression is read as such, unless it is `local` to a method. Where it `makes` modules, that need
    not be told from its names.
    """
    body = after_docstring(node)
    statements = [_as_choice(statement, names, project) for statement in body]
    bound, function = bound_by(statements), signature(node, source)
    if function is not None and of is not None:
        function = replace(function, parameters=function.parameters[1:])
    nodes = [n for s in statements for n in walk(s)]
    done = [fills(n) for n in nodes if isinstance(n, ast.Expr)]  # lists of its own, or else who knows what
    if function is None or bound is None or not {*done} <= {*bound} - {*function.parameters}:
        return None
    full = (function.full_name, *called) if of is None and not local else ()
    forks = bool(full) and function.full_name not in project.factories.makers  # those go on to, in NNX
    if not bound and full and not (forks and any(isinstance(s, ast.If) or _is_table(s) for s in statements)):
        return None
    if sum(isinstance(n, ast.stmt) for n in nodes) > _LONGEST:
        return None
    own = {*bound, *function.parameters}
    if not {stored_in(n) for n in nodes if isinstance(n, ast.stmt)} <= {*own, ""}:
        return None
    roots = [n for n in nodes if isinstance(n, ast.Name | ast.Attribute)]
    makes = makes or any(names_module(n, names, project) for n in roots)
    makes = makes or (of is not None and declares(nodes, {a.arg for a in node.args.args}))
    if not makes or any(isinstance(n, ast.NamedExpr | OTHERWISE) and not _is_text(n) for n in nodes):
        return None
    if any(n.id in own for c in comprehensions(nodes) for n in targets_in(c)):
        return None
    if (
        _runs_later(node)
        or not are_first_values(node, names)
        or own & {a for s in statements for a in parameters_of(s)}
    ):
        return None
    return Template(function, statements, full, local, forks)


def _runs_later(function: ast.FunctionDef) -> bool:
    """Tells whether an iterator of the function may still read its locals when another call has bound them anew."""
    parents = parents_of(function)
    iterators = (n for n in walk(function) if isinstance(n, ast.GeneratorExp))
    return not all(runs_at_once_below(parents[n], n) for n in iterators)


def declares(nodes: Collection[ast.AST], own: Collection[str]) -> bool:
    """Tells whether some code creates variables on a module by one of the names `own`; it may hand that on to it."""
    called = (n.func for n in nodes if isinstance(n, ast.Call))
    made = (f for f in called if isinstance(f, ast.Attribute) and f.attr in ("param", "variable"))
    return any(isinstance(f.value, ast.Name) and f.value.id in own for f in made)


def _as_choice(statement: ast.stmt, names: Names, project: Project) -> ast.stmt:
    """`return nn.LayerNorm() if wide else nn.RMSNorm()` is a choice between two modules."""
    match statement:
        case ast.Return(value=ast.IfExp(test=test, body=one, orelse=two)):
            if any(isinstance(n, ast.Call) and names_module(n.func, names, project) for n in (one, two)):
                sides = [ast.copy_location(ast.Return(side), side) for side in (one, two)]
                yes, no = (_as_choice(side, names, project) for side in sides)
                return ast.copy_location(ast.If(test, [yes], [no]), statement)
    return statement


def _is_table(statement: ast.stmt) -> bool:
    """Tells whether it is `return {"layer": nn.LayerNorm, "rms": nn.RMSNorm}[kind]`."""
    match statement:
        case ast.Return(value=ast.Subscript(value=ast.Dict(values=values))):
            return not any(isinstance(n, ast.Call) for value in values for n in walk(value))
    return False


def within(method: Method, functions: Collection[str]) -> set[ast.AST]:
    """What stands in functions of a method, which these names have."""
    own = (n for n in method.node.body if isinstance(n, ast.FunctionDef) and n.name in functions)
    return {n for node in own for n in walk(node)}


@dataclass(frozen=True, eq=False)
class Caller:
    """A method, or a function, that calls such functions; of lists that setup fills, each has to have a name alone.

    It is read `without` some of what stands in it, and without the `functions` of its own that are read where it calls
    them.
    """

    source: Source
    names: Names
    method: Method
    used: set[str] = field(default_factory=set)
    without: Collection[ast.AST] = frozenset()
    functions: Collection[str] = frozenset()

    @property
    def apart(self) -> set[ast.AST]:
        """What stands in it and is not read."""
        return {*self.without, *within(self.method, self.functions)}

    @property
    def bound(self) -> set[str]:
        """Every name that it, or something in it, binds."""
        return bound_in(self.method, self.apart)

    @property
    def spelled(self) -> set[str]:
        """The names that mean something there: its own, and those of the file and Python, which others may read."""
        apart = self.apart
        names = [n for n in walk(self.method.node) if isinstance(n, ast.Name) and n not in apart]
        read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        own = ({n.id for n in names} | self.used) - ({"_"} - read)  # any number of loops may count by that
        return own | {*self.method.parameters, self.method.this, *self.source.names_at_top, *vars(builtins)}

    @property
    def indent(self) -> str:
        """What the body is set off by from its `def`."""
        node, lines = self.method.node, self.source.lines
        ahead = lines[node.lineno - 1][: node.col_offset]
        return lines[node.body[0].lineno - 1][: node.body[0].col_offset].removeprefix(ahead)


def _calls(cls: LinenClass, templates: Mapping[str, Template]) -> Iterator[Rewording | None]:
    """Yields None for a mention that is more than a call in a statement that can be read so."""
    for method in cls.methods.values():
        caller, calls_in = Caller(cls.source, cls.names, method), partial(_calls_of, templates)
        makes = method.kind in _MAKING or calls_in(method) == []
        read = all_read(caller, calls_in) if makes else None
        yield from (instead_of(cls, *pair, functions) for pair, functions in read or ())
        if read is None:
            yield None


def all_read(caller: Caller, calls_in: _Calls) -> list[tuple[_Pair, tuple[str, ...]]] | None:
    """Each statement of a method that has such calls, with its code; None where one cannot be read."""
    found, groups = list[tuple[_Pair, tuple[str, ...]]](), dict[ast.stmt, list[_Called]]()
    calls = calls_in(caller.method)
    for call, template in calls or ():
        groups.setdefault(caller.method.statement(call), []).append((call, template))
    for statement, each in groups.items():
        (call, template), *others = each
        read = _read(template, caller, call, caller.bound) if not others else None
        read = read or _read_in_turn(caller, statement, [call for call, _ in each], calls_in)
        if read is None:
            return None
        found.append((read, tuple(name for _, one in each for name in one.functions)))
    return None if calls is None else found


def _read_in_turn(
    caller: Caller,
    statement: ast.stmt,
    calls: Sequence[ast.Call],
    calls_in: _Calls,
) -> _Pair | None:
    """The same of a statement that has several, or does something before: each call gets a statement of its own."""
    last = max(calls, key=lambda call: (call.end_lineno, call.end_col_offset))
    if caller.method.folds or caller.without or not _stands_alone(caller, statement):
        return None
    written = (
        in_turn(statement, calls, kept, caller.source, caller.names, caller.spelled) for kept in (last, None)
    )
    found = (
        _each_read(caller, statement, rows, len(calls), calls_in) for rows in written if rows is not None
    )
    return next((pair for pair in found if pair is not None), None)


def _each_read(
    caller: Caller,
    statement: ast.stmt,
    rows: Sequence[str],
    count: int,
    calls_in: _Calls,
) -> _Pair | None:
    """A statement that stands for others, as the code of what these call, so many functions in all."""
    source, method = caller.source, caller.method
    ahead = source.newline + source.ahead(statement)
    again = with_codes(source, [(statement, ahead.join(rows))])
    node = next(
        n for n in walk(again.tree) if isinstance(n, ast.FunctionDef) and n.lineno == method.node.lineno
    )
    inner = replace(caller, source=again, method=replace(method, node=node, parents=parents_of(node)))
    lines = range(statement.lineno, statement.lineno + len(rows))
    own = [(c, t) for c, t in calls_in(inner.method) or () if inner.method.statement(c).lineno in lines]
    read = dict[int, str]()
    for call, template in own:
        pair = _read(template, inner, call, inner.bound)
        if pair is None:
            return None
        read[pair[0].lineno] = pair[1]
    codes = (read.get(line, row) for line, row in zip(lines, rows, strict=True))
    return (statement, ahead.join(codes)) if len(read) == count else None


def _read(template: Template, caller: Caller, call: ast.Call, taken: Collection[str]) -> _Pair | None:
    """The statement around a call, and the statements of the function as its code."""
    function, method = template.function, caller.method
    given = template.given(call)
    body = template.body(given, caller, taken) if given is not None else None
    if given is None or body is None or any(isinstance(n, ast.NamedExpr) for n in walk(call)):
        return None
    free = {n.id for n in body.nodes if isinstance(n, ast.Name)} - {*function.parameters, method.this}
    at_home = template.local and method.kind is not MethodKind.HELPER  # not in another function of the method
    elsewhere = set() if at_home else free - body.bound
    if (elsewhere | function.of_defaults) & {*taken}:
        return None
    order = [
        n for c in (template.made, call) if c is not None for n in (*c.args, *(k.value for k in c.keywords))
    ]
    own = {*order}
    stays = {name for name in given if template.filled and not _is_apart(name, given, template, caller)}
    kept = {
        name: node for name, node in given.items()
        if name in stays or not moves(node, body.count(name), caller.names)
    }  # fmt: skip
    first = sorted(kept, key=lambda name: order.index(kept[name]))
    places = {n: (caller.source if node in own else function.source) for n, node in given.items()}
    text = {name: one_line(places[name].segment(node)) for name, node in given.items()}
    statement = method.statement(call)
    if None in text.values() or not _stands_alone(caller, statement):
        return None
    spelled = caller.spelled | template.inner
    last = _read_no_more(caller, statement)
    writer = Writer(body, given, text, spelled, taken, first, caller.indent, last)
    rows = _rows(writer, caller, statement, call)
    if rows is None:
        return None
    if method.kind is MethodKind.SETUP:
        caller.used.update(n.id for n in walk(ast.parse("\n".join(rows))) if isinstance(n, ast.Name))
    return statement, (caller.source.newline + caller.source.ahead(statement)).join(rows)


def _read_no_more(caller: Caller, statement: ast.stmt) -> set[str]:
    """The locals that nothing reads behind a return: none where a function of the method may still do so."""
    later = any(isinstance(n, _CLOSURES) for s in caller.method.node.body for n in walk(s))
    tried = any(isinstance(n, ast.Try) for n in caller.method.above(statement))
    return caller.bound if isinstance(statement, ast.Return) and not later and not tried else set()


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) and is_plain(node)


def _is_apart(name: str, given: Mapping[str, ast.expr], template: Template, caller: Caller) -> bool:
    """Tells whether an argument is the same behind statements that put items into others, or into itself."""
    node, this = given[name], caller.method.this
    into = [given[each] for each in template.filled if each in given]
    if isinstance(node, ast.Name | ast.Attribute) or name in template.filled:
        return isinstance(node, ast.Name | ast.Attribute)
    read = {n.id for n in walk(node) if isinstance(n, ast.Name)} & caller.bound
    items = any(isinstance(n, ast.Subscript) for n in walk(node))
    return read <= {this} and not items and all(isinstance(each, ast.Name) for each in into)


def _rows(writer: Writer, caller: Caller, statement: ast.stmt, call: ast.Call) -> list[str] | None:
    """The statements in the place of one that binds or returns the result of a call, or an expression of it."""
    match statement:
        case ast.Return(value=value) if value is call:
            return writer.rows([], "return ")
        case ast.Assign(targets=[ast.Name() | ast.Tuple() as target], value=value) if targets_of(statement):
            front = f"{caller.source.segment(target)} = "
            if value is call:
                return writer.rows(targets_of(statement) or [], front) if "\n" not in front else None
        case ast.Assign(targets=[ast.Attribute() as target], value=value) if value is call:
            front = f"{caller.source.segment(target)} = "
            return writer.rows([], front) if caller.method.is_this(target) else None
        case ast.Assign(targets=[ast.Attribute() as target], value=value) if caller.method.is_this(target):
            front = f"{caller.source.segment(target)} = "
        case ast.Return(value=ast.expr() as value):
            front = "return "
        case _:
            return None
    pieces = around(caller.source, value, call) if is_first(call, value, caller.method.parents) else None
    if pieces is None or "\n" in front:
        return None
    above = caller.method.parents[call]
    bare = isinstance(above, ast.keyword | ast.Tuple | ast.List) or (
        isinstance(above, ast.Call) and call in above.args
    )
    return writer.rows_within(front + pieces[0], pieces[1], bare=bare)


def _stands_alone(caller: Caller, statement: ast.stmt) -> bool:
    """Tells whether a statement has its lines for itself, and stands in no function inside of the method."""
    source = caller.source
    span = source.span(statement)
    behind = source.lines[span.end_line - 1]
    alone = not source.ahead(statement).strip() and not behind[span.end_column :].partition("#")[0].strip()
    alone = alone and one_line(source.segment(statement)) is not None  # a comment in it would be lost
    return alone and not any(isinstance(a, LATER) for a in caller.method.above(statement))
