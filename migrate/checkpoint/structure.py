"""Leaves that are one array on one side and several on the other: stacked layers, joined gates."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..catalog.layers import LAYERS
from ..catalog.mapping import VariableMapping
from ..catalog.pairing import Leaf, normal_form, rule_path
from .records import Cut

Path = tuple[str, ...]


class Link(NamedTuple):
    """A part of a Linen leaf and the part of an NNX leaf that it becomes."""

    linen: Leaf
    nnx: Leaf
    take: Cut | None
    put: Cut | None


def links(linen: Sequence[Leaf], nnx: Sequence[Leaf], rules: Sequence[VariableMapping]) -> tuple[Link, ...]:
    """Returns what pairs only when arrays are stacked, taken apart or joined; leaves that pair by name are left out.

    Layers are stacked along the first axis, as `nn.scan` and `nnx.scan` have it. Gates are joined along the last,
    in the order of the catalog.
    """
    ours, theirs = _lonely(linen, nnx, rules)
    joined = tuple(_joined(ours, theirs))
    used = {link.linen for link in joined} | {link.nnx for link in joined}
    stacked = _stacked(
        [leaf for leaf in ours if leaf not in used], [leaf for leaf in theirs if leaf not in used]
    )
    return (*joined, *stacked)


def _lonely(
    linen: Sequence[Leaf], nnx: Sequence[Leaf], rules: Sequence[VariableMapping]
) -> tuple[list[Leaf], list[Leaf]]:
    """Returns the leaves that have no counterpart by a rule or by name."""
    ruled = {leaf: path for leaf in linen if (path := rule_path(leaf, rules)) is not None}
    taken = set(ruled.values())
    ours = {leaf: normal_form(leaf.path) for leaf in linen if leaf not in ruled}
    theirs = {leaf: normal_form(leaf.path) for leaf in nnx if leaf.path not in taken}
    common = set(ours.values()) & set(theirs.values())
    return [a for a, n in ours.items() if n not in common], [b for b, n in theirs.items() if n not in common]


def _joined(ours: Sequence[Leaf], theirs: Sequence[Leaf]) -> Iterator[Link]:
    """Concatenated gates, such as `ii if ig io` of OptimizedLSTMCell in `dense_i`."""
    found = {(leaf.collection, normal_form(leaf.path)): leaf for leaf in ours}
    for leaf in theirs:
        for gates, whole in JOINED:
            end = len(whole)
            if leaf.path[-end:] != whole:
                continue
            scope = normal_form(leaf.path[:-end])
            parts = [found.get((leaf.collection, (*scope, *normal_form(gate)))) for gate in gates]
            yield from _concatenated([part for part in parts if part], leaf, len(gates))


JOINED: tuple[tuple[tuple[Path, ...], Path], ...] = tuple(
    (tuple(tuple(path.split("/")) for path in moved.linen), tuple(moved.nnx.split("/")))
    for layer in LAYERS
    for moved in layer.variables
    if moved.nnx.split("/")[0].startswith("dense_")
)


def _concatenated(parts: Sequence[Leaf], whole: Leaf, count: int) -> Iterator[Link]:
    fits = all(part.shape[:-1] == whole.shape[:-1] and part.dtype == whole.dtype for part in parts)
    sizes = [part.shape[-1] for part in parts if part.shape]
    if not (fits and len(sizes) == count and sum(sizes) == whole.shape[-1]):
        return
    axis, place = len(whole.shape) - 1, 0
    for part in parts:
        yield Link(part, whole, None, Cut(axis, place, place + part.shape[-1]) if count > 1 else None)
        place += part.shape[-1]


def _stacked(ours: Sequence[Leaf], theirs: Sequence[Leaf]) -> Iterator[Link]:
    one, many = _by_layers(theirs), {(leaf.collection, normal_form(leaf.path)): leaf for leaf in ours}
    for name, layers in one.items():
        if (whole := many.get(name)) and _are_layers(layers, whole):
            yield from (Link(whole, layer, Cut(0, i), None) for i, layer in layers.items())
    one, many = _by_layers(ours), {(leaf.collection, normal_form(leaf.path)): leaf for leaf in theirs}
    for name, layers in one.items():
        if (whole := many.get(name)) and _are_layers(layers, whole):
            yield from (Link(layer, whole, None, Cut(0, i)) for i, layer in layers.items())


Name = tuple[str, Path]


def _by_layers(leaves: Sequence[Leaf]) -> Mapping[Name, Mapping[int, Leaf]]:
    """Returns the leaves by collection and name without one of its numbers, and then by that number."""
    found: dict[Name, dict[int, Leaf]] = defaultdict(dict)
    for leaf in leaves:
        name = normal_form(leaf.path)
        for place, part in enumerate(name):
            if part.isdecimal():
                found[leaf.collection, name[:place] + name[place + 1 :]][int(part)] = leaf
    return found


def _are_layers(layers: Mapping[int, Leaf], whole: Leaf) -> bool:
    """Whether these are all layers of `whole`: no gap, none of another shape or dtype."""
    return (
        whole.shape[:1] == (len(layers),)
        and layers.keys() == set(range(len(layers)))
        and all(layer.shape == whole.shape[1:] and layer.dtype == whole.dtype for layer in layers.values())
    )
