"""What is wrong with how a command was called, and the names that were probably meant."""

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
