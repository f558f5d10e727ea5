"""What assignments give to names, to attributes of self and to the parts of tuples."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..bindings import root, stored
from ..model import Method, MethodKind
from .computed import named
from .keyed import forget, modules_of, put
from .terms import Kind, Maker, Term
from .values import Array, Items, Keyed, Leading, Made, Opaque, Shape, Value

if TYPE_CHECKING:
    from .body import Body


def bind(body: "Body", target: ast.expr, value: Value, node: ast.expr) -> None:
    """Gives the names of `target` what `node` is worth."""
    match target:
        case ast.Name(id=name):
            if isinstance(value, Keyed) and not isinstance(node, ast.Dict | ast.DictComp | ast.Call):
                forget(body.env, value)  # what is put into the one would be in the other
                value = None
            if isinstance(value, Opaque) or _is_of_itself(value, name):
                setup = body.method.kind is MethodKind.SETUP and not _may_run_again(body.method, target)
                value = Term(Kind.LOCAL, Maker(name, target.lineno, target.col_offset, setup))
            body.env[name] = value
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _unpack(body, elts, value, node)
        case ast.Attribute(attr=name) if body.method.is_this(target):
            if body.method.kind is MethodKind.SETUP:
                listed = _listed(body, node) if isinstance(node, ast.ListComp) else _appended(body, node)
                changes = isinstance(value, Keyed) and not modules_of(value)
                kept = None if changes else named(body, target, value)
                body.runner.flow.attributes[name] = listed or kept
        case ast.Subscript() if (whole := root(target)) is not None:
            old = body.env.get(whole)
            if isinstance(old, Keyed):
                again = _may_run_again(body.method, target)
                body.env[whole] = put(old, target, value) if not again else None
            elif not isinstance(old, Array):
                body.env[whole] = None
            elif _is_key(target):  # an array does not change
                forget(body.env, old)
        case ast.Subscript() | ast.Attribute():
            pass
        case _:
            for name in stored(target):
                body.env[name] = None


def _is_of_itself(value: Value, name: str) -> bool:
    """Tells whether a size is spelled with what the name has stood for: `width = rounded(width)`, of each in a list."""
    parts = value.walk() if isinstance(value, Term) else ()
    return any(part.kind is Kind.LOCAL and part.value.name == name for part in parts)


def _may_run_again(method: Method, node: ast.AST) -> bool:
    """Tells whether a statement stands in a loop: what it changes is not the same in all rounds."""
    return node not in method.parents or any(isinstance(a, ast.For | ast.While) for a in method.above(node))


def _is_key(target: ast.Subscript) -> bool:
    """Tells whether something is put into a dict, by a literal key."""
    inner: ast.expr = target
    while isinstance(inner, ast.Subscript):
        if isinstance(inner.slice, ast.Constant) and isinstance(inner.slice.value, str):
            return True
        inner = inner.value
    return False


def _listed(body: "Body", node: ast.ListComp) -> Value:
    """`[nn.Dense(f) for f in self.features]`: the submodules of one call."""
    if not isinstance(node.elt, ast.Call) or node.elt not in body.runner.made:
        return None
    before = dict(body.env)
    for generator in node.generators:
        bind_target(body, generator.target)
    made = body.evaluator.value(node.elt)
    body.env = before
    return Made(made.call, many=True) if isinstance(made, Made) else None


def _appended(body: "Body", node: ast.expr) -> Value:
    """`self.layers = layers`: the submodules that one call has added to a local list, behind those it starts with."""
    kept = body.runner.lists.get(node.id) if isinstance(node, ast.Name) else None
    if kept is None:
        return None
    added = Made(kept.each[0], many=True, then=tuple(kept.each[1:]), either=kept.either)
    return Items((*map(Made, kept.before), added)) if kept.before else added


def _unpack(body: "Body", elts: Sequence[ast.expr], value: Value, node: ast.expr) -> None:
    known: list[Value] = [None] * len(elts)
    if isinstance(value, Items) and len(value.items) == len(elts):
        known = list(value.items)
    elif isinstance(value, Leading) and not any(isinstance(e, ast.Starred) for e in elts):
        known = _of_both_ends(value, len(elts))
    elif isinstance(value, Shape) and not any(isinstance(e, ast.Starred) for e in elts):
        if value.array.batched or value.array.axes in (
            None,
            len(elts),
        ):  # else it fails, or never comes to that
            known = [value.array.at(i - len(elts)) for i in range(len(elts))]
            _rank(body, value.array, len(elts), node)
    elif isinstance(value, Shape) and isinstance(elts[0], ast.Starred):
        known = [None, *(value.array.at(i - len(elts)) for i in range(1, len(elts)))]
    elif isinstance(value, Array) and value.untouched and not any(isinstance(e, ast.Starred) for e in elts):
        known = [body.runner.item(value, i) for i in range(len(elts))]
    elif isinstance(value, Opaque) and body.method.kind is MethodKind.SETUP:
        known = [value if isinstance(e, ast.Name) else None for e in elts]  # configuration, piece by piece
    elif (
        isinstance(value, Array)
        and value.axes is not None
        and not any(isinstance(e, ast.Starred) for e in elts)
    ):
        known = [value.item(0)] * len(elts)  # along its first axis
    for element, item in zip(elts, known, strict=True):
        bind(body, element.value if isinstance(element, ast.Starred) else element, item, element)


def _of_both_ends(value: Leading, count: int) -> list[Value]:
    """`x, weights = outputs` says how many items there are."""
    known: list[Value] = [*value.items, *[None] * count][:count]
    for place, item in enumerate(value.last[-count:], count - len(value.last[-count:])):
        known[place] = known[place] if isinstance(known[place], Array) else item
    return known


def _rank(body: "Body", array: Array, rank: int, node: ast.expr) -> None:
    """`b, h, w, c = x.shape` says how many axes x has, and what has the same unknown axes in front."""
    if array.root is None:
        return
    own = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""
    whole = array.spelled(rank)
    for name, held in body.env.items():
        if held == array and (array.argument is not None or name == own):
            body.env[name] = Array(whole.root, whole.cut, whole.tail, rank)


def bind_target(body: "Body", target: ast.expr) -> None:
    """Gives the names of a loop values that only this place has."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            maker = Maker(node.id, node.lineno, node.col_offset)
            body.env[node.id] = Term(Kind.LOCAL, maker)
