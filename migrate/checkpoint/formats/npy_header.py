"""The header of a .npy array. NumPy's own reader evaluates it as Python; this one knows only what is plain.

Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .dtypes import numpy_dtype
from .limits import shown
from .records import FormatError

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000  # as in NumPy
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
_FIELD = re.compile(r"'(descr|fortran_order|shape)': *(?:'([^'\\]*)'|(True|False)|\(([0-9, ]*)\))")


class NpyHeader(NamedTuple):
    """`stored` is the dtype with the byte order of the file; the data begins at `start`."""

    shape: tuple[int, ...]
    stored: np.dtype[Any]
    fortran: bool
    start: int


def read_npy_header(read: Callable[[int], bytes]) -> NpyHeader:
    """Returns the header that `read(nbytes)` gives from the start of the array on. Raises FormatError."""
    head = read(len(MAGIC) + 2)
    if not head.startswith(MAGIC) or len(head) != len(MAGIC) + 2:
        raise FormatError("it is no .npy array")
    if (version := (head[-2], head[-1])) not in _LENGTH_BYTES:
        raise FormatError(f"version {version} of .npy is unknown")
    width = _LENGTH_BYTES[version]
    nbytes = int.from_bytes(read(width), "little")
    if nbytes > _MAX_HEADER:
        raise FormatError(f"a header of {nbytes} bytes; at most {_MAX_HEADER} are read")
    text = read(nbytes)
    if len(text) != nbytes:
        raise FormatError("the header is cut short")
    return _parsed(text.decode("latin-1"), len(head) + width + nbytes)


def _parsed(text: str, start: int) -> NpyHeader:
    body = re.fullmatch(r"\{(.*)\} *\n?", text)
    fields = {name: values for name, *values in _FIELD.findall(body[1])} if body else {}
    rest = _FIELD.sub("", body[1]).replace(",", "", 3).strip() if body else "?"
    if rest or len(fields) != 3 or len(_FIELD.findall(text)) != 3:
        raise FormatError(f"the header {shown(text.strip())} is not that of a plain array of numbers")
    (descr, _, _), (_, fortran, _), (_, _, dims) = fields["descr"], fields["fortran_order"], fields["shape"]
    if not descr or not fortran or text.count("'shape': ()") != (not dims):
        raise FormatError(f"the header {shown(text.strip())} mixes up its values")
    return NpyHeader(_shape(dims), _dtype(descr), fortran == "True", start)


def _shape(dims: str) -> tuple[int, ...]:
    parts = [part.strip() for part in dims.split(",")]
    if parts[-1] == "":
        parts.pop()
    elif len(parts) == 1:
        raise FormatError(f"the shape ({dims}) is a number")
    if not all(part.isdigit() and len(part) < 20 for part in parts):
        raise FormatError(f"the shape ({shown(dims)}) has to consist of integers from 0 on")
    return tuple(map(int, parts))


def _dtype(descr: str) -> np.dtype[Any]:
    if "O" in descr:
        raise FormatError("it holds Python objects, which could only be unpickled: that is never done")
    if re.fullmatch(r"[<|]V\d+", descr):
        raise FormatError(
            f"its dtype is {descr}, bytes without a meaning: NumPy forgets the name of bfloat16 and float8"
            " when it saves them; save the array again as float32, or as msgpack or safetensors"
        )
    if not re.fullmatch(r"[<>|=]?[biufc]\d{1,2}", descr):
        raise FormatError(f"its dtype {shown(descr)} is no plain number")
    try:
        dtype = np.dtype(descr)
    except TypeError:
        raise FormatError(f"its dtype {shown(descr)} does not exist") from None
    numpy_dtype(dtype.name)
    return dtype
