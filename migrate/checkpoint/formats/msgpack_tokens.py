"""The tokens of msgpack, read at a place of a file; strings, arrays and extensions only by their length.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

import struct
from enum import Enum
from typing import NamedTuple

from .records import FormatError
from .source import Source

_WINDOW = 16 << 10


class Kind(Enum):
    NIL = "nil"
    BOOL = "a bool"
    INT = "an integer"
    FLOAT = "a float"
    STR = "a string"
    BIN = "bytes"
    LIST = "a list"
    MAP = "a dict"
    EXT = "an extension"
    UNUSED = "a byte that msgpack does not use"


class Token(NamedTuple):
    """`value` is the number itself, else the length: bytes of a string, items of a list, pairs of a dict."""

    kind: Kind
    value: int | float
    code: int
    offset: int

    @property
    def length(self) -> int:
        return int(self.value)


# (first, last, kind, what is subtracted): the value is in the byte itself
_IN_THE_BYTE = (
    (0x00, 0x7F, Kind.INT, 0),
    (0x80, 0x8F, Kind.MAP, 0x80),
    (0x90, 0x9F, Kind.LIST, 0x90),
    (0xA0, 0xBF, Kind.STR, 0xA0),
    (0xC0, 0xC0, Kind.NIL, 0xC0),
    (0xC1, 0xC1, Kind.UNUSED, 0xC1),
    (0xC2, 0xC3, Kind.BOOL, 0xC2),
    (0xE0, 0xFF, Kind.INT, 0x100),
)
# kind and layout of the bytes that follow; an extension ends with its code
_FOLLOWING = {
    first + place: (kind, layout)
    for first, kind, layouts in (
        (0xC4, Kind.BIN, (">B", ">H", ">I")),
        (0xC7, Kind.EXT, (">Bb", ">Hb", ">Ib")),
        (0xCA, Kind.FLOAT, (">f", ">d")),
        (0xCC, Kind.INT, (">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q")),
        (0xD9, Kind.STR, (">B", ">H", ">I")),
        (0xDC, Kind.LIST, (">H", ">I")),
        (0xDE, Kind.MAP, (">H", ">I")),
    )
    for place, layout in enumerate(layouts)
}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_BYTES = {
    byte: (kind, byte - base) for first, last, kind, base in _IN_THE_BYTE for byte in range(first, last + 1)
}


class Cursor:
    """A place in a file that moves on; only a small window around it is in memory."""

    def __init__(self, source: Source) -> None:
        self.source, self.position = source, 0
        self._window, self._start = b"", 0

    def error(self, why: str, offset: int | None = None) -> FormatError:
        return self.source.error(self.position if offset is None else offset, why)

    def left(self) -> int:
        return self.source.size - self.position

    def skip(self, nbytes: int) -> int:
        """Moves on by `nbytes`; returns where that began."""
        if nbytes > self.left():
            raise self.error(f"{nbytes} bytes should be here, but the file ends at {self.source.size}")
        self.position += nbytes
        return self.position - nbytes

    def take(self, nbytes: int) -> bytes:
        start = self.skip(nbytes)
        if not self._start <= start <= self.position <= self._start + len(self._window):
            size = min(max(nbytes, _WINDOW), self.source.size - start)
            self._window, self._start = self.source.read(start, size), start
        return self._window[start - self._start : self.position - self._start]

    def token(self) -> Token:
        offset = self.position
        byte = self.take(1)[0]
        if byte in _BYTES:
            return Token(*_BYTES[byte], 0, offset)
        if byte in _FIXED_EXTENSIONS:
            return Token(Kind.EXT, _FIXED_EXTENSIONS[byte], struct.unpack(">b", self.take(1))[0], offset)
        kind, layout = _FOLLOWING[byte]
        value, *code = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return Token(kind, value, code[0] if code else 0, offset)

    def expect(self, kind: Kind, what: str) -> Token:
        token = self.token()
        if token.kind is not kind:
            raise self.error(f"{what} has to be {kind.value}, not {token.kind.value}", token.offset)
        return token
