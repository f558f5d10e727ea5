"""Layers that hold others, such as `nn.Sequential` and `nn.RNN`: those are made there, and live below."""

import ast
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ...catalog.layer import Layer
from ...catalog.norms import INSTANCE, TWINS
from ..built import Written, built_of
from ..constructions import Construction
from ..held_layers import HELD, held_kind
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from .instances import instance_fields, list_fields

CHILDREN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "RNN": ("cell",),
        "Bidirectional": ("forward_rnn", "backward_rnn"),
        **dict.fromkeys(TWINS, (INSTANCE,)),
    }
)
"""The arguments of the layers that are given one layer by each."""

_TAKEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {**dict.fromkeys(CHILDREN["Bidirectional"], ("RNN",)), INSTANCE: ("Conv", "ConvTranspose", "Dense")}
)
"""The layers that such an argument may be, where not every one is followed."""


class Place(NamedTuple):
    """Where a submodule stands in one that holds it: its path in there, and what Linen's setup calls it."""

    holder: Construction
    within: tuple[str, ...]
    linen: str


_HELD = frozenset({
    "BatchNorm", "Conv", "ConvTranspose", "Dense", "DenseGeneral", "Dropout", "Embed", "GroupNorm",
    "InstanceNorm", "LayerNorm", "PReLU", "RMSNorm", "Sequential",
})  # fmt: skip
"""The layers that a field may be given where its class is constructed: they are called with one array, as in Linen."""

_DECIDES = frozenset({"collection_name", "variable_filter", "n_steps"})


def is_sequence(construction: Construction) -> bool:
    return construction.layer is not None and construction.layer.linen == "Sequential"


def holds_layers(layer: Layer | None) -> bool:
    """Tells whether a layer has nothing but what it is given."""
    return layer is not None and layer.linen in {"Sequential", *CHILDREN} - TWINS.keys()


def items_of(sequence: Construction) -> list[ast.expr]:
    """Returns the layers of a Sequential, in the order of the source. Raises Refused where they are not told."""
    listed = sequence.given.get("layers")
    items = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
    if (built := built_of(sequence)) is not None:
        return built.items
    if items and not any(isinstance(item, ast.Starred) for item in items):
        return items
    raise Refused("MN101", sequence.call, "the layers of nn.Sequential are not listed one by one")


def is_wrapper(construction: Construction) -> bool:
    return construction.layer is not None and construction.layer.linen in TWINS


def place_of(construction: Construction, made: Collection[Construction]) -> Place | None:
    """Returns what a submodule is given to as a layer, and where."""
    method, call = construction.method, construction.call
    above = method.parents[call]
    above = method.parents[above] if isinstance(above, ast.keyword) else above
    holder = next((c for c in made if c.call is above and c.layer is not None and c.kind in CHILDREN), None)
    if holder is not None:
        name = next((n for n in CHILDREN[holder.kind] if holder.given.get(n) is call), "")
        return Place(holder, (name,), name) if name else None
    owner = next((c for c in made if c.call is above and c.layer is None), None)
    if owner is not None:
        name = next((n for n, node in owner.given.items() if node is call), "")
        return Place(owner, (name,), name) if name else None
    collected = (c for c in made if is_sequence(c) and (b := built_of(c)) is not None and call in b.items)
    if (sequence := next(collected, None)) is not None:
        return Place(sequence, ("layers", "{}"), "layers_{}")
    listed = method.parents[call]
    if not isinstance(listed, ast.List | ast.Tuple):
        return None
    above = method.parents[listed]
    above = method.parents[above] if isinstance(above, ast.keyword) else above
    owner = next((c for c in made if c.call is above and c.layer is None), None)
    if owner is not None:
        name = next((n for n, node in owner.given.items() if node is listed), "")
        at = listed.elts.index(call)
        return Place(owner, (name, str(at)), f"{name}_{at}") if name else None
    sequence = next((c for c in made if c.call is above and is_sequence(c)), None)
    if sequence is None or sequence.given.get("layers") is not listed:
        return None
    at = items_of(sequence).index(call)
    return Place(sequence, ("layers", str(at)), f"layers_{at}")


