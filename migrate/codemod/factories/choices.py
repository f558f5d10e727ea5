"""A local name that stands for one of several classes or norms: `layer = Bottleneck if self.deep else Basic`."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from ..model import Method
from ..trees import walk
from .records import Factory, Scope
from .resolve import Factories, depends


def made_by(node: ast.expr, scope: Scope, factories: Factories) -> tuple[Factory, ...]:
    """Returns what calling `node` makes: one thing, or one for each side of a choice; nothing if not followed."""
    one = factories.factory(node, scope)
    if one is not None or scope.method is None:
        return (one,) if one is not None else ()
    if held := held_in(node, scope, factories) or _partials(node, scope, factories):
        return held
    halves = halves_of(node, scope.method, factories)
    found = [factories.factory(half, scope) for half in halves]
    if found and found[0] is not None and _are_the_same(halves, scope.method):
        return (replace(found[0], direct=False),)
    norms = [f for f in found if f is not None and f.is_norm]
    known = norms or [f for f in found if f is not None and f.layer is None and f.direct]
    kinds = {f.target: replace(f, direct=False) for f in known}
    twice = bool(norms) and len(kinds) < len(norms)  # one layer, made in two ways
    return tuple(kinds.values()) if len(known) == len(found) and len(kinds) > 1 and not twice else ()


def _are_the_same(halves: Sequence[ast.expr], method: Method) -> bool:
    """Tells whether all sides say the same, of fields and names of the file alone."""
    alike = len(halves) > 1 and len({ast.dump(half) for half in halves}) == 1
    return alike and not depends(method, halves[0])


def held_in(node: ast.expr, scope: Scope, factories: Factories) -> tuple[Factory, ...]:
    """Returns the classes one of which is in the field that `node` reads, by a local name too."""
    value = factories.value(node, scope)
    if scope.cls is None or scope.method is None or not scope.method.is_this(value):
        return ()
    assert isinstance(value, ast.Attribute)
    return factories.either(scope.cls, value.attr)


def _partials(node: ast.expr, scope: Scope, factories: Factories) -> tuple[Factory, ...]:
    """What a partial of such a field makes: `block = partial(self.block_cls, norm=norm)`."""
    value = factories.value(node, scope)
    if not isinstance(value, ast.Call) or not value.args or not factories.is_partial(value, scope.names):
        return ()
    inner = held_in(value.args[0], scope, factories) or _partials(value.args[0], scope, factories)
    found = [factories.bound(value, each, scope) for each in inner]
    known = tuple(f for f in found if f is not None)
    return known if len(known) == len(found) else ()


def halves_of(node: ast.expr, method: Method, factories: Factories) -> Sequence[ast.expr]:
    """Returns the expressions one of which `node` stands for; none where that is not told by one place before it."""
    if isinstance(node, ast.IfExp | ast.Subscript):
        return _split(node)
    if not isinstance(node, ast.Name) or node.id in method.parameters:
        return ()
    stores = factories.binders(node.id, method)
    around = {method.node, *method.above(node)}
    places = {_below(method, store, around) for store in stores}
    place = places.pop() if len(places) == 1 else None
    if (
        place is None
        or (place.lineno, place.col_offset) >= (node.lineno, node.col_offset)
        or node in walk(place)
    ):
        return ()
    found = _bound(place, node.id)
    return found[1] if found is not None and found[0] == len(stores) else ()


def _below(method: Method, node: ast.AST, around: set[ast.AST]) -> ast.stmt | None:
    """The statement beside which the choice is read; None in another function."""
    while method.parents[node] not in around:
        node = method.parents[node]
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            return None
    return node if isinstance(node, ast.stmt) else None


def _bound(statement: ast.stmt, name: str) -> tuple[int, list[ast.expr]] | None:
    """How often a statement binds the name, and to what; each side of an `if` has to bind it once, or raise."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return 1, _split(value)
        case ast.If(body=body, orelse=orelse):
            going_on = [side for side in (body, orelse) if not (side and isinstance(side[-1], ast.Raise))]
            sides = [[found for s in side if (found := _bound(s, name))] for side in going_on]
            if sides and all(len(side) == 1 for side in sides):
                return sum(side[0][0] for side in sides), [value for side in sides for value in side[0][1]]
    return None


def _split(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.IfExp(body=one, orelse=two):
            return [*_split(one), *_split(two)]
        case ast.Subscript(value=ast.Dict(keys=keys, values=values)) if None not in keys:
            return values  # `{"layer": nn.LayerNorm, "rms": nn.RMSNorm}[self.norm]`
    return [value]
