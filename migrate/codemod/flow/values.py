"""What an expression of a Linen method is worth here: a size, an array of known axes, a submodule, or nothing known."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..grown import Grown
from ..mapped_calls import Mapped
from .terms import Kind, Size, Term

if TYPE_CHECKING:
    from .courses import Course

Root = tuple[str, str]
"""A method and one of its arguments."""

Ranks = Mapping[Root, int]
"""How many axes arguments have."""

SOMEWHERE: Root = ("", "")
"""The root of an array whose leading axes are not known at all."""


@dataclass(frozen=True)
class Rank:
    """So many axes: `more` than the argument `root` has, or just `more`."""

    root: Root | None
    more: int


@dataclass(frozen=True)
class Either:
    """The root of an array that has one of these numbers of axes, before the cut; it is none of the arguments."""

    ranks: frozenset[Rank]


_OF_ARRAYS = frozenset(
    [
        "T", "addressable_data", "addressable_shards", "all", "any", "argmax", "argmin", "argpartition", "argsort",
        "astype", "at", "aval", "base", "byteswap", "choose", "clip", "clone", "committed", "compress", "conj",
        "conjugate", "copy", "ctypes", "cumprod", "cumsum", "data", "delete", "device", "devices", "diagonal", "dot",
        "dtype", "dump", "dumps", "fill", "flags", "flat", "flatten", "format", "imag", "item", "itemsize", "mT", "max",
        "mean", "min", "nbytes", "ndim", "nonzero", "partition", "platform", "prod", "ptp", "put", "ravel", "real",
        "repeat", "reshape", "resize", "round", "searchsorted", "shape", "sharding", "size", "sort", "squeeze", "std",
        "strides", "sum", "swapaxes", "take", "tobytes", "tofile", "tolist", "trace", "traceback", "transpose", "var",
        "view", "weak_type",
    ]
)  # fmt: skip
"""What arrays of JAX and NumPy have themselves: of an argument, these say nothing of what else it may be."""


@dataclass(frozen=True)
class Array:
    """An array: the axes of the argument `root` without its last `cut`, then those of `tail`.

    Without a `root` the axes are those of `tail` alone. An axis that is None is not known. `rank` may be known
    without the root's axes being so. `skipped` says that it may be None, on a path that works on nothing.
    `batched` says that the rank counts a batch that nothing tells of, in front of what a convolution slides over,
    `earlier` that a variable holds it, which a call with another input may have made.
    """

    root: Root | Either | None
    cut: int = 0
    tail: tuple[Term | None, ...] = ()
    rank: int | None = None
    skipped: bool = field(default=False, compare=False)
    batched: bool = field(default=False, compare=False)
    earlier: bool = field(default=False, compare=False)

    @property
    def axes(self) -> int | None:
        """How many axes it has, where that is known."""
        return len(self.tail) if self.root is None else self.rank

    def at(self, index: int) -> Term | None:
        """Returns one axis, counted from the end for a negative index."""
        if index >= 0:
            if self.axes is None:
                untouched = self.root is not None and not self.cut and not self.tail
                return self._of_root(index) if untouched else None
            index -= self.axes
            if index >= 0:
                return None
        if self.axes is not None and -index > self.axes:
            return None
        if -index <= len(self.tail):
            return self.tail[index]
        return None if self.root is None else self._of_root(index + len(self.tail) - self.cut)

    @property
    def untouched(self) -> bool:
        """Tells whether it is an argument as it was given, which may be a tuple of arrays as well."""
        return self.argument is not None and not self.cut and not self.tail and self.axes is None

    @property
    def is_there(self) -> bool:
        """Tells whether it is no None for sure: an argument that nothing was done with may be."""
        touched = bool(self.cut or self.tail) and (self.argument is not None or isinstance(self.root, Either))
        own = self.root is None or touched
        return own and not self.skipped

    @property
    def argument(self) -> Root | None:
        """The one argument whose leading axes it has."""
        return self.root if isinstance(self.root, tuple) and self.root != SOMEWHERE else None

    def item(self, index: int | str) -> "Array | None":
        """Returns what `x[index]` is, of an array or of a tuple or a dict of them."""
        if self.untouched:
            assert isinstance(self.root, tuple)
            return Array((self.root[0], f"{self.root[1]}[{index!r}]"))
        if isinstance(index, str):
            return None
        if self.axes is not None:
            whole = self.whole()
            return Array(None, 0, whole.tail[1:], whole.axes and whole.axes - 1) if whole.tail else None
        last = self.at(-1)
        return Array(SOMEWHERE, 1, (last,)) if last is not None else None

    def attribute(self, name: str) -> "Array | None":
        """Returns what `x.name` is, of an argument that is no array but has some."""
        if not self.untouched or name in _OF_ARRAYS:
            return None
        assert isinstance(self.root, tuple)
        return Array((self.root[0], f"{self.root[1]}.{name}"))

    def _of_root(self, index: int) -> Term | None:
        return None if self.argument is None else Term(Kind.DIM, Size(*self.argument, index))

    def spelled(self, count: int) -> "Array":
        """Returns the same array with at least `count` axes in the tail."""
        missing = count - len(self.tail)
        if missing <= 0 or self.root is None:
            return self
        more = tuple(self.at(-k) for k in range(count, len(self.tail), -1))
        return replace(self, cut=self.cut + missing, tail=(*more, *self.tail))

    def dropped(self, count: int) -> "Array | None":
        """Returns it without its last axes."""
        whole = self.spelled(count)
        if len(whole.tail) < count:
            return None
        rank = None if whole.rank is None else whole.rank - count
        return replace(whole, tail=whole.tail[: len(whole.tail) - count], rank=rank)

    def ending(self, *axes: Term | None) -> "Array":
        """Returns it with axes added at the end."""
        rank = None if self.rank is None else self.rank + len(axes)
        return replace(self, tail=(*self.tail, *axes), rank=rank)

    def with_last(self, axis: Term | None) -> "Array":
        bare = self.dropped(1)
        return bare.ending(axis) if bare is not None else self

    def replaced(self, index: int, *axes: Term | None) -> "Array | None":
        """Returns it with others in place of one axis, which is counted from the end."""
        whole = self.spelled(-index)
        bare = whole.dropped(-index)
        if bare is None or len(whole.tail) < -index:
            return None
        return bare.ending(*axes, *whole.tail[len(whole.tail) + index + 1 :])

    def whole(self) -> "Array":
        """Returns the same array with all axes in the tail, where it is known how many there are."""
        if self.axes is None or self.root is None:
            return self
        return Array(None, 0, tuple(self.at(-k) for k in range(self.axes, 0, -1)), self.axes)

    @property
    def least(self) -> int:
        """How many axes it has at least."""
        return len(self.tail) if self.axes is None else self.axes


@dataclass(frozen=True)
class Assumed:
    """An array that on one path has been reshaped to end with `other`, the axis of another argument.

    A layer that reads it has one kernel for both paths, so the two axes are equally long; nothing else may know that.
    """

    array: Array
    other: Term


@dataclass(frozen=True)
class Shape:
    """`x.shape`, or a part of it from the start; `given` says that it is an argument, for an array of that shape."""

    array: Array
    given: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Between:
    """The axes of an array but for the first ones, up to `start`, and as many at the end as are `behind`."""

    array: Array
    start: int
    behind: int


@dataclass(frozen=True)
class Items:
    """A tuple or list of known length."""

    items: tuple["Value", ...]


@dataclass(frozen=True)
class Many:
    """A list of arrays of one shape: so many as `count` says, where that is known."""

    item: "Value"
    count: Term | None = None


@dataclass(frozen=True)
class Pushed:
    """What each round of a loop adds to a list: `items`, as the elements of what the loop runs through tell them."""

    course: "Course"
    items: tuple["Value | Pushed", ...]


@dataclass(frozen=True)
class Stack:
    """A list that loops have filled, behind items of its own."""

    parts: tuple["Value | Pushed", ...]


@dataclass(frozen=True)
class Mixed:
    """A list of arrays, of which nothing is known but how many `axes` each of them has, or what is on it in turn."""

    axes: int | None = None
    parts: tuple["Value | Pushed", ...] = ()


@dataclass(frozen=True)
class Leading:
    """A tuple of which the first or the last items are known, and not how many there are.

    `(x, weights) if c else (x,)` starts with x, `(weights, x) if c else (x,)` ends with it.
    """

    items: tuple["Value", ...]
    last: tuple["Value", ...] = ()


@dataclass(frozen=True)
class Record:
    """An instance of a dataclass: its fields, and the first `items` of the tuple that it is too."""

    names: tuple[str, ...]
    values: tuple["Value", ...]
    items: tuple["Value", ...] = ()


@dataclass(frozen=True)
class Changed:
    """An instance of whoever calls, with other values under some `names`."""

    base: Array
    names: tuple[str, ...]
    values: tuple["Value", ...]

    def at(self, name: str) -> "Value":
        """Returns what it has under a name."""
        return self.values[self.names.index(name)] if name in self.names else self.base.attribute(name)


@dataclass(frozen=True)
class Keyed:
    """A dict, by its keys."""

    names: tuple[str, ...]
    values: tuple["Value", ...]

    def at(self, name: str) -> "Value":
        """Returns what it has under a key."""
        return self.values[self.names.index(name)] if name in self.names else None


@dataclass(frozen=True, eq=False)
class Use:
    """One call of a submodule, or of one of its methods.

    Of a module that another class holds, `call` is that of the holder, and `inside` the one that the holder makes.
    """

    call: ast.Call
    method: str
    args: tuple["Value", ...]
    keywords: dict[str, "Value"] = field(default_factory=dict)
    inside: ast.Call | None = None

    @property
    def spelled(self) -> ast.Call:
        """The call that has the arguments."""
        return self.inside or self.call


@dataclass(frozen=True)
class Made:
    """A submodule; with `many` a list of those that one call makes, with `method` a bound method of it.

    `features` is what another one that holds it can say of its output. `then` are the calls that make further
    elements of the list in each round; with `either`, a round makes one of them all.
    """

    call: ast.Call
    many: bool = False
    method: str = "__call__"
    then: tuple[ast.Call, ...] = ()
    either: bool = False
    features: Term | None = field(default=None, compare=False)


@dataclass(frozen=True)
class OneOf:
    """The one or the other submodule, as configuration decides when the module is made; or a function for one."""

    test: Term | None
    yes: "Value"
    no: "Value"


@dataclass(frozen=True)
class Chosen:
    """The one or the other value, as the fields in `test` say: who constructs the module may know which."""

    test: Term
    yes: "Value"
    no: "Value"


@dataclass(frozen=True)
class Idle:
    """A recurrent cell that is made for its first carry alone."""

    layer: str
    features: "Value"


@dataclass(frozen=True)
class Stored:
    """A variable of a collection, and its `value`, an array if there is one; another call may have made it."""

    value: "Value"


@dataclass(frozen=True)
class Keeping:
    """A function that gives an array of the shape that it is given."""


@dataclass(frozen=True)
class Local:
    """A function that a method defines; `around` has what it reads there, where that is not the caller's.

    `over` says how `jax.vmap` runs it on the parts of what it is given.
    """

    node: ast.FunctionDef | ast.Lambda
    around: Mapping[str, "Value"] | None = field(default=None, compare=False)
    over: Mapped | None = None


@dataclass(frozen=True)
class Partial:
    """A function of JAX or Flax with keywords that are given before it is called."""

    function: str
    keywords: tuple[tuple[str, "Value"], ...]


@dataclass(frozen=True)
class Rest:
    """What `**kwargs` of a method holds: the keywords that its call gives besides its parameters."""

    keywords: tuple[tuple[str, "Value"], ...]


@dataclass(frozen=True)
class Contracted:
    """An einsum of `operands`, whose equation the argument `equation` is: who calls the method may know it."""

    equation: Root
    operands: tuple["Value", ...]


@dataclass(frozen=True)
class Squeezed:
    """A vector of `size` numbers, or where that is 1, maybe the number alone: `jnp.squeeze(x)`."""

    size: Term


@dataclass(frozen=True)
class Opaque:
    """A value that depends on configuration alone, but has no expression: a call of the user's own function."""


Value = (
    Term
    | Array
    | Assumed
    | Shape
    | Between
    | Items
    | Many
    | Stack
    | Squeezed
    | Mixed
    | Leading
    | Record
    | Changed
    | Keyed
    | Stored
    | Made
    | OneOf
    | Chosen
    | Grown
    | Idle
    | Keeping
    | Local
    | Partial
    | Rest
    | Contracted
    | Opaque
    | None
)
