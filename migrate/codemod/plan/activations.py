"""Which fields hold a function that keeps the shape of the array that it is given."""

import ast

from ..flow.callables import named_activation
from ..model import LinenClass


def is_activation(cls: LinenClass, name: str) -> bool:
    """A field that is called on an array alone and named or typed as a function of one: it keeps the shape."""
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None:
        return named_activation(name)
    typed = "Callable" in ast.unparse(field.statement.annotation)
    return named_activation(name) or (
        typed and field.default is not None and cls.names.resolve(field.default) in _KEEPING
    )


_KEEPING = frozenset(
    f"{module}.{name}"
    for module in ("flax.linen", "jax.nn", "jax.numpy")
    for name in ("relu", "gelu", "silu", "swish", "tanh", "sigmoid", "elu", "selu", "leaky_relu", "softplus")
)
