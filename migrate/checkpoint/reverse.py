"""The way back: an NNX checkpoint under the names of the Linen one that it came from."""

from collections.abc import Mapping, Sequence

from ..catalog.pairing import Leaf
from .errors import ConversionError
from .plan import Plan
from .records import DiskPath, Layout, Move, Source, Stored, Target


def reversed_plan(
    stored: Sequence[Stored], forward: Sequence[Move], empty: Sequence[DiskPath], layout: Layout
) -> Plan:
    """Returns the plan that undoes `forward` on the leaves of an NNX checkpoint.

    Random streams have no place in a Linen checkpoint and are left out by name.
    Raises ConversionError for any other leaf that is missing, left over, or of another shape or dtype.
    """
    found = {array.disk: array for array in stored}
    wanted = {_strings(move.target.disk(layout)): move for move in forward}
    ours = {_strings(path): array for path, array in found.items()}
    streams = _streams(ours)
    missing = sorted("/".join(path) for path in wanted if path not in ours)
    left = sorted("/".join(path) for path in ours if path not in wanted and path not in streams)
    if missing or left:
        raise ConversionError(_unpaired(missing, left))
    moves = tuple(_turned(move, ours[_strings(move.target.disk(layout))]) for move in forward)
    return Plan(moves, tuple(empty), left_out=tuple(sorted("/".join(path) for path in streams)))


def _strings(path: DiskPath) -> tuple[str, ...]:
    return tuple(map(str, path))


def _streams(leaves: Mapping[tuple[str, ...], Stored]) -> set[tuple[str, ...]]:
    """Returns the leaves of `nnx.RngStream`s: a typed key, and beside it the count of what was drawn."""
    found = set()
    for path, array in leaves.items():
        count = (*path[:-2], "count", path[-1])
        typed = path[-2:-1] == ("key",) and array.dtype.startswith("key<")
        if typed and count in leaves and leaves[count].dtype == "uint32":
            found |= {path, count}
    return found


def _turned(move: Move, stored: Stored) -> Move:
    """Swaps the sides of a move; the Linen leaf gets exactly the path it had."""
    leaf, old = move.target.leaf, move.source.stored
    if (stored.shape, stored.dtype) != (leaf.shape, leaf.dtype):
        raise ConversionError(
            f"{'/'.join(map(str, stored.disk))} is {stored.dtype}{list(stored.shape)}, and"
            f" {move.source.leaf.name} in the Linen checkpoint asks for {leaf.dtype}{list(leaf.shape)}"
        )
    source = Source(Leaf(_strings(stored.disk), stored.shape, stored.dtype, leaf.collection), stored)
    linen = Leaf(_strings(old.disk), old.shape, old.dtype, leaf.collection)
    return Move(source, Target(linen, old.disk, bare=True, scalar=old.scalar), take=move.put, put=move.take)


def _unpaired(missing: Sequence[str], left: Sequence[str]) -> str:
    lines = ["the NNX checkpoint does not hold the leaves of the Linen one"]
    for title, names in (("missing in SRC", missing), ("in SRC, and in no Linen leaf", left)):
        if names:
            lines += [f"{title} ({len(names)}):", *(f"  {name}" for name in names[:50])]
    return "\n".join(lines)
