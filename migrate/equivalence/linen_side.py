"""The Linen module as a pure function of its variables."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.core import unfreeze
from flax.core.scope import DenyList
from flax.errors import InvalidRngError

from ..catalog.pairing import Leaf, normal_form
from .errors import EquivalenceError
from .inputs import Arguments
from .side import SOWN, Key, Leaves, Side, blame, element

MUTABLE = DenyList(("params",))


class MissingStreamError(EquivalenceError):
    """The module draws random numbers from `stream`, of which it got no key."""

    def __init__(self, message: str, stream: str) -> None:
        super().__init__(message)
        self.stream = stream


def require_module(module: object) -> None:
    """Raises EquivalenceError for anything but an instance of flax.linen.Module."""
    if not isinstance(module, nn.Module):
        found = (
            f"the class {module.__name__}, not an instance"
            if isinstance(module, type)
            else repr(type(module))
        )
        raise EquivalenceError(f"the Linen side must be an instance of flax.linen.Module; got {found}")


def abstract(module: nn.Module, call: Arguments, method: str) -> Mapping[str, Any]:
    """Returns the module's variables as shapes, from `init` with the call's arguments."""

    def init(arrays: list[Any]) -> Any:
        args, kwargs = call.rebuild(arrays)
        return module.init({"params": jax.random.key(0)}, *args, method=method, **kwargs)

    shapes = call.abstract()
    with blame(f"Linen {type(module).__name__}.init failed", "pass `variables` to do without init"):
        return plain(jax.eval_shape(init, shapes))


def plain(variables: Any) -> Mapping[str, Any]:
    """Returns variables as nested dicts of arrays: no FrozenDict, no `nn.Partitioned` box, nothing sown."""
    if not isinstance(variables, Mapping):
        raise EquivalenceError(f"`variables` must map collections to trees, not {type(variables).__name__}")
    return {name: tree for name, tree in _unboxed(variables).items() if name != SOWN}


def _unboxed(variables: Mapping[str, Any]) -> dict[str, Any]:
    return dict(nn.meta.unbox(unfreeze(dict(variables))))


def keyed(variables: Mapping[str, Any]) -> dict[Key, Any]:
    """Returns every leaf of the variables by its key, in the tree's order."""
    found, _ = jax.tree_util.tree_flatten_with_path(variables)
    return {tuple(map(element, path)): leaf for path, leaf in found}


def leaf_of(key: Key, value: Any) -> Leaf:
    """Returns the catalog's record of a Linen leaf."""
    shaped = value if hasattr(value, "dtype") else jnp.asarray(value)
    return Leaf(key[1:], tuple(shaped.shape), str(shaped.dtype), key[0])


def linen_side(
    module: nn.Module, variables: Mapping[str, Any], method: str, streams: Sequence[str] = ()
) -> Side:
    """Returns `module.apply` as a Side; every collection but `params` is mutable.

    What is hidden are the keys of the random `streams`, as shapes.
    """
    names = tuple(keyed(variables))
    tree = jax.tree.structure(variables)

    def apply(leaves: Leaves, hidden: list[Any], args: Any, kwargs: Any) -> tuple[Any, Leaves, list[Any]]:
        given = jax.tree.unflatten(tree, [leaves[name] for name in names])
        rngs = dict(zip(streams, hidden, strict=True)) or None
        try:
            out, new = module.apply(given, *args, rngs=rngs, mutable=MUTABLE, method=method, **kwargs)
        except InvalidRngError as error:
            raise MissingStreamError(_draws(module, error), _stream(error)) from error
        after = keyed(_unboxed({**given, **new}))
        return out, {k if k in leaves else (k[0], *normal_form(k[1:])): v for k, v in after.items()}, hidden

    keys = [jax.eval_shape(jax.random.key, 0) for _ in streams]
    return Side("Linen", apply, keys, [])


def _stream(error: Exception) -> str:
    found = re.search(r'PRNG for "([^"]+)"', str(error))
    return found[1] if found else ""


def _draws(module: nn.Module, error: Exception) -> str:
    need = str(error).split(" (http")[0].removeprefix("None ")
    return (
        f"Linen {type(module).__name__} draws random numbers in this call ({need}): "
        "keys differ between Linen and NNX, so samples cannot agree; pass deterministic=True (or train=False)"
    )