def check_children(holder: Construction, made: Collection[Construction]) -> None:
    """Raises Refused where what a layer is given is not made on the spot, or is a layer of another kind."""
    for name in CHILDREN[holder.kind]:
        child = next((c for c in made if c.call is holder.given.get(name)), None)
        if child is None:
            reason = f"`{name}` of nn.{holder.kind} is not made where it is handed over"
            raise Refused("MN101", holder.given.get(name, holder.call), reason)
        if holder.lifted is not None or child.lifted is not None:
            raise Refused(
                "MN102", child.call, f"a transform around nn.{holder.kind}, or its {name}, is not followed"
            )
        kinds = _TAKEN.get(name, ())
        if kinds and (child.layer is None or child.layer.linen not in kinds):
            known = " or ".join(f"nn.{kind}" for kind in kinds)
            raise Refused("MN101", child.call, f"`{name}` of nn.{holder.kind} is no {known}")


def check_held(held: Construction, place: Place, project: Project) -> None:
    """Raises Refused for a module that a field is given, where the class that has it does not just call it."""
    holder, (name, *at) = place.holder, place.within
    lists = list_fields(project.classes[holder.target], project)
    if bool(at) != (name in lists) or name not in instance_fields(project.classes[holder.target], project):
        raise Refused("MN101", held.call, f"it builds `{held.kind}`, and hands it on instead of calling it")
    annotated = held_kind(project.classes[holder.target], name)
    if annotated not in {"", *HELD} and (held.layer is None or held.layer.linen != annotated):
        reason = f"the field `{name}` is annotated with nn.{annotated}, and is given `{held.kind}`"
        raise Refused("MN105", held.call, reason)
    if holder.lifted is not None or held.lifted is not None:
        reason = f"a transform around `{holder.kind}`, or the module in its field `{name}`, is not followed"
        raise Refused("MN102", held.call, reason)
    if holder.choice or held.choice:
        raise Refused(
            "MN101", held.call, f"the field `{name}` is given one of several modules, or by one of several"
        )
    if held.layer is not None and held.layer.linen not in _HELD:
        reason = f"the field `{name}` is given nn.{held.layer.linen}, whose calls are others in NNX"
        raise Refused("MN101", held.call, reason)


def check_sequence(cls: LinenClass, sequence: Construction, made: Collection[Construction]) -> None:
    """Raises Refused for a layer that could hold on to the module, or make one at each call."""
    method = sequence.method
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
    built = built_of(sequence)
    above = method.parents[sequence.call]
    alone = isinstance(above, ast.Assign | ast.AnnAssign) or getattr(above, "func", None) is sequence.call
    if isinstance(built, Written) and not alone:  # the constructor has a statement of its own for it
        reason = (
            "a comprehension makes the layers of an nn.Sequential that stands inside of another expression"
        )
        raise Refused("MN101", sequence.call, reason)
    if isinstance(built, Written) and method.kind is not MethodKind.SETUP:
        single = len(built.parts) == len(built.items) == len(inside) == 1
        if not single or any(isinstance(a, ast.For | ast.While) for a in method.above(sequence.call)):
            reason = "the layers of nn.Sequential have names by their number in Linen, and others by their place in NNX"
            raise Refused("MN204", sequence.call, reason)


def check_wrapper(wrapper: Construction, made: Collection[Construction]) -> None:
    """Raises Refused for a wrapper whose variables, or whose number, are not known from its call."""
    kind = wrapper.kind
    for name, node in wrapper.every.items():
        if name in _DECIDES and not (name == "n_steps" and _is_positive(node)):
            raise Refused("MN109", node, f"`{name}` of nn.{kind} decides which variables it has")
    inside = [c for c in made if c.call is wrapper.given.get(INSTANCE)]
    if any(c.lifted is not None for c in (wrapper, *inside)):
        raise Refused("MN101", wrapper.call, f"it makes nn.{kind} under a transform")


def _is_positive(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 0


def _check_function(cls: LinenClass, method: Method, item: ast.expr, made: Collection[ast.Call]) -> None:
    fields = {f.name for f in cls.fields}
    for node in ast.walk(item):
        if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr not in fields:
            raise Refused("MN101", node, f"nn.Sequential would hold on to `self.{node.attr}`")
        if node in made:
            raise Refused("MN101", node, "a layer of nn.Sequential is made inside of another expression")
