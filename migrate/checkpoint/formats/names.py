"""Flat names to paths: `params.Dense_0.kernel` or `params/Dense_0/kernel`."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from .limits import MAX_DEPTH, shown
from .records import FormatError, Path

SEPARATORS = ("/", ".")


def chosen_separator(names: Collection[str], asked: str | None, noted: str | None = None) -> str | None:
    """Returns what was asked for, else what the file notes, else what its names have. Raises FormatError."""
    for separator in (asked, noted):
        if separator is not None:
            check_separator(separator)
            return separator
    return detect_separator(names)


def detect_separator(names: Collection[str]) -> str | None:
    """Returns what the names are joined with; None where none is.

    Where both signs occur, it is the one that every joined name has. Raises FormatError where that is both
    or neither: splitting at the wrong one gives a tree that is not the saved one.
    """
    joined = [name for name in names if any(sign in name for sign in SEPARATORS)]
    seen = [sign for sign in SEPARATORS if any(sign in name for name in joined)]
    if len(seen) > 1:
        seen = [sign for sign in seen if all(sign in name for name in joined)]
        if len(seen) != 1:
            raise FormatError(
                f"names such as {shown(joined[0])} have both '/' and '.' in them, so that either could be"
                " what separates a path: say which one it is (separator, on the command line --separator)"
            )
    return seen[0] if seen else None


def split_names(names: Sequence[str], separator: str | None) -> list[Path]:
    """Returns the path of each name. Raises FormatError where one leaf would also be the folder of another."""
    for name in names:
        if separator is not None and name.count(separator) >= MAX_DEPTH:
            raise FormatError(f"the name {shown(name)} is nested more than {MAX_DEPTH} deep")
    paths = [tuple(name.split(separator)) if separator else (name,) for name in names]
    check_tree(paths)
    return paths


def check_tree(paths: Iterable[Path]) -> None:
    """Raises FormatError where a path occurs twice, or one is the folder of another."""
    for path, follower in pairwise(sorted(paths)):  # what lies inside of a path follows it at once
        if follower[: len(path)] == path:
            raise FormatError(f"the array {shown(path)} is also the folder of the array {shown(follower)}")


def check_separator(separator: str) -> None:
    """Raises FormatError for anything but a short sign."""
    if not 1 <= len(separator) <= 8:
        raise FormatError(f"the separator {shown(separator)} has to have one to eight characters")
