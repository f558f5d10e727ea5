"""The same tree in every form that a checkpoint comes in."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import orbax.checkpoint as ocp
from flax import serialization
from flax.training import checkpoints
from migrate_norm.checkpoint.formats import StoredArray, write_safetensors
from orbax.checkpoint import v1

NAN = np.array([0x7FC01234, 0x7F800001, 0xFFFFFFFF], np.uint32)
FLOATS_OF_8_BITS = {
    name: np.array([0x01, 0x80, 0x38, 0x7F, 0xFF], np.uint8).view(getattr(ml_dtypes, name))
    for name in (
        *("float8_e3m4", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz"),
        *("float8_e5m2", "float8_e5m2fnuz"),
    )
}
KINDS: dict[str, Any] = {
    "f32": np.array([0.0, -0.0, np.inf, 1e-45], np.float32),
    "nan": NAN.view(np.float32),
    "bf16": np.asarray(jnp.array([1.5, -2.0, np.nan], jnp.bfloat16)),
    "f16": np.array([65504, 6e-8], np.float16),
    **FLOATS_OF_8_BITS,
    "i4": np.array([-8, 7]).astype(ml_dtypes.int4),
    "i8": np.array([-128, 127], np.int8),
    "i16": np.array([-(2**15), 2**15 - 1], np.int16),
    "u8": np.array([0, 255], np.uint8),
    "u32": np.array([2**32 - 1], np.uint32),
    "i64": np.array([-(2**63), 2**63 - 1], np.int64),
    "f64": np.array([0.1, 1e300]),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j, np.nan], np.complex64),
    "complex128": np.array([0.1 - 1e300j, np.nan], np.complex128),
    "scalar": np.array(2.5, np.float32),
    "large": np.arange(70_000, dtype=np.float32).reshape(7, 100, 100),
    "fortran": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
}
"""One leaf of every dtype, with the values that casts lose."""

EMPTY = np.zeros((0, 3), np.float32)
"""What Orbax refuses to write, and files hold."""

ODD = ("if", "lambda", "None", "0", "with space", "größe", "__x__", "[a]", "{}", "%2F")
SLASHED = ("Dense_0/kernel/scale", "a.b")


def tree(names: tuple[str, ...] = (*ODD, *SLASHED)) -> dict[str, Any]:
    """Collections with every dtype, odd names, a list of 12, one name in two collections, mixed dtypes."""
    odd = {name: np.full((2,), i, np.float32) for i, name in enumerate(names)}
    many = {str(i): np.full((1,), i, np.int32) for i in range(12)}
    return {
        "params": {"kinds": KINDS, "layers": many, "bn": {"scale": np.ones(3, np.float32)}},
        "batch_stats": {"odd": odd, "bn": {"mean": np.zeros(3, np.float32)}},
        "my cache": {"index": np.array(3, np.int32)},
    }


def flat(node: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(node, dict):
        return {path: node}
    return {k: v for name, below in node.items() for k, v in flat(below, (*path, name)).items()}


def _orbax(**options: Any) -> Callable[[Path, Any], Path]:
    def save(path: Path, variables: Any) -> Path:
        with ocp.PyTreeCheckpointer(**options) as checkpointer:
            checkpointer.save(path, variables)
        return path

    return save


def _standard(path: Path, variables: Any) -> Path:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, variables)
    return path


def _manager(path: Path, variables: Any) -> Path:
    with ocp.CheckpointManager(path) as manager:
        manager.save(3, args=ocp.args.StandardSave(jax.tree.map(np.zeros_like, variables)))
        manager.save(12, args=ocp.args.StandardSave(variables))
    return path


def _items(path: Path, variables: Any) -> Path:
    with ocp.CheckpointManager(path, item_names=("extra", "state")) as manager:
        extra = ocp.args.JsonSave({"a": 1})
        manager.save(7, args=ocp.args.Composite(state=ocp.args.PyTreeSave(variables), extra=extra))
    return path


def _v1(path: Path, variables: Any) -> Path:
    (v1.save if hasattr(v1, "save") else v1.save_pytree)(path, variables)  # its name until orbax 0.11
    return path


def _msgpack(path: Path, variables: Any) -> Path:
    path.write_bytes(serialization.to_bytes(variables))
    return path


def _trained(path: Path, variables: Any) -> Path:
    import flax

    before = flax.config.flax_use_orbax_checkpointing
    flax.config.update("flax_use_orbax_checkpointing", False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the module as a whole
            for step in (9, 10):
                checkpoints.save_checkpoint(str(path), variables, step, keep=2)
    finally:
        flax.config.update("flax_use_orbax_checkpointing", before)
    return path


def _safetensors(separator: str) -> Callable[[Path, Any], Path]:
    def save(path: Path, variables: Any) -> Path:
        leaves = {StoredArray(p, v.shape, str(v.dtype), v.nbytes): v for p, v in flat(variables).items()}
        with path.open("wb") as file:
            pieces = ((array, [np.ascontiguousarray(value).reshape(-1)]) for array, value in leaves.items())
            write_safetensors(file, pieces, list(leaves), separator, {})
        return path

    return save


def _npz(path: Path, variables: Any) -> Path:
    with path.open("wb") as file:
        np.savez(file, **{"/".join(p): v for p, v in flat(variables).items()})
    return path


SOURCES: Mapping[str, Callable[[Path, Any], Path]] = MappingProxyType(
    {
        "StandardCheckpointer": _standard,
        "PyTreeCheckpointer": _orbax(),
        "zarr3": _orbax(use_zarr3=True),
        "a folder for each array": _orbax(use_ocdbt=False),
        "a folder for each array, zarr3": _orbax(use_ocdbt=False, use_zarr3=True),
        "CheckpointManager": _manager,
        "CheckpointManager with items": _items,
        "v1": _v1,
        "msgpack": _msgpack,
        "flax.training.checkpoints": _trained,
        "safetensors with slashes": _safetensors("/"),
        "safetensors with dots": _safetensors("."),
        "npz": _npz,
    }
)

FILES = frozenset(
    name for name in SOURCES if name.startswith(("msgpack", "flax.training", "safetensors", "npz"))
)
NO_SAFETENSORS = frozenset({"complex128", "float8_e3m4", "float8_e4m3b11fnuz", "i4"})
LACKING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "npz": frozenset({"bf16", "i4", *FLOATS_OF_8_BITS}),  # NumPy's own files know them as raw bytes only
        "safetensors with slashes": NO_SAFETENSORS,
        "safetensors with dots": NO_SAFETENSORS,
    }
)
"""Dtypes that a format cannot hold."""


def holdable(form: str) -> dict[str, Any]:
    """The tree without what a format cannot hold."""
    names = {"safetensors with dots": ODD, "safetensors with slashes": (*ODD, "a.b"), "npz": (*ODD, "a.b")}
    found = tree(names.get(form, (*ODD, *SLASHED)))
    found["params"]["kinds"] = without(KINDS, LACKING.get(form, frozenset()))
    return found


def without(leaves: dict[str, Any], lacking: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in leaves.items() if name not in lacking}
