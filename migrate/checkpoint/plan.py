"""Decides where every leaf goes, against a model's leaves or by the mapping alone. Moves no data."""

from collections.abc import Callable, Sequence

from ..catalog.mapping import VariableMapping
from ..catalog.pairing import Leaf, normal_form, pair, rule_path
from .disk_names import check_names
from .errors import ConversionError
from .linen_tree import read_linen
from .records import Layout, Move, Source, Stored, Target


def plan(
    stored: Sequence[Stored],
    targets: Sequence[Target] | None,
    mapping: Sequence[VariableMapping],
    layout: Layout,
) -> tuple[Move, ...]:
    """Returns one move for every stored array, in the source's order.

    With `targets`, the leaves of an NNX model, the two sides are paired exactly. Without, every leaf goes
    where `mapping` says, or keeps its name if there is no mapping at all.

    Raises ConversionError or PairingError for anything that is not one-to-one.
    """
    sources = read_linen(stored, _named(targets, mapping), frozenset(rule.collection for rule in mapping))
    moves = _alone(sources, mapping) if targets is None else _paired(sources, targets, mapping)
    check_names("DST", [move.target.disk(layout) for move in moves])
    return moves


def _named(targets: Sequence[Target] | None, mapping: Sequence[VariableMapping]) -> Callable[[Leaf], bool]:
    names = {normal_form(target.leaf.path) for target in targets or ()}
    return lambda leaf: rule_path(leaf, mapping) is not None or normal_form(leaf.path) in names


def _paired(
    sources: Sequence[Source], targets: Sequence[Target], mapping: Sequence[VariableMapping]
) -> tuple[Move, ...]:
    by_leaf = {target.leaf: target for target in targets}
    pairs = pair([source.leaf for source in sources], list(by_leaf), mapping)
    return tuple(Move(source, by_leaf[p.nnx]) for source, p in zip(sources, pairs, strict=True))


def _alone(sources: Sequence[Source], mapping: Sequence[VariableMapping]) -> tuple[Move, ...]:
    paths = [rule_path(source.leaf, mapping) for source in sources]
    lost = [str(source.leaf) for source, path in zip(sources, paths, strict=True) if path is None]
    if mapping and lost:
        raise ConversionError(
            "the mapping has no rule for these leaves; add one, or name the model with --nnx so that the rest"
            f" can be paired by name ({len(lost)}):\n  " + "\n  ".join(sorted(lost))
        )
    return tuple(_move(source, path or source.leaf.path) for source, path in zip(sources, paths, strict=True))


def _move(source: Source, path: tuple[str, ...]) -> Move:
    """A rule that keeps the end of a path inside a variable keeps it there; any other names a variable."""
    tail = tuple(map(str, source.inner))
    inner = source.inner if path[len(path) - len(tail) :] == tail else ()
    leaf = source.leaf
    return Move(source, Target(Leaf(path, leaf.shape, leaf.dtype, leaf.collection), inner))
