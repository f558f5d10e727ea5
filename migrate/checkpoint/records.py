"""Leaves where they lie on disk, and where each one goes. Plain values: nothing here reads or writes."""

from dataclasses import dataclass
from enum import StrEnum

from ..catalog.pairing import Leaf

DiskPath = tuple[str | int, ...]
"""Keys from the root of a checkpoint: an int is a place in a sequence, a str (even "0") a key of a dict."""


class Layout(StrEnum):
    """`STATE` is what saving `nnx.state(model)` gives, `PURE_DICT` the same through `nnx.to_pure_dict`.

    `SPLIT` is the former with the parts of a train state (model, optimizer, ...) as checkpoints of their own.
    """

    STATE = "state"
    PURE_DICT = "pure-dict"
    SPLIT = "split"


class Placement(StrEnum):
    """How data files that stay as they are come to the target: as copies, or as hard links."""

    COPY = "copy"
    LINK = "link"


@dataclass(frozen=True)
class Stored:
    """One array of a checkpoint. A typed PRNG key has the key's `shape` and `dtype`, and a `key_impl`.

    `scalar` says it is a bare Python number. `tree` is the path by which the leaf is read as a Linen variable,
    where that is not the path on disk.
    """

    disk: DiskPath
    shape: tuple[int, ...]
    dtype: str
    key_impl: str | None = None
    scalar: bool = False
    tree: DiskPath | None = None

    @property
    def at(self) -> DiskPath:
        return self.disk if self.tree is None else self.tree


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
    """A leaf of the new checkpoint; `inner` is the end of its path that lies inside the Variable's value.

    `root` is what stands before the path: the part of a train state, and the slot of an optimizer. A `bare` leaf
    lies in no Variable.
    """

    leaf: Leaf
    inner: DiskPath = ()
    root: tuple[str, ...] = ()
    bare: bool = False
    scalar: bool = False

    def disk(self, layout: Layout) -> DiskPath:
        """Returns where the leaf lies in a checkpoint of that layout."""
        variable = self.leaf.path[: len(self.leaf.path) - len(self.inner)]
        value = () if self.bare or layout is Layout.PURE_DICT else ("value",)
        return (*self.root, *variable, *value, *self.inner)

    @property
    def name(self) -> str:
        """The path for a reader."""
        return Leaf((*self.root, *self.leaf.path), (), "", "").name


@dataclass(frozen=True)
class Cut:
    """A part of an array along one axis: `start` to `stop`, or at `start` alone, without that axis."""

    axis: int
    start: int
    stop: int | None = None


@dataclass(frozen=True)
class Move:
    """One leaf of the conversion: the bytes of `source` under the name of `target`.

    `take` is the part of the source that is meant, `put` its place in the target; mostly both are everything.
    """

    source: Source
    target: Target
    take: Cut | None = None
    put: Cut | None = None

    @property
    def renamed(self) -> bool:
        return (*self.target.root, *self.target.leaf.path) != self.source.leaf.path

    @property
    def whole(self) -> bool:
        return self.take is None and self.put is None
