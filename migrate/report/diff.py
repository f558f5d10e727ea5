"""Two versions of a file as a unified diff that `git apply` and `patch -p1` take."""

import os
from collections.abc import Iterator
from difflib import diff_bytes, unified_diff


def unified(path: str, before: bytes, after: bytes, new: bool = False) -> bytes:
    """Returns the diff of one file, empty if nothing changed; `path` is relative to where it will be applied.

    With `new` there is no such file yet.

    Bytes in, bytes out: encoding, byte order mark and carriage returns are content like any other.
    """
    old = b"/dev/null" if new else _name(b"a/", path)
    lines = diff_bytes(unified_diff, _lines(before), _lines(after), old, _name(b"b/", path), lineterm=b"\n")
    return b"".join(_ended(lines))


def _lines(data: bytes) -> list[bytes]:
    # Not splitlines: to git and patch, only a line feed ends a line.
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def _ended(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _name(side: bytes, path: str) -> bytes:
    name = side + os.fsencode(path)
    if any(byte in b'"\\' or byte < 32 or byte == 127 for byte in name):
        return b'"' + b"".join(map(_quoted, name)) + b'"'
    return (
        name + b"\t" if b" " in name else name
    )  # git ends a name with a space so, or it takes the rest for a date


def _quoted(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\" + bytes((byte,))
    return b"\\%03o" % byte if byte < 32 or byte == 127 else bytes((byte,))
