"""Layers that hold others, `nn.Sequential` and the wrappers of weights: those are made there, and live below."""

import ast
from collections.abc import Collection
from typing import NamedTuple

from ...catalog.norms import TWINS
from ..constructions import Construction
from ..model import LinenClass, Method, Refused


class Place(NamedTuple):
    """Where a submodule stands in one that holds it: its path in there, and what Linen's setup calls it."""

    holder: Construction
    within: tuple[str, ...]
    linen: str


INSTANCE = "layer_instance"
_DECIDES = frozenset({"collection_name", "variable_filter", "n_steps"})
_WRAPPED = frozenset({"Dense", "Conv", "ConvTranspose"})


def is_sequence(construction: Construction) -> bool:
    return construction.layer is not None and construction.layer.linen == "Sequential"


def items_of(sequence: Construction) -> list[ast.expr]:
    """Returns the layers of a Sequential. Raises Refused where they are no literal list."""
    listed = sequence.given.get("layers")
    items = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
    if items and not any(isinstance(item, ast.Starred) for item in items):
        return items
    raise Refused("MN101", sequence.call, "the layers of nn.Sequential are not listed one by one")


def is_wrapper(construction: Construction) -> bool:
    return construction.layer is not None and construction.layer.linen in TWINS


def place_of(construction: Construction, made: Collection[Construction]) -> Place | None:
    """Returns the Sequential that lists a submodule, or the wrapper around it, and where."""
    method = construction.method
    around = [c for c in made if is_wrapper(c) and c.given.get(INSTANCE) is construction.call]
    if around:
        return Place(around[0], (INSTANCE,), INSTANCE)
    listed = method.parents[construction.call]
    above = method.parents[listed] if isinstance(listed, ast.List | ast.Tuple) else None
    above = method.parents[above] if isinstance(above, ast.keyword) else above
    sequence = next((c for c in made if c.call is above and is_sequence(c)), None)
    if sequence is None or sequence.given.get("layers") is not listed:
        return None
    at = items_of(sequence).index(construction.call)
    return Place(sequence, ("layers", str(at)), f"layers_{at}")


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


def check_wrapper(wrapper: Construction, made: Collection[Construction]) -> None:
    """Raises Refused for what is not a layer of one kernel, made on the spot."""
    kind, inner = wrapper.kind, wrapped(wrapper, made)
    if inner is None or inner.layer is None or inner.layer.linen not in _WRAPPED or inner.lifted is not None:
        reason = f"nn.{kind} is around something else than one of nn.Conv, nn.ConvTranspose and nn.Dense"
        raise Refused("MN101", wrapper.call, reason)
    for name, node in wrapper.every.items():
        if name in _DECIDES and not (name == "n_steps" and _is_positive(node)):
            raise Refused("MN109", node, f"`{name}` of nn.{kind} decides which variables it has")
    if wrapper.lifted is not None or any(isinstance(a, ast.For) for a in wrapper.method.above(wrapper.call)):
        raise Refused("MN101", wrapper.call, f"it makes nn.{kind} in a loop or under a transform")


def wrapped(wrapper: Construction, made: Collection[Construction]) -> Construction | None:
    """Returns the submodule that a wrapper is around."""
    return next((c for c in made if c.call is wrapper.given.get(INSTANCE)), None)


def _is_positive(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 0


def _check_function(cls: LinenClass, method: Method, item: ast.expr, made: Collection[ast.Call]) -> None:
    fields = {f.name for f in cls.fields}
    for node in ast.walk(item):
        if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr not in fields:
            raise Refused("MN101", node, f"nn.Sequential would hold on to `self.{node.attr}`")
        if node in made:
            raise Refused("MN101", node, "a layer of nn.Sequential is made inside of another expression")
