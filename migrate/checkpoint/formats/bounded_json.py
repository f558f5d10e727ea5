"""JSON from an untrusted file: bounded, without keys that hide each other."""

import json
from collections import Counter
from typing import Any, NoReturn

from .limits import MAX_NODES, shown
from .records import FormatError

_MAX_BRACKETS = 4 * MAX_NODES  # an entry of safetensors has three; parsed, each takes some 70 bytes


def parse_object(text: bytes) -> dict[str, Any]:
    """Returns the object with string keys that occur once each. Raises FormatError for anything else."""
    try:
        return _parsed(text)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:  # it may nest deeper than Python can follow
        raise FormatError(f"it is no JSON: {error}") from None


def _parsed(text: bytes) -> dict[str, Any]:
    if not text.startswith(b"{"):
        raise FormatError("it does not begin with '{'")
    if (brackets := text.count(b"{") + text.count(b"[")) > _MAX_BRACKETS:
        raise FormatError(f"it has {brackets} lists and objects; at most {_MAX_BRACKETS} are read")
    found = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    if not isinstance(found, dict):
        raise FormatError("it is no JSON object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise FormatError(f"the name {shown(name)} occurs twice")
    for name in found:
        check_text(name)
    return found


def _no_number(name: str) -> NoReturn:
    raise FormatError(f"{name} is no JSON")


def check_text(text: str) -> None:
    """Raises FormatError for half of a surrogate pair, which JSON can spell and no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FormatError(f"the text {shown(text)} is no Unicode") from None
