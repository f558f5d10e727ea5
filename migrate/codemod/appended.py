"""Lists that setup fills element by element before it keeps them: `layers.append(Block(f))`, `self.layers = layers`."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .model import Method, MethodKind
from .sides import sides_of
from .trees import remembered, walk

_JUMPS = ast.Break | ast.Continue | ast.Return


@dataclass(frozen=True, eq=False)
class Appended:
    """A call that makes elements of a list, the list's local name, and the attribute that keeps it.

    `before` are the elements that the list starts with, `each` the calls of one round in their order; with `either`,
    a round makes the one or the other of them.
    """

    call: ast.Call
    name: str
    attribute: str
    loop: ast.For
    before: Sequence[ast.Call] = ()
    each: Sequence[ast.Call] = ()
    either: bool = False


def appended(method: Method, made: Collection[ast.Call]) -> list[Appended]:
    """Returns the lists of `setup` that calls of `made` fill, in a loop, and nothing else touches."""
    if method.kind is not MethodKind.SETUP:
        return []
    found = (_appended(method, call) for call in made if call in method.parents)
    return [one for one in found if one is not None]


@remembered
def kept_lists(method: Method) -> dict[str, str]:
    """Returns the attribute that keeps each local list which an append goes on with."""
    calls = [n for n in walk(method.node) if isinstance(n, ast.Call)]
    return {one.name: one.attribute for one in appended(method, calls)}


def _appended(method: Method, call: ast.Call) -> Appended | None:
    return _one_side(method, call) or _in_turn(method, call)


def _one_side(method: Method, call: ast.Call) -> Appended | None:
    """One of the calls on the sides of a condition, of which every round comes to one."""
    sides = sides_of(method, call)
    if sides is None or call not in sides.calls or not _is_on_top(method, sides.loop):
        return None
    kept = _kept(method, sides.name, sides.loop)
    if kept is None or any(isinstance(n, _JUMPS) for n in walk(sides.loop)):
        return None
    return Appended(call, sides.name, kept[0], sides.loop, kept[1], sides.calls, either=True)


def _is_on_top(method: Method, loop: ast.For) -> bool:
    return method.parents[loop] is method.node and not loop.orelse


def _in_turn(method: Method, call: ast.Call) -> Appended | None:
    element = _element(method, call)
    match method.parents[element]:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]) as append:
            loop = method.parents[method.statement(call)]
            beside = method.parents[append] in getattr(loop, "body", ())
            top = isinstance(loop, ast.For) and _is_on_top(method, loop)
            kept = _kept(method, name, loop) if one is element and beside else None
            each = _each(method, name, loop) if isinstance(loop, ast.For) else ()
            if kept is not None and top and isinstance(loop, ast.For) and call in each:
                return Appended(call, name, kept[0], loop, kept[1], each)
    return None


def _element(method: Method, call: ast.Call) -> ast.expr:
    """The call itself, or the one use of the local name that it is bound to."""
    match method.parents[call]:
        case ast.Assign(targets=[ast.Name(id=local)]) if local not in method.parameters:
            spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == local]
            reads = [n for n in spelled if isinstance(n.ctx, ast.Load)]
            if len(spelled) == 2 and len(reads) == 1 and reads[0].lineno > call.lineno:
                return reads[0]
    return call


def _each(method: Method, name: str, loop: ast.For) -> Sequence[ast.Call]:
    """The calls that every round of the loop appends, one by one; none where something else is done to the list."""
    found = [_made(method, statement, name, loop) for statement in loop.body]
    calls = [call for call in found if call is not None]
    spelled = [n for n in walk(loop) if isinstance(n, ast.Name) and n.id == name]
    jumps = len(calls) > 1 and any(isinstance(n, _JUMPS) for n in walk(loop))
    return calls if len(spelled) == len(calls) and not jumps else ()


def _made(method: Method, statement: ast.stmt, name: str, loop: ast.For) -> ast.Call | None:
    """The call whose result a statement appends to the list."""
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=own), attr="append"), args=[one])
        ) if own == name:
            values = [one, *(s.value for s in loop.body if isinstance(s, ast.Assign))]
            calls = [v for v in values if isinstance(v, ast.Call)]
            return next((call for call in calls if _element(method, call) is one), None)
    return None


def _kept(method: Method, name: str, loop: ast.AST) -> tuple[str, Sequence[ast.Call]] | None:
    """The attribute that keeps the list, where only `loop` adds to it, and the elements that it starts with."""
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    places = [method.statement(n) for n in sorted(spelled, key=lambda n: (n.lineno, n.col_offset))]
    if len(places) < 3 or name in method.parameters:
        return None
    first, *middle, last = places
    match first, last:
        case ast.Assign(targets=[ast.Name()], value=ast.List(elts=elements)), ast.Assign(
            targets=[ast.Attribute(attr=attribute) as target], value=ast.Name()
        ):
            before = [e for e in elements if isinstance(e, ast.Call)]
            alone = all(method.parents[s] is method.node for s in (first, last))
            inside = all(loop in method.above(s) for s in middle) and len(before) == len(elements)
            return (attribute, before) if alone and inside and method.is_this(target) else None
    return None
