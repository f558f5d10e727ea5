"""Leaves where they lie on disk, and where each one goes. Plain values: nothing here reads or writes."""

from dataclasses import dataclass
from enum import StrEnum

from ..catalog.pairing import Leaf

DiskPath = tuple[str | int, ...]
"""Keys from the root of a checkpoint: an int is a place in a sequence, a str (even "0") a key of a dict."""


class Layout(StrEnum):
    """`STATE` is what saving `nnx.state(model)` gives, `PURE_DICT` the same through `nnx.to_pure_dict`."""

    STATE = "state"
    PURE_DICT = "pure-dict"


@dataclass(frozen=True)
class Stored:
    """One array of a checkpoint. A typed PRNG key has the key's `shape` and `dtype`, and a `key_impl`."""

    disk: DiskPath
    shape: tuple[int, ...]
    dtype: str
    key_impl: str | None = None


@dataclass(frozen=True)
class Source:
    """A stored array read as a Linen leaf; `inner` is its path inside the variable, `boxed` says an
    `nn.Partitioned` box (or a relative) was opened.
    """

    leaf: Leaf
    stored: Stored
    inner: DiskPath = ()
    boxed: bool = False


@dataclass(frozen=True)
class Target:
    """An NNX leaf; `inner` is the end of its path that lies inside the Variable's value, mostly empty."""

    leaf: Leaf
    inner: DiskPath = ()

    def disk(self, layout: Layout) -> DiskPath:
        """Returns where the leaf lies in a checkpoint of that layout."""
        variable = self.leaf.path[: len(self.leaf.path) - len(self.inner)]
        return (*variable, *(("value",) if layout is Layout.STATE else ()), *self.inner)


@dataclass(frozen=True)
class Move:
    """One leaf of the conversion: the bytes of `source` under the name of `target`."""

    source: Source
    target: Target

    @property
    def renamed(self) -> bool:
        return self.source.leaf.path != self.target.leaf.path
