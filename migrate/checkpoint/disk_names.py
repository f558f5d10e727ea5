"""What a checkpoint's tree may look like so that no leaf hides another."""

from collections.abc import Sequence

from .errors import ConversionError
from .records import DiskPath


def stored_name(path: DiskPath) -> str:
    """Returns the name under which Orbax stores an array: the path joined with dots."""
    return ".".join(map(str, path))


def key_prefix(path: DiskPath) -> str:
    """Returns what the keys of an array begin with.

    TensorStore ends a stored name in a slash unless it has one, so `a` and `a/` are the same array to it; a
    name that is nothing but a slash is the root.
    """
    name = stored_name(path)
    return name.removeprefix("/") if name in ("", "/") else f"{name.removesuffix('/')}/"


def check_names(where: str, paths: Sequence[DiskPath], empty: Sequence[DiskPath] = ()) -> None:
    """Raises ConversionError where two leaves share a path or keys, where one lies inside another,
    and where a list has gaps that no `empty` node fills.
    """
    by_prefix: dict[str, DiskPath] = {}
    for path in paths:
        if (other := by_prefix.setdefault(key_prefix(path), path)) is not path:
            raise ConversionError(_clash(where, other, path))
    folders = {path[:end]: path for path in paths for end in range(len(path))}
    for path in paths:
        if path in folders:
            raise ConversionError(f"{where}: leaf {path} would also be the folder of leaf {folders[path]}")
    _check_lists(where, [*paths, *empty])


def _check_lists(where: str, paths: Sequence[DiskPath]) -> None:
    children: dict[DiskPath, set[str | int]] = {}
    for path in paths:
        for end in range(len(path)):
            children.setdefault(path[:end], set()).add(path[end])
    for folder, places in children.items():
        if any(isinstance(place, int) for place in places) and places != set(range(len(places))):
            raise ConversionError(
                f"{where}: the list {folder} has gaps: only {sorted(map(str, places))} are arrays"
            )


def _clash(where: str, one: DiskPath, other: DiskPath) -> str:
    if one == other:
        return f"{where}: two leaves have the path {stored_name(one)}: rename one of them in the mapping"
    return f"{where}: leaves {one} and {other} would both be stored below {key_prefix(one)!r}: one hides the other"


RESERVED = frozenset(
    {
        "_METADATA",
        "_sharding",
        "array_metadatas",
        "_CHECKPOINT_METADATA",
        "commit_success.txt",
        "orbax.checkpoint",
    }
    | {"manifest.ocdbt", "d", "migrate-norm.json"}
)
"""What a checkpoint keeps beside its arrays."""

LONGEST = 255
"""The longest name of a file, in bytes, that common file systems take."""


def check_folders(prefixes: Sequence[str]) -> None:
    """Raises ConversionError for a prefix that is no folder's below a checkpoint with one folder for each array."""
    for prefix in prefixes:
        parts = prefix.removesuffix("/").split("/")
        bad = any(part in ("", ".", "..") or len(part.encode()) > LONGEST or "\0" in part for part in parts)
        if bad or parts[0] in RESERVED:
            raise ConversionError(
                f"DST: {prefix[:200]!r} cannot be the folder of an array: it would leave the checkpoint, hide a"
                " file of it or is too long; rename the leaf in the mapping"
            )
