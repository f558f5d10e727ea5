"""A Linen module and an NNX model with their leaves paired: the same leaf has one name on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

from ..catalog.automatic import concrete
from ..catalog.mapping import ClassMapping, VariableMapping
from ..catalog.pairing import Pair, pair
from . import linen_side, nnx_side
from .draw import draw_leaf
from .errors import EquivalenceError
from .side import Leaves, Side, blame, key_of
from .stacks import Stack, find_stacks, restacked, taken_apart


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
    scanned: "Scanned"

    @property
    def unroll(self) -> bool:
        """Whether scans are compared turn by turn."""
        return self.scanned.unroll

    def shapes(self) -> Leaves:
        """Returns the shapes of the leaves under their names."""
        return linen_side.keyed(jax.eval_shape(lambda tree: tree, self.variables))

    def drawing(self, streams: Sequence[str]) -> "Twins":
        """Returns the same with a Linen side that takes a key for each of these random streams."""
        return replace(self, linen=self.scanned.side(streams))

    def with_values(self) -> "Twins":
        """Returns the same with an NNX model that was built, not traced."""
        if self.parts.origin is None:
            return self
        parts = nnx_side.split(self.parts.build)
        return replace(self, parts=parts, nnx=nnx_side.nnx_side(parts, self.pairs, self.scanned.method))

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
    mapping: Sequence[VariableMapping] | ClassMapping,
    unroll: bool = False,
) -> Twins:
    """Pairs the leaves of both modules. Raises EquivalenceError that lists every leaf without a partner.

    With `unroll`, a leaf that `nn.scan` has stacked may be the layers of a list on the NNX side.
    """
    parts = (
        nnx_side.split(model)
        if isinstance(model, nnx.Module) or not callable(model)
        else nnx_side.trace(model)
    )
    ours = [linen_side.leaf_of(key, value) for key, value in linen_side.keyed(variables).items()]
    theirs = [nnx_side.leaf_of(path, kind, value) for path, (kind, value) in nnx_side.keyed(parts).items()]
    mapping = concrete(mapping, theirs)
    stacks = tuple(find_stacks(ours, theirs))
    scanned = Scanned(linen, method, variables, stacks if unroll else (), unroll)
    if scanned.stacks:
        variables = taken_apart(variables, stacks)
        ours = [linen_side.leaf_of(key, value) for key, value in linen_side.keyed(variables).items()]
        mapping = [*mapping, *(rule for stack in stacks for rule in stack.rules)]
    try:
        pairs = pair(ours, theirs, mapping)
    except ValueError as error:
        hint = _hint(method, bool(stacks) and not unroll)
        raise EquivalenceError(f"{type(linen).__name__} and {parts.name}: {error}{hint}") from error
    return Twins(scanned.side(), nnx_side.nnx_side(parts, pairs, method), parts, variables, pairs, scanned)


@dataclass(frozen=True)
class Scanned:
    """The Linen module as it came: its variables, the stacks among them that are taken apart, how to compare scans."""

    module: nn.Module
    method: str
    variables: Mapping[str, Any]
    stacks: tuple[Stack, ...]
    unroll: bool

    def side(self, streams: Sequence[str] = ()) -> Side:
        """Returns the Linen side, which takes a key for each of these random streams."""
        whole = linen_side.linen_side(self.module, self.variables, self.method, streams)
        return restacked(whole, self.stacks)


def _hint(method: str, stacked: bool) -> str:
    if stacked:
        return "\n(unroll=True, or --unroll, compares the layers that nn.scan stacks with those of a list)"
    if method == "__call__":
        return ""
    return f"\n(init ran {method} alone; `variables` from a full init has all leaves)"
