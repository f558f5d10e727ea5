"""What the keys of a checkpoint's key/value tree point at: bytes in the tree itself, or a part of a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ref:
    """`length` bytes from `offset` of `file`, a path with slashes below the checkpoint."""

    file: str
    offset: int
    length: int


Value = bytes | Ref
Index = Mapping[str, Value]
"""Every key of a checkpoint, such as `params.Dense_0.kernel/0.0`."""


def size(value: Value) -> int:
    """Returns how many bytes are stored."""
    return value.length if isinstance(value, Ref) else len(value)


def load(folder: Path, value: Value) -> bytes:
    """Returns all bytes of a value. Raises OSError; ValueError where the file ends before the value does."""
    if isinstance(value, bytes):
        return value
    with (folder / value.file).open("rb") as file:
        file.seek(value.offset)
        data = file.read(value.length)
    if len(data) < value.length:
        raise ValueError(f"{value.file} ends before byte {value.offset + value.length}")
    return data
