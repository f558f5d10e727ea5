"""Lists that setup fills element by element before it keeps them: `layers.append(Block(f))`, `self.layers = layers`."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .model import Method, MethodKind


@dataclass(frozen=True, eq=False)
class Appended:
    """The one call that makes the elements of a list, the list's local name, and the attribute that keeps it.

    `before` are the elements that the list starts with.
    """

    call: ast.Call
    name: str
    attribute: str
    loop: ast.For
    before: Sequence[ast.Call] = ()


def appended(method: Method, made: Collection[ast.Call]) -> list[Appended]:
    """Returns the lists of `setup` that one call of `made` fills, in a loop, and nothing else touches."""
    if method.kind is not MethodKind.SETUP:
        return []
    found = [_appended(method, call) for call in made if call in method.parents]
    lists = [one for one in found if one is not None]
    names = [one.name for one in lists]
    return [one for one in lists if names.count(one.name) == 1]


def kept_lists(method: Method) -> dict[str, str]:
    """Returns the attribute that keeps each local list which an append goes on with."""
    calls = [n for n in ast.walk(method.node) if isinstance(n, ast.Call)]
    return {one.name: one.attribute for one in appended(method, calls)}


def _appended(method: Method, call: ast.Call) -> Appended | None:
    element = _element(method, call)
    match method.parents[element]:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]) as append:
            loop = method.parents[method.statement(call)]
            beside = method.parents[append] in getattr(loop, "body", ())
            top = isinstance(loop, ast.For) and method.parents[loop] is method.node and not loop.orelse
            kept = _kept(method, name, append) if one is element and beside else None
            if kept is not None and top and isinstance(loop, ast.For):
                return Appended(call, name, kept[0], loop, kept[1])
    return None


def _element(method: Method, call: ast.Call) -> ast.expr:
    """The call itself, or the one use of the local name that it is bound to."""
    match method.parents[call]:
        case ast.Assign(targets=[ast.Name(id=local)]) if local not in method.parameters:
            spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == local]
            reads = [n for n in spelled if isinstance(n.ctx, ast.Load)]
            if len(spelled) == 2 and len(reads) == 1 and reads[0].lineno > call.lineno:
                return reads[0]
    return call


def _kept(method: Method, name: str, append: ast.Call) -> tuple[str, Sequence[ast.Call]] | None:
    """The attribute that keeps the list, where it is used for nothing else, and the elements that it starts with."""
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    places = [method.statement(n) for n in sorted(spelled, key=lambda n: (n.lineno, n.col_offset))]
    if len(places) != 3 or name in method.parameters:
        return None
    first, middle, last = places
    match first, last:
        case ast.Assign(targets=[ast.Name()], value=ast.List(elts=elements)), ast.Assign(
            targets=[ast.Attribute(attr=attribute) as target], value=ast.Name()
        ):
            before = [e for e in elements if isinstance(e, ast.Call)]
            alone = all(method.parents[s] is method.node for s in (first, last))
            inside = append in ast.walk(middle) and len(before) == len(elements)
            return (attribute, before) if alone and inside and method.is_this(target) else None
    return None
