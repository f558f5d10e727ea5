"""Calling a layer with other parameters than those it stores."""

from collections.abc import Callable
from typing import Any

import jax
from flax import linen as nn

Replace = Callable[[str, jax.Array], jax.Array]


def call_with(layer: nn.Module, replace: Replace, *args: Any, **kwargs: Any) -> Any:
    """`layer(*args, **kwargs)`, in which each parameter is `replace(path, stored)` during the call.

    The path begins with the layer's name: `Dense_0/kernel`. What is stored stays as it was, also during
    init, which calls the layer once more to create it.
    """

    def forward(layer: nn.Module) -> Any:
        return layer(*args, **kwargs)

    def replaced(variables: Any) -> Any:
        return jax.tree.map_with_path(replaced_leaf, variables)

    def replaced_leaf(path: Any, stored: jax.Array) -> jax.Array:
        within = jax.tree_util.keystr(path[1:], simple=True, separator="/")  # path[0] is the collection
        return replace(f"{layer.name}/{within}", stored)

    if layer.is_initializing():
        forward(layer)
    return nn.map_variables(forward, "params", trans_in_fn=replaced)(layer)
