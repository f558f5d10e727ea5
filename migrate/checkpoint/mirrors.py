"""Where the rest of a train state goes: moments and averages follow the params, counts and the user's own stay."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..catalog.pairing import Leaf
from .errors import ConversionError
from .linen_tree import inner_part
from .records import DiskPath, Layout, Move, Source, Stored, Target
from .train_state import OPT_STATE, PARAMS, STEP, Mirror, TrainState

if TYPE_CHECKING:
    from .plan import Plan

OPTIMIZER = "optimizer"
STEP_DTYPE = "uint32"
"""What `nnx.Optimizer` counts its steps in."""

By = Mapping[DiskPath, Sequence[Move]]


def mirrored(state: TrainState, moves: Sequence[Move], layout: Layout) -> "Plan":
    """Returns the plan of a whole train state, given that of its variables.

    The optimizer's state gets the layout of `nnx.Optimizer`: `opt_state` and `step` below `optimizer`.
    """
    from .plan import Plan

    by_source = _by_source(moves)
    slots = [
        move
        for mirror in state.mirrors
        if mirror.stored
        for move in _follow(mirror, mirror.stored, by_source)
    ]
    voids = [
        path for mirror in state.mirrors if not mirror.stored for path in _void(mirror, by_source, layout)
    ]
    rest = [_kept(array) for array in state.rest]
    kept = [path for path in state.empty if path[0] != OPT_STATE]
    return Plan((*moves, *slots, *rest), (*voids, *kept), state=True)


def _by_source(moves: Sequence[Move]) -> By:
    found: dict[DiskPath, list[Move]] = defaultdict(list)
    for move in moves:
        found[move.source.stored.disk].append(move)
    return found


def _follow(mirror: Mirror, stored: Stored, by_source: By) -> Iterator[Move]:
    """Yields the parameter's own moves with the slot's leaf in its place."""
    for move in by_source[mirror.param]:
        leaf = move.target.leaf
        same = stored.shape == move.source.leaf.shape
        if not (same or move.whole):
            raise ConversionError(
                f"{_name(stored)} belongs to {move.source.leaf.name}, which is stacked or joined, and has another"
                f" shape: {stored.shape} is not {move.source.leaf.shape}; convert with --weights-only"
            )
        shape = leaf.shape if same else stored.shape
        source = Source(
            replace(move.source.leaf, shape=stored.shape, dtype=stored.dtype, path=_path(stored)), stored
        )
        target = replace(
            move.target, leaf=replace(leaf, shape=shape, dtype=stored.dtype), root=_root(mirror.prefix)
        )
        yield replace(move, source=source, target=target)


def _root(prefix: DiskPath) -> tuple[str, ...]:
    names = tuple(map(str, prefix))
    if names[-1] == PARAMS and len(names) > 1:  # of `create(params=variables)`
        names = names[:-1]
    return (OPTIMIZER, *names) if names[0] == OPT_STATE else names


def _void(mirror: Mirror, by_source: By, layout: Layout) -> Iterator[DiskPath]:
    """Leaves that a mask takes from an optimizer: None in a Variable of their own."""
    for move in by_source[mirror.param]:
        yield replace(move.target, root=_root(mirror.prefix)).disk(layout)


def _kept(stored: Stored) -> Move:
    path = _path(stored)
    leaf = Leaf(path, stored.shape, stored.dtype, str(stored.disk[0]))
    source = Source(leaf, stored)
    if path == (STEP,):
        return Move(source, Target(replace(leaf, dtype=STEP_DTYPE), root=(OPTIMIZER,)))
    if path[0] == OPT_STATE:
        return Move(source, Target(leaf, root=(OPTIMIZER,)))
    return Move(source, Target(leaf, inner_part(stored.disk), bare=True, scalar=stored.scalar))


def _path(stored: Stored) -> tuple[str, ...]:
    return tuple(map(str, stored.disk))


def _name(stored: Stored) -> str:
    return "/".join(_path(stored))
