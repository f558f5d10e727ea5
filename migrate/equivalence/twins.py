"""A Linen module and an NNX model with their leaves paired: the same leaf has one name on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

from ..catalog.mapping import VariableMapping
from ..catalog.pairing import Pair, pair
from . import linen_side, nnx_side
from .draw import draw_leaf
from .errors import EquivalenceError
from .side import Leaves, Side, blame, key_of


class Start(NamedTuple):
    """Where a call begins: the leaves of either side, and what NNX keeps to itself."""

    linen: Leaves
    nnx: Leaves
    hidden: list[Any]


@dataclass(frozen=True)
class Twins:
    """Both modules as pure functions over the same names, and the values or shapes they came with."""

    linen: Side
    nnx: Side
    parts: nnx_side.Split
    variables: Mapping[str, Any]
    pairs: tuple[Pair, ...]
    module: nn.Module
    method: str

    def shapes(self) -> Leaves:
        """Returns the shapes of the leaves under their names."""
        return linen_side.keyed(jax.eval_shape(lambda tree: tree, self.variables))

    def drawing(self, streams: Sequence[str]) -> "Twins":
        """Returns the same with a Linen side that takes a key for each of these random streams."""
        side = linen_side.linen_side(self.module, self.variables, self.method, streams)
        return replace(self, linen=side)

    def with_values(self) -> "Twins":
        """Returns the same with an NNX model that was built, not traced."""
        if self.parts.origin is None:
            return self
        parts = nnx_side.split(self.parts.build)
        return replace(self, parts=parts, nnx=nnx_side.nnx_side(parts, self.pairs, self.method))

    @property
    def abstract(self) -> bool:
        """Whether the Linen variables are shapes without values."""
        return any(isinstance(v, jax.ShapeDtypeStruct) for v in jax.tree.leaves(self.variables))

    def linen_values(self) -> Leaves:
        """Returns the values that the Linen variables came with."""
        with blame("the Linen variables are not arrays"):
            return {key: jnp.asarray(value) for key, value in linen_side.keyed(self.variables).items()}

    def nnx_values(self) -> Leaves:
        """Returns the values that the NNX model came with."""
        values = nnx_side.keyed(self.parts)
        with blame("the NNX model holds shapes, not values"):
            return {key_of(found.linen): jnp.asarray(values[found.nnx.path][1]) for found in self.pairs}

    def draw(self, seed: int, sample: int) -> Start:
        """Returns random values for every leaf, the same on both sides."""
        rng = np.random.default_rng((seed, sample, 0))
        shapes = self.shapes().items()
        leaves = {key: draw_leaf(shape, key[0], rng, signed=sample % 2 == 0) for key, shape in shapes}
        return Start(leaves, leaves, self.nnx.hidden)


def twins(
    linen: nn.Module,
    variables: Mapping[str, Any],
    model: Any,
    method: str,
    mapping: Sequence[VariableMapping],
) -> Twins:
    """Pairs the leaves of both modules. Raises EquivalenceError that lists every leaf without a partner."""
    parts = (
        nnx_side.split(model)
        if isinstance(model, nnx.Module) or not callable(model)
        else nnx_side.trace(model)
    )
    ours = [linen_side.leaf_of(key, value) for key, value in linen_side.keyed(variables).items()]
    theirs = [nnx_side.leaf_of(path, kind, value) for path, (kind, value) in nnx_side.keyed(parts).items()]
    try:
        pairs = pair(ours, theirs, mapping)
    except ValueError as error:
        raise EquivalenceError(f"{type(linen).__name__} and {parts.name}: {error}{_hint(method)}") from error
    sides = linen_side.linen_side(linen, variables, method), nnx_side.nnx_side(parts, pairs, method)
    return Twins(*sides, parts, variables, pairs, linen, method)


def _hint(method: str) -> str:
    return (
        ""
        if method == "__call__"
        else f"\n(init ran {method} alone; `variables` from a full init has all leaves)"
    )
