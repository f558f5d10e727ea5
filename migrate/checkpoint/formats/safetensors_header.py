"""The header of a safetensors file, as text and as values, before any of it is believed.

Source: https://github.com/huggingface/safetensors#format
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from .limits import MAX_NODES, MAX_TEXT, shown
from .records import FormatError
from .source import Source

LENGTH = 8
_MAX_BRACKETS = 4 * MAX_NODES  # an entry has three; parsed, each takes some 70 bytes


def read_header(source: Source) -> tuple[dict[str, Any], int]:
    """Returns the header and where the data begins. Raises FormatError."""
    nbytes = int.from_bytes(source.read(0, LENGTH), "little")
    if nbytes > source.size - LENGTH:
        raise source.error(0, f"a header of {nbytes} bytes, but the file ends at {source.size}")
    if nbytes > MAX_TEXT:
        raise source.error(0, f"a header of {nbytes} bytes; at most {MAX_TEXT} are read")
    text = source.read(LENGTH, nbytes)
    try:
        return _parsed(text), LENGTH + nbytes
    except (ValueError, RecursionError) as error:  # the JSON may nest deeper than Python can follow
        raise source.error(LENGTH, f"the header is not as it has to be: {error}") from None


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


def checked_metadata(found: object) -> Mapping[str, str]:
    """Returns `__metadata__`. Raises FormatError where it is no dict of strings."""
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise FormatError("__metadata__ has to be a dict of strings")
    for value in found.values():
        check_text(value)
    return found
