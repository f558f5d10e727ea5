"""`dense = layer(self.noisy)`, a function that returns one of its own, read as that where `dense(x, 8)` calls it."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model import LinenClass, Method, MethodKind
from ..names import Names, first_name
from ..project import Project
from ..rewording import Rewording, instead_of
from ..source import Source
from ..trees import after_docstring, walk
from .bodies import Caller, Template, all_read, template_of
from .borrowed import mentioned
from .builders import Function, is_bound_once, signature
from .calls import bound_in, given_to, moves, read_calls
from .decided import bound_by
from .local_functions import without

_AGAIN = 2  # times that an argument may be evaluated
_Inner = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, eq=False)
class Outer:
    """A function that returns functions of its own; the `template` is of both, `function` what the outer one takes."""

    function: Function
    template: Template

    @property
    def full_name(self) -> str:
        return self.function.full_name

    @property
    def reads(self) -> Collection[str]:
        return self.template.reads


def read_returned_functions(project: Project) -> list[Rewording]:
    """Returns the calls of what such functions return, in classes all of whose calls can be read so."""
    return read_calls(project, _outer_functions, _calls)


def _outer_functions(source: Source, names: Names, project: Project) -> dict[str, Outer]:
    tops = [n for n in source.tree.body if isinstance(n, ast.FunctionDef) and is_bound_once(n.name, source)]
    return {n.name: outer for n in tops if (outer := _outer(n, source, names, project)) is not None}


def _outer(node: ast.FunctionDef, source: Source, names: Names, project: Project) -> Outer | None:
    """Reads such a function: but for those that it returns, it holds nothing that a call makes."""
    defined = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
    function = signature(node, source)
    reader = _Spread(defined, names)
    statements = reader.block(after_docstring(node))
    inner = [signature(_as_function(n), source) for n in reader.returned]
    spelled = [n for n in walk(node) if isinstance(n, ast.Name) and n.id in defined]
    first = inner[0] if inner else None
    if function is None or first is None or not statements or len(spelled) != len(reader.names):
        return None
    if any(one is None or _shown(one) != _shown(first) for one in inner):
        return None
    if _mixed({*function.parameters}, reader.held, first, statements):
        return None
    parameters = (*function.parameters, *first.parameters)
    whole = ast.copy_location(ast.FunctionDef(node.name, _plain(parameters), statements, []), node)
    template = template_of(whole, source, names, project)
    if template is None or template.filled or {*parameters} & {*defined}:
        return None
    both = replace(function, parameters=parameters, defaults={**function.defaults, **first.defaults})
    return Outer(function, replace(template, function=both))


def _mixed(outer: set[str], held: Sequence[str], inner: Function, statements: Sequence[ast.stmt]) -> bool:
    """Tells whether a name of the outer function, one that it has `held` too, is another thing in an inner one."""
    bound = bound_by(statements)
    own = {*inner.parameters, *inner.of_defaults}
    again = len({*held}) < len(held) or any((bound or []).count(name) > 1 for name in held)
    return bound is None or again or bool({*outer, *held} & own or outer & {*bound})


@dataclass(eq=False)
class _Spread:
    """Puts the statements of inner functions in the places where these are returned."""

    defined: Mapping[str, ast.FunctionDef]
    file: Names

    def __post_init__(self) -> None:
        self.held: list[str] = []
        self.returned: list[_Inner] = []
        self.names: list[ast.Name] = []

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt] | None:
        found: list[ast.stmt] = []
        for statement in statements:
            each = self._statement(statement)
            if each is None:
                return None
            found += each
        return found

    def _statement(self, statement: ast.stmt) -> list[ast.stmt] | None:
        match statement:
            case ast.FunctionDef(name=name):
                return [] if self.defined.get(name) is statement else None
            case ast.Return(value=ast.expr() as value):
                return self._function(value)
            case ast.If(test=test, body=body, orelse=orelse):
                return self._choice(test, self.block(body), self.block(orelse), statement)
            case ast.Raise():
                return [statement]
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if self._is_steady(value):
                self.held.append(name)
                return [statement]
        return None

    def _is_steady(self, value: ast.expr) -> bool:
        """Tells whether a value may be worked out at each call: nothing is made, and nothing can be put into it."""
        return moves(value, _AGAIN, self.file) and not any(isinstance(n, ast.List) for n in walk(value))

    def _function(self, value: ast.expr) -> list[ast.stmt] | None:
        """What runs where the function is called that an expression stands for."""
        match value:
            case ast.Name(id=name) if name in self.defined:
                node = self.defined[name]
                self.names.append(value)
                self.returned.append(node)
                body = after_docstring(node)
                return [*body] if _ends(body) else None
            case ast.Lambda(body=made):
                self.returned.append(value)
                return [ast.copy_location(ast.Return(made), made)]
            case ast.IfExp(test=test, body=one, orelse=two):
                return self._choice(test, self._function(one), self._function(two), value)
        return None

    @staticmethod
    def _choice(
        test: ast.expr, yes: list[ast.stmt] | None, no: list[ast.stmt] | None, place: ast.AST
    ) -> list[ast.stmt] | None:
        if not yes or no is None:
            return None
        return [ast.copy_location(ast.If(test, yes, no), place)]


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Tells whether nothing behind these statements runs."""
    match body[-1] if body else None:
        case ast.Return(value=ast.expr()) | ast.Raise():
            return True
        case ast.If(body=yes, orelse=no):
            return _ends(yes) and _ends(no)
    return False


