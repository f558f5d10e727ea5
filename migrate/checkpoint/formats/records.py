"""What every reader of this package gives: which arrays a file holds, and their bytes on demand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

Path = tuple[str, ...]
Piece = np.ndarray[Any, np.dtype[Any]]


class FormatError(ValueError):
    """The file is damaged, or of no kind that is read here, or holds what is no array of numbers."""


@dataclass(frozen=True)
class StoredArray:
    """One array of a file. `dtype` is a name of NumPy or ml_dtypes, such as "bfloat16"; `scalar` says that
    the file has a bare Python number there.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    scalar: bool = False


class Content(Protocol):
    """Where the bytes of one array are."""

    def pieces(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        """Yields 1-d pieces in C order of at most `limit` bytes each."""


class Origin(Protocol):
    """The open file behind an index."""

    def check_unchanged(self) -> None:
        """Raises FormatError where the file was written to since it was opened."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Index:
    """All that a reader learns from the headers of a file; `contents` is in the order of the file."""

    kind: str
    contents: Mapping[StoredArray, Content]
    empty: tuple[Path, ...]
    metadata: Mapping[str, str]
    separator: str | None


class FileStore:
    """An open checkpoint file. `kind` is "msgpack", "safetensors" or "npz".

    `arrays` are in the order of the file, of safetensors in that of its header. `empty` has the paths of
    empty dicts, empty lists and None. In `metadata` are the texts that lie beside the arrays: those of
    safetensors' `__metadata__`, and the strings among the leaves of a msgpack file, each under its path joined
    with "/". `separator` is what the names of a safetensors or npz file were split by, None where no name had
    to be split. Several threads may read at once.
    """

    def __init__(self, origin: Origin, index: Index) -> None:
        self.origin, self.contents = origin, index.contents
        self.kind, self.separator = index.kind, index.separator
        self.arrays = tuple(index.contents)
        self.empty, self.metadata = index.empty, index.metadata

    def read(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        """Returns the elements of one of `arrays` in C order, in 1-d pieces of at most `limit` bytes.

        An array without elements has no pieces. Raises ValueError where `limit` has no room for one element,
        KeyError for an array of another file; while iterating, FormatError where the data is damaged (a
        checksum is known only at the end) or the file was changed since it was opened.
        """
        content = self.contents[array]
        if limit < 16:
            raise ValueError(
                f"limit is {limit} bytes, but a piece has to hold at least one element: give 16 or more"
            )
        return self._checked(content.pieces(array, limit))

    def _checked(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        yield from pieces
        self.origin.check_unchanged()

    def close(self) -> None:
        self.origin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
