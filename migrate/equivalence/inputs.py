"""Call arguments: what is an array and traced, what is a Python value and fixed, what is drawn at random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np

from .draw import Spread, draw_input
from .errors import EquivalenceError
from .sizes import Size, check_size, concrete, numbers, symbolic

SHAPED: Any = jax.ShapeDtypeStruct  # it has no annotations


@dataclass(frozen=True)
class InputSpec:
    """An array to draw at random: `dtype` is a name such as "float32", `shape` in elements.

    A size may have a name, such as "b": a proof is then for every size, and samples take one of their own, or
    the number behind it ("b=8"); "32*h" is any multiple of 32. Integers are drawn from 0 and 1 (small enough for
    any table they may index): pass an array of your own where other values matter.
    """

    dtype: str
    shape: tuple[Size, ...]

    def __post_init__(self) -> None:
        for size in self.shape:
            check_size(size)
        try:
            wanted = jnp.dtype(self.dtype)
        except TypeError as error:
            raise EquivalenceError(f"{self.dtype!r} is no dtype that JAX knows") from error
        if jax.dtypes.canonicalize_dtype(wanted) != wanted:
            raise EquivalenceError(
                f"input {self.dtype}{list(self.shape)}: JAX has 64-bit types switched off; "
                "set JAX_ENABLE_X64=1 or ask for the 32-bit type"
            )


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call: a tree whose array leaves are passed in and whose other leaves are fixed."""

    leaves: tuple[Any, ...]
    tree: Any
    names: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    generic: tuple[str, ...] = ()  # the named sizes that are to be symbolic dimensions
    scope: Any = None  # of these

    def with_symbols(self, names: Sequence[str]) -> "Arguments":
        """Returns the same with these named sizes as symbolic dimensions."""
        return replace(self, generic=tuple(names), scope=jax.export.SymbolicScope())

    @property
    def traced(self) -> tuple[int, ...]:
        return tuple(i for i, leaf in enumerate(self.leaves) if isinstance(leaf, (InputSpec, jax.Array)))

    @property
    def array_names(self) -> tuple[str, ...]:
        return tuple(self.names[i] for i in self.traced)

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the arrays that are used as they are."""
        return tuple(
            n for n, leaf in zip(self.names, self.leaves, strict=True) if isinstance(leaf, jax.Array)
        )

    def abstract(self) -> list[Any]:
        """Returns the traced leaves as shapes, for tracing without values."""
        found = (self.leaves[i] for i in self.traced)
        return [SHAPED(self._shape(leaf), _dtype(leaf)) for leaf in found]

    def _shape(self, leaf: Any) -> tuple[Any, ...]:
        if self.scope is None:
            return concrete(leaf.shape, self.sizes)
        return symbolic(leaf.shape, self.sizes, self.generic, self.scope)

    def draw(self, rng: np.random.Generator, how: Spread) -> list[jax.Array]:
        """Returns the traced leaves as arrays: the given ones as they are, the others random."""
        found = (self.leaves[i] for i in self.traced)
        return [
            draw_input(SHAPED(self._shape(v), jnp.dtype(v.dtype)), rng, how)
            if isinstance(v, InputSpec)
            else v
            for v in found
        ]

    def rebuild(self, arrays: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Returns positional and keyword arguments with `arrays` in the traced places."""
        leaves = list(self.leaves)
        for i, array in zip(self.traced, arrays, strict=True):
            leaves[i] = array
        args, kwargs = jax.tree.unflatten(self.tree, leaves)
        return args, kwargs


def arguments(inputs: Sequence[Any], kwargs: Mapping[str, Any] | None) -> Arguments:
    """Reads the arguments of a call: arrays, ShapeDtypeStruct, InputSpec, Python values, trees of these."""
    found, tree = jax.tree_util.tree_flatten_with_path((tuple(inputs), dict(kwargs or {})))
    leaves = tuple(_leaf(leaf) for _, leaf in found)
    sizes = numbers(leaf.shape for leaf in leaves if isinstance(leaf, InputSpec))
    return Arguments(leaves, tree, tuple(_name(path) for path, _ in found), sizes)


def _dtype(leaf: Any) -> Any:
    return jnp.dtype(leaf.dtype) if isinstance(leaf, InputSpec) else leaf.dtype


def _leaf(leaf: Any) -> Any:
    if isinstance(leaf, jax.ShapeDtypeStruct):
        return InputSpec(str(leaf.dtype), leaf.shape)
    return jnp.asarray(leaf) if isinstance(leaf, (np.ndarray, np.generic)) else leaf


def _name(path: tuple[Any, ...]) -> str:
    place, first, *rest = path
    head = f"input {first.idx}" if place.idx == 0 else f"input {first.key}"
    return head + jax.tree_util.keystr(tuple(rest))
