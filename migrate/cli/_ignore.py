"""Which paths `.gitignore` files and `--exclude` patterns leave out."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ._usage import UsageError

if TYPE_CHECKING:  # its import costs more than reading a thousand files; most folders have no patterns
    from pathspec import GitIgnoreSpec


class Patterns(NamedTuple):
    """Patterns of one file, relative to the folder `base` (a real path that ends in a separator)."""

    base: str
    spec: "GitIgnoreSpec"


def ignored(rules: Sequence[Patterns], real: str) -> bool:
    """Whether the last of `rules` with an opinion leaves out `real`; a folder's path ends in a separator."""
    for base, spec in reversed(rules):
        if real.startswith(base):
            verdict = spec.check_file(real[len(base) :]).include
            if verdict is not None:
                return verdict
    return False


def excludes(base: str, lines: Iterable[str], origin: str) -> Patterns:
    """Returns the patterns that a user wrote. Raises UsageError for one that has no meaning."""
    lines = list(lines)
    for line in lines:
        if not _means_something(line):
            raise UsageError(f"{origin}: {line!r} is not a .gitignore pattern")
    return _compile(base, lines)


def gitignore(folder: str) -> tuple[Patterns, ...]:
    """Returns what the `.gitignore` in the real folder `folder` says: nothing where there is none."""
    try:
        with open(os.path.join(folder, ".gitignore"), "rb") as file:
            lines = os.fsdecode(file.read().removeprefix(b"\xef\xbb\xbf")).replace("\r\n", "\n").split("\n")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ()
    # Like git, which passes over a pattern that it cannot read.
    return (_compile(folder, [line for line in lines if _means_something(line)]),)


def inherited(folder: str) -> tuple[Patterns, ...]:
    """Returns the patterns of the folders above `folder`, outermost first, from the top of its repository."""
    above: list[str] = []
    inner = folder
    while not os.path.exists(os.path.join(inner, ".git")):
        outer = os.path.dirname(inner)
        if outer == inner:  # not in a repository: what lies above has no say
            return ()
        above.append(outer)
        inner = outer
    return tuple(rule for outer in reversed(above) for rule in gitignore(outer))


def _compile(base: str, lines: Iterable[str]) -> Patterns:
    from pathspec import GitIgnoreSpec

    return Patterns(os.path.join(base, ""), GitIgnoreSpec.from_lines(lines))


def _means_something(line: str) -> bool:
    import re

    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
