"""Decides where every leaf goes, against a model's leaves or by the mapping alone. Moves no data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..catalog.mapping import VariableMapping
from ..catalog.pairing import Leaf, normal_form, pair, rule_path
from .disk_names import check_names
from .errors import ConversionError
from .linen_tree import read_linen
from .mirrors import mirrored
from .records import Cut, DiskPath, Layout, Move, Source, Stored, Target
from .star import star_links, starred
from .structure import Link, links
from .train_state import TrainState, is_train_state, read_train_state

MODEL = "model"


@dataclass(frozen=True)
class Plan:
    """One move for every stored array and, where arrays are taken apart, for every part of one.

    `empty` are nodes without data that the target keeps; `state` says that SRC is a train state.
    """

    moves: tuple[Move, ...]
    empty: tuple[DiskPath, ...] = ()
    state: bool = False
    left_out: tuple[str, ...] = ()


def plan(
    stored: Sequence[Stored],
    targets: Sequence[Target] | None,
    mapping: Sequence[VariableMapping],
    layout: Layout,
    empty: Sequence[DiskPath] = (),
    weights_only: bool = False,
) -> Plan:
    """Returns where every stored array goes, in the source's order.

    With `targets`, the leaves of an NNX model, the two sides are paired exactly. Without, every leaf goes
    where `mapping` says, or keeps its name if there is no mapping at all. Of a train state, what mirrors the
    params follows them; with `weights_only` the variables alone are converted, as if nothing else were there.

    Raises ConversionError or PairingError for anything that is not one-to-one.
    """
    known = frozenset(rule.collection for rule in mapping)
    if is_train_state(stored, known):
        state = read_train_state(stored, empty, known)
        moves = _variables(state.variables, targets, mapping)
        found = (
            _weights(stored, state, moves)
            if weights_only
            else mirrored(state, [*map(_in_model, moves)], layout)
        )
    else:
        found = Plan(_variables(stored, targets, mapping))
    check_names("DST", [target.disk(layout) for target in _targets(found.moves)], found.empty)
    return found


def _targets(moves: Sequence[Move]) -> list[Target]:
    """Returns every target once for each leaf that becomes it alone, and once where parts fill it."""
    return [m.target for m in moves if m.put is None] + list(
        {m.target: 0 for m in moves if m.put is not None}
    )


def _weights(stored: Sequence[Stored], state: TrainState, moves: tuple[Move, ...]) -> Plan:
    kept = {array.disk[0] for array in state.variables}
    return Plan(moves, left_out=tuple(sorted({str(a.disk[0]) for a in stored if a.disk[0] not in kept})))


def _in_model(move: Move) -> Move:
    return replace(move, target=replace(move.target, root=(MODEL,)))


def _variables(
    stored: Sequence[Stored], targets: Sequence[Target] | None, mapping: Sequence[VariableMapping]
) -> tuple[Move, ...]:
    stars, rules = starred(mapping)
    sources = read_linen(stored, _named(targets, rules), frozenset(rule.collection for rule in mapping))
    if targets is not None:
        return _paired(sources, targets, stars, rules)
    return _alone(sources, stars, rules)


def _named(targets: Sequence[Target] | None, mapping: Sequence[VariableMapping]) -> Callable[[Leaf], bool]:
    names = {normal_form(target.leaf.path) for target in targets or ()}
    return lambda leaf: rule_path(leaf, mapping) is not None or normal_form(leaf.path) in names


def _paired(
    sources: Sequence[Source],
    targets: Sequence[Target],
    stars: Sequence[VariableMapping],
    rules: Sequence[VariableMapping],
) -> tuple[Move, ...]:
    by_leaf = {target.leaf: target for target in targets}
    ours = {source.leaf: source for source in sources}
    if len(ours) < len(sources):
        raise ConversionError("SRC holds two leaves of one collection and one path")
    found = [link for link in star_links(list(ours), stars) if link.nnx in by_leaf]
    ours_left, theirs_left = _others(list(ours), [t.leaf for t in targets], found)
    found += links(ours_left, theirs_left, rules)
    ours_left, theirs_left = _others(ours_left, theirs_left, found)
    found += [Link(p.linen, p.nnx, None, None) for p in pair(ours_left, theirs_left, rules)]
    return _ordered(sources, [_move(ours[link.linen], by_leaf[link.nnx], link) for link in found])


def _others(
    ours: Sequence[Leaf], theirs: Sequence[Leaf], found: Sequence[Link]
) -> tuple[list[Leaf], list[Leaf]]:
    linen, nnx = {link.linen for link in found}, {link.nnx for link in found}
    return [leaf for leaf in ours if leaf not in linen], [leaf for leaf in theirs if leaf not in nnx]


def _move(source: Source, target: Target, link: Link) -> Move:
    return Move(source, target, link.take, link.put)


def _ordered(sources: Sequence[Source], moves: Sequence[Move]) -> tuple[Move, ...]:
    place = {source.stored.disk: i for i, source in enumerate(sources)}
    return tuple(sorted(moves, key=lambda move: (place[move.source.stored.disk], _start(move.take))))


def _start(cut: Cut | None) -> int:
    return cut.start if cut else 0


def _alone(
    sources: Sequence[Source], stars: Sequence[VariableMapping], rules: Sequence[VariableMapping]
) -> tuple[Move, ...]:
    by_leaf = {source.leaf: source for source in sources}
    found = star_links(list(by_leaf), stars)
    linked = {link.linen for link in found}
    plain = [source for source in sources if source.leaf not in linked]
    paths = [rule_path(source.leaf, rules) for source in plain]
    lost = [str(source.leaf) for source, path in zip(plain, paths, strict=True) if path is None]
    if (rules or stars) and lost:
        raise ConversionError(
            "the mapping has no rule for these leaves; add one, or name the model with --nnx so that the rest"
            f" can be paired by name ({len(lost)}):\n  " + "\n  ".join(sorted(lost))
        )
    moves = [_named_move(s, path or s.leaf.path) for s, path in zip(plain, paths, strict=True)]
    moves += [_move(by_leaf[link.linen], Target(link.nnx), link) for link in found]
    return _ordered(sources, moves)


def _named_move(source: Source, path: tuple[str, ...]) -> Move:
    """A rule that keeps the end of a path inside a variable keeps it there; any other names a variable."""
    tail = tuple(map(str, source.inner))
    inner = source.inner if path[len(path) - len(tail) :] == tail else ()
    leaf = source.leaf
    return Move(source, Target(Leaf(path, leaf.shape, leaf.dtype, leaf.collection), inner))
