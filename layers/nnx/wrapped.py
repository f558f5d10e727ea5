"""Calling a layer with other parameters than those it stores."""

from collections.abc import Callable
from typing import Any

import jax
from flax import nnx

Replace = Callable[[str, jax.Array], jax.Array]


def call_with(layer: nnx.Module, replace: Replace, *args: Any, **kwargs: Any) -> Any:
    """`layer(*args, **kwargs)`, in which each parameter is `replace(path, stored)` during the call.

    The path is the one within the layer: `kernel`. What is stored stays as it was. All other variables are
    the layer's own, so that statistics and random streams move on.
    """
    graphdef, params, *rest = nnx.split(layer, nnx.Param, ...)
    replaced = [
        (path, param.replace(replace(joined(path), param[...]))) for path, param in nnx.to_flat_state(params)
    ]
    called: Any = nnx.merge(graphdef, nnx.from_flat_state(replaced), *rest)
    return called(*args, **kwargs)


def joined(path: tuple[Any, ...]) -> str:
    """A path as one string: `block/0/kernel`."""
    return "/".join(map(str, path))