def _as_function(node: _Inner) -> ast.FunctionDef:
    if isinstance(node, ast.FunctionDef):
        return node
    return ast.copy_location(ast.FunctionDef("_", node.args, [ast.Pass()], []), node)


def _plain(parameters: Sequence[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in parameters], None, [], [], None, [])


def _shown(function: Function) -> tuple[object, ...]:
    return function.parameters, {name: ast.dump(node) for name, node in function.defaults.items()}


def _calls(cls: LinenClass, functions: Mapping[str, Outer]) -> Iterator[Rewording | None]:
    """Yields None for a mention of such a function of which not all is followed."""
    for method in cls.methods.values():
        nodes = [*mentioned(method, functions, bound_in(method))]
        made = [_made(method, node, functions[spelling], cls) for node, spelling in nodes]
        known = [one for one in made if one is not None]
        if len(known) < len(made):
            yield None
        elif known:
            yield from _read(cls, method, known)


@dataclass(frozen=True, eq=False)
class _Made:
    """A function that a method has, the calls of it, and the statement that binds it to a name, if one does."""

    calls: Sequence[tuple[ast.Call, Template]]
    node: ast.AST
    binds: ast.stmt | None


def _made(method: Method, node: ast.expr, outer: Outer, cls: LinenClass) -> _Made | None:
    call = method.parents[node]
    if method.kind is not MethodKind.COMPACT or not isinstance(call, ast.Call) or call.func is not node:
        return None
    given = given_to(call, outer.function.parameters, outer.function.defaults)
    if given is None or not all(moves(each, _AGAIN, cls.names) for each in given.values()):
        return None
    template = replace(outer.template, ahead=given, made=call)
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return _Made([(above, template)], call, None)
    match above:
        case ast.Assign(targets=[ast.Name(id=name) as target]) if above in method.node.body:
            calls = _calls_of(name, target, above, method)
            steady = not _is_changed({n for each in given.values() for n in walk(each)}, above, method)
            return _Made([(c, template) for c in calls], above, above) if calls and steady else None
    return None


def _calls_of(name: str, target: ast.Name, bound: ast.stmt, method: Method) -> list[ast.Call] | None:
    """The calls of a local function, behind where it is bound; None where it is mentioned otherwise."""
    others = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name and n is not target]
    calls = [c for n in others if isinstance(c := method.parents[n], ast.Call) and c.func is n]
    behind = all(c.lineno > (bound.end_lineno or bound.lineno) for c in calls)
    taken = name in method.parameters or name in bound_in(method, {target})
    return calls if behind and len(calls) == len(others) and not taken else None


def _is_changed(nodes: Collection[ast.AST], bound: ast.stmt, method: Method) -> bool:
    """Tells whether something that is read may be something else behind a statement."""
    roots = {n.id for n in nodes if isinstance(n, ast.Name)} - {method.this}
    fields = {n.attr for n in nodes if isinstance(n, ast.Attribute) and method.is_this(n)}
    for node in walk(method.node):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        of_this = isinstance(node, ast.Attribute) and method.is_this(node) and node.attr in fields
        base: ast.AST = node
        while isinstance(base, ast.Subscript | ast.Attribute):
            base = base.value
        if node.lineno >= bound.lineno and (of_this or first_name(base) in roots):
            return True
    return False


def _read(cls: LinenClass, method: Method, made: Sequence[_Made]) -> Iterator[Rewording | None]:
    gone = {n for one in made for n in walk(one.node)}
    calls = [pair for one in made for pair in one.calls]
    read = all_read(Caller(cls.source, cls.names, method, without=gone), lambda _: calls)
    if read is None:
        yield None
        return
    yield from (instead_of(cls, *pair, functions) for pair, functions in read)
    yield from (without(cls, one.binds) for one in made if one.binds is not None)
