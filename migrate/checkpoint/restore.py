"""Both sides of a finished conversion as live objects, for whoever compares what they compute."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx

from .locate import locate
from .nnx_leaves import FILLED, Model, refusing
from .plan import MODEL, plan
from .records import Layout, Move, Source
from .source import Checkpoint, opened
from .tree import nested

PIECE = 32 << 20


def linen_variables(moves: Sequence[Move], checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Returns the source as `module.apply` takes it: collections of nested dicts, boxes opened."""
    sources = {move.source.stored.disk: move.source for move in moves if move.target.root in ((), (MODEL,))}
    variables: Mapping[str, Any] = nested(
        (_place(source), _array(source, checkpoint)) for source in sources.values()
    )
    return variables


def read_variables(path: Path) -> Mapping[str, Any]:
    """Returns the Linen variables of a checkpoint or of a train state, under the names that these have.

    Raises CheckpointError where it cannot be read, ConversionError where it holds no variables.
    """
    with opened(locate(path.resolve()).path) as checkpoint:
        made = plan(checkpoint.leaves, None, (), Layout.STATE, checkpoint.empty, weights_only=True)
        return linen_variables(made.moves, checkpoint)


def _array(source: Source, checkpoint: Checkpoint) -> jax.Array:
    shape, dtype = checkpoint.data(source.stored.disk)
    pieces = list(checkpoint.pieces(source.stored.disk, PIECE))
    flat = np.concatenate(pieces) if pieces else np.empty(0, np.dtype(dtype))
    return as_jax(flat.reshape(shape), source.stored.key_impl)


def as_jax(array: np.ndarray[Any, Any], key_impl: str | None) -> jax.Array:
    """Returns the array on its device; a typed PRNG key from its data where `key_impl` names a kind."""
    placed: jax.Array = jax.device_put(array)
    return placed if key_impl is None else jax.random.wrap_key_data(placed, impl=key_impl)


def restored(path: Path, model: Model, layout: Layout, state: bool = False) -> nnx.Module:
    """Returns a new model filled from a checkpoint, in the way that Flax's documentation shows.

    Raises ConversionError if that fails.
    """
    with refusing("the NNX model cannot be built"):
        fresh = nnx.clone(model) if isinstance(model, nnx.Module) else model()
    with refusing("what was written cannot be restored into the NNX model"):
        _fill(fresh, path / MODEL if state and layout is Layout.SPLIT else path, layout, state)
    return fresh


def _fill(model: nnx.Module, path: Path, layout: Layout, part: bool) -> None:
    state = nnx.state(model, FILLED)
    wanted = nnx.to_pure_dict(state) if layout is Layout.PURE_DICT else state
    wanted = jax.tree.map(ocp.utils.to_shape_dtype_struct, wanted)
    found = jax.tree.map(_uncommitted, _restore(path, wanted, part and layout is not Layout.SPLIT))
    if layout is Layout.PURE_DICT:
        nnx.replace_by_pure_dict(state, found)
        found = state
    nnx.update(model, found)


def _restore(path: Path, wanted: Any, part: bool) -> Any:
    """Returns the checkpoint, or of a train state's the model."""
    if not part:
        with ocp.StandardCheckpointer() as checkpointer:
            return checkpointer.restore(path, wanted)
    tree = {MODEL: wanted}
    args = ocp.checkpoint_utils.construct_restore_args(tree)
    with ocp.PyTreeCheckpointer() as checkpointer:
        return checkpointer.restore(
            path, args=ocp.args.PyTreeRestore(item=tree, restore_args=args, partial_restore=True)
        )[MODEL]


def _place(source: Source) -> tuple[str | int, ...]:
    leaf, inner = source.leaf, source.inner
    return (leaf.collection, *leaf.path[: len(leaf.path) - len(inner)], *inner)


def _uncommitted(leaf: jax.Array) -> jax.Array:
    """Orbax ties arrays to a device; every mixture with arrays that are free is compiled anew."""
    if not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return as_jax(np.asarray(leaf), None)
    return as_jax(np.asarray(jax.random.key_data(leaf)), str(jax.random.key_impl(leaf)))
