"""`nn.Sequential`: its layers are made where it is, and live below it."""

import ast
from collections.abc import Collection
from typing import NamedTuple

from ..constructions import Construction
from ..model import LinenClass, Method, Refused


class Place(NamedTuple):
    """Where a submodule stands in the list of a Sequential."""

    sequence: Construction
    at: int


def is_sequence(construction: Construction) -> bool:
    return construction.layer is not None and construction.layer.linen == "Sequential"


def items_of(sequence: Construction) -> list[ast.expr]:
    """Returns the layers of a Sequential. Raises Refused where they are no literal list."""
    listed = sequence.given.get("layers")
    items = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
    if items and not any(isinstance(item, ast.Starred) for item in items):
        return items
    raise Refused("MN101", sequence.call, "the layers of nn.Sequential are not listed one by one")


def place_of(construction: Construction, made: Collection[Construction]) -> Place | None:
    """Returns the Sequential that lists a submodule, and where."""
    method = construction.method
    listed = method.parents[construction.call]
    above = method.parents[listed] if isinstance(listed, ast.List | ast.Tuple) else None
    above = method.parents[above] if isinstance(above, ast.keyword) else above
    sequence = next((c for c in made if c.call is above and is_sequence(c)), None)
    if sequence is None or sequence.given.get("layers") is not listed:
        return None
    return Place(sequence, items_of(sequence).index(construction.call))


def check_sequence(cls: LinenClass, sequence: Construction, made: Collection[Construction]) -> None:
    """Raises Refused for a layer that could hold on to the module, or make one at each call."""
    method = sequence.method
    if any(isinstance(a, ast.For) for a in method.above(sequence.call)):
        raise Refused("MN101", sequence.call, "it makes nn.Sequential in a loop")
    calls = {c.call for c in made}
    inside = [c for c in made if c.call in items_of(sequence)]
    lifted = next((c for c in (sequence, *inside) if c.lifted is not None), None)
    if lifted is not None:
        raise Refused(
            "MN102", lifted.call, "a transform around nn.Sequential, or one of its layers, is not followed"
        )
    for item in items_of(sequence):
        if item not in calls:
            _check_function(cls, method, item, calls)


def _check_function(cls: LinenClass, method: Method, item: ast.expr, made: Collection[ast.Call]) -> None:
    fields = {f.name for f in cls.fields}
    for node in ast.walk(item):
        if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr not in fields:
            raise Refused("MN101", node, f"nn.Sequential would hold on to `self.{node.attr}`")
        if node in made:
            raise Refused("MN101", node, "a layer of nn.Sequential is made inside of another expression")
