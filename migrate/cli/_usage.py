"""What is wrong with how a command was called, and the names that were probably meant."""

import os
from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = str.maketrans("OIL", "011")
"""Letters that are easily taken for digits."""


class UsageError(Exception):
    """The command line or the configuration cannot be acted on: exit code 2, before any work."""


def near(word: str, known: Iterable[str]) -> str:
    """Returns a hint that names what `word` was probably meant to be, or all there is to choose from."""
    names = sorted(known)
    plain = {_plain(name): name for name in names}
    close = [plain[found] for found in get_close_matches(_plain(word), plain, n=3, cutoff=0.6)]
    return f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(names)}"


def _plain(word: str) -> str:
    return word.upper().translate(_ALIKE)


def in_a_folder(option: str, file: str | None) -> str | None:
    """Returns the file that an option names, where it can be written. Raises UsageError, before any work."""
    if file is not None and not os.path.isdir(os.path.dirname(file) or "."):
        raise UsageError(f"{option} {file}: there is no folder {os.path.dirname(file)!r}")
    if file is not None and os.path.isdir(file):
        raise UsageError(f"{option} {file} is a folder, but it has to be a file")
    return file
