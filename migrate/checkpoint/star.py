"""Rules of a mapping with `{*}`: the number of a layer on one side, a stacked axis on the other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..catalog.mapping import VariableMapping
from ..catalog.pairing import Leaf, rule_path
from .errors import ConversionError
from .records import Cut
from .structure import Link

STAR = re.compile(r"\{\*([0-9]*)\}")
"""`{*}` means axis 0, `{*1}` axis 1."""


def starred(
    rules: Sequence[VariableMapping],
) -> tuple[tuple[VariableMapping, ...], tuple[VariableMapping, ...]]:
    """Returns the rules with and without a star. Raises ConversionError for a star on both sides."""
    found = [rule for rule in rules if _stars(rule.linen) or _stars(rule.nnx)]
    for rule in found:
        if _stars(rule.linen) + _stars(rule.nnx) != 1:
            raise ConversionError(f"the mapping {rule.linen} -> {rule.nnx} may hold one {{*}}, on one side")
    return tuple(found), tuple(rule for rule in rules if rule not in found)


def star_links(leaves: Sequence[Leaf], rules: Sequence[VariableMapping]) -> tuple[Link, ...]:
    """Returns what rules with a star make of the leaves. Raises ConversionError where layers do not fit."""
    found = [
        link
        for rule in rules
        for link in (_apart(rule, leaves) if _stars(rule.nnx) else _stack(rule, leaves))
    ]
    names = [(link.linen, link.nnx.path) for link in found]
    if len(set(names)) < len(names):
        raise ConversionError("two rules with {*} name the same leaf")
    return tuple(found)


def _stars(path: Sequence[str]) -> int:
    return sum(len(STAR.findall(element)) for element in path)


def _axis(path: Sequence[str]) -> int:
    return int(next(match[1] for element in path if (match := STAR.search(element))) or 0)


def _apart(rule: VariableMapping, leaves: Sequence[Leaf]) -> Iterator[Link]:
    """One array becomes one for each layer."""
    axis = _axis(rule.nnx)
    for leaf in leaves:
        path = rule_path(leaf, [rule])
        if path is None:
            continue
        if len(leaf.shape) <= axis:
            raise ConversionError(
                f"{leaf} has no axis {axis}, along which {rule.linen} -> {rule.nnx} has layers"
            )
        shape = leaf.shape[:axis] + leaf.shape[axis + 1 :]
        for layer in range(leaf.shape[axis]):
            yield Link(leaf, replace(leaf, path=_numbered(path, layer), shape=shape), Cut(axis, layer), None)


def _numbered(path: Sequence[str], layer: int) -> tuple[str, ...]:
    return tuple(STAR.sub(str(layer), element) for element in path)


def _stack(rule: VariableMapping, leaves: Sequence[Leaf]) -> Iterator[Link]:
    """One array for each layer becomes one."""
    axis, groups = _axis(rule.linen), _groups(rule, leaves)
    for path, layers in groups.items():
        first = layers[min(layers)]
        fits = all((leaf.shape, leaf.dtype) == (first.shape, first.dtype) for leaf in layers.values())
        if layers.keys() != set(range(len(layers))) or not fits or axis > len(first.shape):
            known = ", ".join(map(str, layers.values()))
            raise ConversionError(f"these are not all layers of one array along axis {axis}: {known}")
        shape = (*first.shape[:axis], len(layers), *first.shape[axis:])
        whole = replace(first, path=path, shape=shape)
        yield from (Link(leaf, whole, None, Cut(axis, layer)) for layer, leaf in sorted(layers.items()))


def _groups(rule: VariableMapping, leaves: Sequence[Leaf]) -> dict[tuple[str, ...], dict[int, Leaf]]:
    """Returns by target path the leaves that a rule names, by the number in place of the star."""
    place, element = next((i, e) for i, e in enumerate(rule.linen) if STAR.search(e))
    before, after = STAR.split(element)[0], STAR.split(element)[2]
    pattern = re.compile(re.escape(before) + "(0|[1-9][0-9]*)" + re.escape(after))
    plain = replace(rule, linen=(*rule.linen[:place], "*", *rule.linen[place + 1 :]))
    groups: dict[tuple[str, ...], dict[int, Leaf]] = {}
    for leaf in leaves:
        match = pattern.fullmatch(leaf.path[place]) if len(leaf.path) == len(rule.linen) else None
        if match is None:
            continue
        same = replace(leaf, path=(*leaf.path[:place], "*", *leaf.path[place + 1 :]))
        if (path := rule_path(same, [plain])) is not None:
            groups.setdefault(path, {})[int(match[1])] = leaf
    return groups
