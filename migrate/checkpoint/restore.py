"""Both sides of a finished conversion as live objects, for whoever compares what they compute."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx

from .nnx_leaves import FILLED, Model, refusing
from .orbax_store import Arrays, as_jax
from .records import Layout, Move
from .tree import nested


def linen_variables(moves: Sequence[Move], arrays: Arrays) -> Mapping[str, Any]:
    """Returns the source as `module.apply` takes it: collections of nested dicts, boxes opened."""
    variables: Mapping[str, Any] = nested(
        (_place(move), as_jax(arrays[move.source.stored.disk], move.source.stored.key_impl)) for move in moves
    )
    return variables


def restored(path: Path, model: Model, layout: Layout) -> nnx.Module:
    """Returns a new model filled from a checkpoint, in the way that Flax's documentation shows.

    Raises ConversionError if that fails.
    """
    with refusing("the NNX model cannot be built"):
        fresh = nnx.clone(model) if isinstance(model, nnx.Module) else model()
    with refusing("what was written cannot be restored into the NNX model"):
        _fill(fresh, path, layout)
    return fresh


def _fill(model: nnx.Module, path: Path, layout: Layout) -> None:
    state = nnx.state(model, FILLED)
    wanted = state if layout is Layout.STATE else nnx.to_pure_dict(state)
    with ocp.StandardCheckpointer() as checkpointer:
        found = checkpointer.restore(path, jax.tree.map(ocp.utils.to_shape_dtype_struct, wanted))
    found = jax.tree.map(_uncommitted, found)
    if layout is Layout.PURE_DICT:
        nnx.replace_by_pure_dict(state, found)
        found = state
    nnx.update(model, found)


def _place(move: Move) -> tuple[str | int, ...]:
    leaf, inner = move.source.leaf, move.source.inner
    return (leaf.collection, *leaf.path[: len(leaf.path) - len(inner)], *inner)


def _uncommitted(leaf: jax.Array) -> jax.Array:
    """Orbax ties arrays to a device; every mixture with arrays that are free is compiled anew."""
    if not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return as_jax(np.asarray(leaf), None)
    return as_jax(np.asarray(jax.random.key_data(leaf)), str(jax.random.key_impl(leaf)))
