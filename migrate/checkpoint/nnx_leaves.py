"""What a Linen checkpoint has to fill in an NNX model: its Variables, but not its random streams."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
from flax import nnx

from ..catalog.pairing import Leaf
from .errors import ConversionError
from .records import DiskPath, Target

Model = nnx.Module | Callable[[], nnx.Module]
"""A model, or a function without arguments that builds one."""


FILLED = nnx.All(nnx.Variable, nnx.Not(nnx.RngState))
"""What is converted: Linen keeps neither the state of random streams nor arrays that are no variables."""


def abstract(model: Model) -> nnx.Module:
    """Returns the model itself, or its shapes alone where a function would have to build it."""
    if isinstance(model, nnx.Module):
        return model
    with refusing("the NNX model cannot be built"):
        return nnx.eval_shape(model)


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turns whatever the user's model raises into ConversionError."""
    try:
        yield
    except Exception as error:
        raise ConversionError(f"{what}: {type(error).__name__}: {error}") from error


def targets_of(model: nnx.Module) -> tuple[Target, ...]:
    """Returns the leaves of the model's Variables, other than RngState."""
    return tuple(_leaves(nnx.to_flat_state(nnx.state(model, FILLED))))


def voids_of(model: nnx.Module) -> tuple[Target, ...]:
    """Returns the model's Variables that hold None: there is no data, and a restore looks for the node all the same."""
    state = nnx.to_flat_state(nnx.state(model, FILLED))
    return tuple(
        Target(Leaf(tuple(map(str, path)), (), "", _collection(variable)))
        for path, variable in state
        if variable.get_value() is None
    )


def left_out(model: nnx.Module) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the paths of what a conversion does not fill: of random streams, and of plain arrays."""
    streams, arrays = (
        nnx.to_flat_state(nnx.state(model, kind)) for kind in (nnx.RngState, nnx.Not(nnx.Variable))
    )
    return tuple(map(_name, streams)), tuple(map(_name, arrays))


def _leaves(state: Any) -> Iterator[Target]:
    for path, variable in state:
        for inner, leaf in jax.tree_util.tree_flatten_with_path(variable.get_value())[0]:
            yield _target(tuple(map(str, path)), disk_path(inner), leaf, _collection(variable))


def _name(entry: tuple[tuple[Any, ...], Any]) -> str:
    return "/".join(map(str, entry[0]))


def _target(path: tuple[str, ...], inner: DiskPath, leaf: Any, collection: str) -> Target:
    full = (*path, *map(str, inner))
    return Target(Leaf(full, tuple(leaf.shape), str(leaf.dtype), collection), inner)


def _collection(variable: Any) -> str:
    """Returns the name that Flax registers for the Variable's type, or the type's own if there is none."""
    try:
        return nnx.variable_name_from_type(type(variable))
    except ValueError:
        return type(variable).__name__


def disk_path(path: tuple[Any, ...]) -> DiskPath:
    """Returns a path of JAX's pytrees as Orbax writes it."""
    return tuple(
        entry.idx if isinstance(entry, jax.tree_util.SequenceKey) else str(_key(entry)) for entry in path
    )


def _key(entry: Any) -> Any:
    return entry.name if isinstance(entry, jax.tree_util.GetAttrKey) else entry.key
