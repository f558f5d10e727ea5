"""The header of a safetensors file, as text and as values, before any of it is believed.

Source: https://github.com/huggingface/safetensors#format
"""

from collections.abc import Mapping
from typing import Any

from .bounded_json import check_text, parse_object
from .limits import MAX_TEXT
from .records import FormatError
from .source import Source

LENGTH = 8


def read_header(source: Source) -> tuple[dict[str, Any], int]:
    """Returns the header and where the data begins. Raises FormatError."""
    nbytes = int.from_bytes(source.read(0, LENGTH), "little")
    if nbytes > source.size - LENGTH:
        raise source.error(0, f"a header of {nbytes} bytes, but the file ends at {source.size}")
    if nbytes > MAX_TEXT:
        raise source.error(0, f"a header of {nbytes} bytes; at most {MAX_TEXT} are read")
    try:
        return parse_object(source.read(LENGTH, nbytes)), LENGTH + nbytes
    except FormatError as error:
        raise source.error(LENGTH, f"the header is not as it has to be: {error}") from None


def checked_metadata(found: object) -> Mapping[str, str]:
    """Returns `__metadata__`. Raises FormatError where it is no dict of strings."""
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise FormatError("__metadata__ has to be a dict of strings")
    for value in found.values():
        check_text(value)
    return found
