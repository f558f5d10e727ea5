"""Which Linen leaf is which NNX leaf: two-sided, exact, by a mapping file or by names."""

import re
from collections.abc import Iterable, Iterator, Sequence

from .leaf import Leaf, Pair
from .mapping import VariableMapping
from .numbered import numbers_in
from .pairing_error import Group, PairingError

__all__ = ["Leaf", "Pair", "PairingError", "normal_form", "pair", "target_path"]


def pair(
    linen: Sequence[Leaf], nnx: Sequence[Leaf], variables: Sequence[VariableMapping] = ()
) -> tuple[Pair, ...]:
    """Pairs every Linen leaf with exactly one NNX leaf of equal shape, dtype, collection; in `linen`'s order.

    `variables` (rules) come first, and a rule is final. What no rule names pairs by its normal form: alone on
    each side or, where several leaves share one, only if the paths are the same on both sides.

    Raises PairingError that lists all that does not fit, ValueError for rules that contradict each other.
    """
    if len(set(linen)) < len(linen) or len(set(nnx)) < len(nnx):
        raise ValueError("a leaf is listed twice")
    groups = tuple(_groups(linen, nnx, variables))
    pairs = [Pair(ours[0], theirs[0]) for ours, theirs in groups if len(ours) == len(theirs) == 1]
    error = PairingError(
        unmatched_linen=tuple(leaf for ours, theirs in groups if not theirs for leaf in ours),
        unmatched_nnx=tuple(leaf for ours, theirs in groups if not ours for leaf in theirs),
        mismatched=tuple(p for p in pairs if not p.fits),
        ambiguous=tuple(g for g in groups if all(g) and len(g[0]) + len(g[1]) > 2),
    )
    if error.found:
        raise error
    found = {p.linen: p for p in pairs}
    return tuple(found[leaf] for leaf in linen)


def target_path(leaf: Leaf, variables: Sequence[VariableMapping] = ()) -> tuple[str, ...]:
    """Returns the NNX path of a Linen leaf by the rules alone; its own path where none applies.

    Raises ValueError where two rules send the leaf to different places.
    """
    target = rule_path(leaf, variables)
    return leaf.path if target is None else target


def rule_path(leaf: Leaf, variables: Sequence[VariableMapping]) -> tuple[str, ...] | None:
    """Returns where the rules send a Linen leaf, None if none names it; two answers raise ValueError."""
    found = {target for rule in variables if (target := _apply(rule, leaf)) is not None}
    if len(found) > 1:
        raise ValueError(f"the mapping sends {leaf} to several places: {sorted(map('/'.join, found))}")
    return next(iter(found), None)


def normal_form(path: Iterable[str]) -> tuple[str, ...]:
    """Returns the name that Dense_0, dense_0 and dense/0 have in common, and RMSNorm_0 with rms_norm_0."""
    parts = (part for element in path for part in re.split(r"_(?=[0-9])", element))
    return tuple(part.replace("_", "").lower() for part in parts)


def _groups(linen: Sequence[Leaf], nnx: Sequence[Leaf], rules: Sequence[VariableMapping]) -> Iterator[Group]:
    ruled = {leaf: target for leaf in linen if (target := rule_path(leaf, rules)) is not None}
    taken = set(ruled.values())
    yield from _group(ruled, {n: n.path for n in nnx if n.path in taken})
    ours = {leaf: normal_form(leaf.path) for leaf in linen if leaf not in ruled}
    theirs = {leaf: normal_form(leaf.path) for leaf in nnx if leaf.path not in taken}
    for group in _group(ours, theirs):
        yield from _same_paths(group)


def _group(ours: dict[Leaf, tuple[str, ...]], theirs: dict[Leaf, tuple[str, ...]]) -> Iterator[Group]:
    names = sorted({*ours.values(), *theirs.values()})
    sides: dict[tuple[str, ...], tuple[list[Leaf], list[Leaf]]] = {name: ([], []) for name in names}
    for side, leaves in enumerate((ours, theirs)):
        for leaf, name in leaves.items():
            sides[name][side].append(leaf)
    yield from ((tuple(left), tuple(right)) for left, right in sides.values())


def _same_paths(group: Group) -> Iterator[Group]:
    """Splits a group whose paths are the same on both sides and distinct; leaves any other as it is."""
    ours, theirs = ({leaf.path: leaf for leaf in side} for side in group)
    if ours.keys() == theirs.keys() and [len(ours), len(theirs)] == [len(side) for side in group]:
        yield from (((ours[path],), (theirs[path],)) for path in sorted(ours))
    else:
        yield group


def _apply(rule: VariableMapping, leaf: Leaf) -> tuple[str, ...] | None:
    if rule.collection != leaf.collection or len(rule.linen) != len(leaf.path):
        return None
    numbers: list[str] = []
    for pattern, element in zip(rule.linen, leaf.path, strict=True):
        found = numbers_in(element, pattern)
        if found is None:
            return None
        numbers += found
    return _fill(rule, numbers)


def _fill(rule: VariableMapping, numbers: Sequence[str]) -> tuple[str, ...]:
    if sum(element.count("{}") for element in rule.nnx) != len(numbers):
        raise ValueError(
            f"the mapping {rule.linen} -> {rule.nnx} has more {{}} on one side than on the other"
        )
    left = iter(numbers)
    return tuple(re.sub(re.escape("{}"), lambda _: next(left), element) for element in rule.nnx)
