"""One array of a variable tree, on either side, as plain names and sizes."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Leaf:
    """A Linen leaf has its path inside `collection`; an NNX leaf its path in `nnx.state(model)`, without
    the trailing "value", and as `collection` the name Flax registers for its Variable type. List indices
    are decimal strings in `path`.
    """

    path: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    collection: str

    @property
    def name(self) -> str:
        """The path for a reader: joined by slashes, an element that holds one is quoted."""
        return "/".join(repr(e) if "/" in e or not e else e for e in self.path)

    def __str__(self) -> str:
        return f"{self.collection}: {self.name} {self.dtype}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Pair:
    """A Linen leaf and the NNX leaf it becomes."""

    linen: Leaf
    nnx: Leaf

    @property
    def fits(self) -> bool:
        """Whether shape, dtype and collection are equal: nothing is ever transposed, cast or moved."""
        return all(getattr(self.linen, what) == getattr(self.nnx, what) for what in FACTS)

    @property
    def differences(self) -> str:
        return ", ".join(
            f"{what} {getattr(self.linen, what)} is not {getattr(self.nnx, what)}"
            for what in FACTS
            if getattr(self.linen, what) != getattr(self.nnx, what)
        )


FACTS = ("collection", "shape", "dtype")
