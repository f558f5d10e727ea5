"""Reads the arrays of a checkpoint as Linen variables: collections, boxes, what lies inside a variable."""

from collections import Counter
from collections.abc import Callable, Sequence

from ..catalog.pairing import Leaf
from .disk_names import check_names
from .errors import ConversionError
from .records import DiskPath, Source, Stored

COLLECTIONS = frozenset({"params", "batch_stats", "cache", "intermediates", "perturbations"})
"""Names that Flax itself gives to collections."""

BOX = "value"
"""The one field of `nn.Partitioned`, `nn.LogicallyPartitioned` and their relatives that reaches the disk."""


def read_linen(
    stored: Sequence[Stored], named: Callable[[Leaf], bool], collections: frozenset[str] = frozenset()
) -> tuple[Source, ...]:
    """Reads every array as a Linen leaf.

    `named` tells whether a leaf is expected under exactly that path, which decides whether `value` is a
    variable's name or a box. `collections` are names beyond Flax's own that a mapping knows.

    Raises ConversionError where the tree is not one of Linen variables.
    """
    if not stored:
        raise ConversionError("SRC holds no arrays: there is nothing to convert")
    check_names("SRC", [array.at for array in stored])
    depth = _collection_depth(stored, COLLECTIONS | collections)
    crowded = _crowded(stored)
    return tuple(_source(array, depth, array.at[:-1] not in crowded, named) for array in stored)


def _crowded(stored: Sequence[Stored]) -> set[DiskPath]:
    """Returns the inner nodes of the tree that have more than one child."""
    edges = {array.at[: i + 1] for array in stored for i in range(len(array.at))}
    children = Counter(edge[:-1] for edge in edges)
    return {node for node, count in children.items() if count > 1}


def _collection_depth(stored: Sequence[Stored], known: frozenset[str]) -> int:
    """Returns 1 where the first element of each path is a collection, 0 for a bare tree of params."""
    top = {str(array.at[0]) for array in stored}
    flat = {str(array.at[0]) for array in stored if len(array.at) == 1 or isinstance(array.at[1], int)}
    if any(not isinstance(array.at[0], str) for array in stored):
        raise ConversionError("SRC holds a list at its top, which Linen variables never are")
    if not top & known:
        return 0
    if flat:
        raise ConversionError(
            f"SRC holds the array {', '.join(sorted(flat))} beside collections, like a train state without params;"
            " give it the form of flax.training.train_state.TrainState, or save the variables alone"
        )
    if "params" not in top and top - known:
        raise ConversionError(
            f"SRC holds {', '.join(sorted(top))} at its top: neither collections, 'params' among them, nor"
            " a bare tree of params; give it one of these forms, or a mapping that names the collections"
        )
    return 1


def _source(array: Stored, depth: int, alone: bool, named: Callable[[Leaf], bool]) -> Source:
    collection = str(array.at[0]) if depth else "params"
    path = array.at[depth:]
    leaf = _leaf(array, path, collection)
    boxed = path[-1] == BOX and len(path) > 1 and alone and not named(leaf)
    kept = path[:-1] if boxed else path
    return Source(_leaf(array, kept, collection), array, inner_part(kept), boxed)


def _leaf(array: Stored, path: DiskPath, collection: str) -> Leaf:
    return Leaf(tuple(map(str, path)), array.shape, array.dtype, collection)


def inner_part(path: DiskPath) -> DiskPath:
    """Scopes are dicts, so the first sequence lies inside a variable."""
    first = next((i for i, element in enumerate(path) if isinstance(element, int)), len(path))
    return path[first:]
