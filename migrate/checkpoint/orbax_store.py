"""Orbax checkpoints as flat tables: read one, write one. Arrays stay bit for bit."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from .disk_names import stored_name
from .errors import CheckpointError
from .nnx_leaves import disk_path
from .records import DiskPath, Stored
from .tree import nested

Arrays = dict[DiskPath, np.ndarray[Any, Any]]
"""The arrays of a checkpoint; a typed PRNG key as its uint32 data."""


def read_table(path: Path) -> tuple[Stored, ...]:
    """Returns what a checkpoint holds, from its metadata alone. Raises CheckpointError if unreadable."""
    with _reading(path):
        kinds = _key_kinds(path)
        return tuple(_stored(disk, about, kinds) for disk, about in _flat(_metadata(path)))


def read_arrays(path: Path) -> Arrays:
    """Returns every array of a checkpoint in host memory. Raises CheckpointError if one cannot be read."""
    with _reading(path):
        as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), _metadata(path))
        args = ocp.args.PyTreeRestore(restore_args=as_numpy)
        tree = ocp.PyTreeCheckpointHandler().restore(path, args=args)
        return {disk: np.asarray(value) for disk, value in _flat(tree)}


def write(
    path: Path, arrays: Mapping[DiskPath, np.ndarray[Any, Any]], key_impls: Mapping[DiskPath, str]
) -> None:
    """Saves arrays as `StandardCheckpointer` saves JAX arrays. Raises CheckpointError on failure."""
    try:
        # Without x64, JAX cuts 64-bit arrays in half; what names the CPU as its device can be read anywhere.
        with jax.enable_x64(True), jax.default_device(_cpu()), ocp.StandardCheckpointer() as checkpointer:
            tree = nested((disk, as_jax(array, key_impls.get(disk))) for disk, array in arrays.items())
            checkpointer.save(path, tree)
    except Exception as error:
        raise CheckpointError(f"cannot write the new checkpoint: {_first_line(error)}") from error


def _cpu() -> jax.Device | None:
    try:
        return jax.devices("cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS leaves it out
        return None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Orbax and TensorStore raise whatever their parsers and drivers do
        raise CheckpointError(f"cannot read {path}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).split("[tensorstore_spec=")[0].strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:500]}" if lines else type(error).__name__


def _metadata(path: Path) -> Any:
    return ocp.PyTreeCheckpointHandler().metadata(path).tree


def _flat(tree: Any) -> list[tuple[DiskPath, Any]]:
    return [(disk_path(keys), leaf) for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]]


def _stored(disk: DiskPath, about: Any, kinds: Mapping[str, str]) -> Stored:
    kind = kinds.get(stored_name(disk))
    if kind is None:
        return Stored(disk, tuple(about.shape), str(about.dtype))
    key = jax.eval_shape(lambda: jax.random.wrap_key_data(jnp.zeros(about.shape, about.dtype), impl=kind))
    return Stored(disk, key.shape, str(key.dtype), kind)


def _key_kinds(path: Path) -> dict[str, str]:
    """Returns the implementation of every typed PRNG key, by stored name."""
    entries = [
        entry["array_metadata"]
        for file in sorted((path / "array_metadatas").glob("process_*"))
        for entry in json.loads(file.read_text())["array_metadatas"]
    ]
    extra = {entry["param_name"]: entry["ext_metadata"] or {} for entry in entries}
    return {name: found["random_key_impl"] for name, found in extra.items() if "random_key_impl" in found}


def as_jax(array: np.ndarray[Any, Any], key_impl: str | None) -> jax.Array:
    """Returns the array on its device; a typed PRNG key from its data where `key_impl` names a kind."""
    placed: jax.Array = jax.device_put(array)
    return placed if key_impl is None else jax.random.wrap_key_data(placed, impl=key_impl)
