"""Reads a checkpoint as a train state: variables, what mirrors the params (moments, averages), and the rest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .linen_tree import BOX, COLLECTIONS
from .records import DiskPath, Stored

PARAMS, OPT_STATE, STEP = "params", "opt_state", "step"


@dataclass(frozen=True)
class Mirror:
    """A leaf below `prefix` at the path of a parameter, which itself lies at `param`; None if it holds no data."""

    prefix: DiskPath
    param: DiskPath
    stored: Stored | None


@dataclass(frozen=True)
class TrainState:
    """`variables` carry the path by which Linen knows them; `rest` are counts, steps, and the user's own."""

    variables: tuple[Stored, ...]
    mirrors: tuple[Mirror, ...]
    rest: tuple[Stored, ...]
    empty: tuple[DiskPath, ...]


def is_train_state(stored: Sequence[Stored], collections: frozenset[str] = frozenset()) -> bool:
    """Whether the top of the tree is a train state: params with an optimizer's state, single arrays such as a
    step, or copies of the params beside them.
    """
    fields = {array.disk[0] for array in stored} - collections
    if PARAMS not in {array.disk[0] for array in stored}:
        return False
    flat = {a.disk[0] for a in stored if len(a.disk) == 1 or isinstance(a.disk[1], int)}
    return bool(fields & ({OPT_STATE} | flat - {PARAMS}) or _copies(stored, fields - COLLECTIONS))


def _copies(stored: Sequence[Stored], fields: set[str | int]) -> set[str | int]:
    """Returns the fields that hold the same leaves as the params."""
    leaves: dict[str | int, set[tuple[DiskPath, tuple[int, ...]]]] = defaultdict(set)
    for array in stored:
        leaves[array.disk[0]].add((array.disk[1:], array.shape))
    return {field for field in fields if leaves[field] == leaves[PARAMS]}


def read_train_state(
    stored: Sequence[Stored], empty: Sequence[DiskPath], collections: frozenset[str] = frozenset()
) -> TrainState:
    """Sorts the leaves of a train state. `collections` are names beyond Flax's own that a mapping knows."""
    nested = _nests(stored)
    known = COLLECTIONS | collections
    variables = tuple(_variable(array, nested) for array in stored if array.disk[0] in known)
    params = {array.at[1:]: array.disk for array in variables if array.at[0] == PARAMS}
    others = {array.disk: array for array in stored if array.disk[0] not in known}
    voids = [path for path in empty if path and path[0] not in known]
    slots = _slots([*others, *voids], params)
    mirrors = tuple(
        _mirror(path, slots[path], params, others.get(path)) for path in [*others, *voids] if path in slots
    )
    rest = tuple(array for path, array in others.items() if path not in slots)
    return TrainState(variables, mirrors, rest, tuple(path for path in voids if path not in slots))


def _nests(stored: Sequence[Stored]) -> bool:
    """Whether the field `params` holds all variables, collections at its top, as `create(params=variables)` has it."""
    inside = {array.disk[1] for array in stored if array.disk[0] == PARAMS and len(array.disk) > 2}
    return PARAMS in inside and inside <= COLLECTIONS


def _variable(array: Stored, nested: bool) -> Stored:
    inside = nested and array.disk[0] == PARAMS
    return replace(array, tree=array.disk[1:] if inside else array.disk)


def _mirror(path: DiskPath, start: int, params: dict[DiskPath, DiskPath], stored: Stored | None) -> Mirror:
    end = path[start:]
    return Mirror(path[:start], params[end if end in params else (*end, BOX)], stored)


def _slots(paths: Sequence[DiskPath], params: dict[DiskPath, DiskPath]) -> dict[DiskPath, int]:
    """Returns for each path that mirrors a parameter where the parameter's own path starts.

    A slot is the highest node below which everything is at the path of a parameter.
    """
    ends = {*params, *(path[:-1] for path in params if path[-1] == BOX)} - {()}
    inside = _below(paths)
    slots = {
        node for node, below in inside.items() if node and all(path[len(node) :] in ends for path in below)
    }
    starts = {path: next((i for i in range(1, len(path)) if path[:i] in slots), 0) for path in paths}
    return {path: start for path, start in starts.items() if start}


def _below(paths: Iterable[DiskPath]) -> dict[DiskPath, list[DiskPath]]:
    inside: dict[DiskPath, list[DiskPath]] = defaultdict(list)
    for path in paths:
        for end in range(len(path)):
            inside[path[:end]].append(path)
    return inside
