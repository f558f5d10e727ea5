"""Which fields hold a function that keeps the shape of the array that it is given."""

import ast
from collections.abc import Iterable

from ..filled_fields import filled_fields
from ..flow.callables import named_activation
from ..model import Field, LinenClass
from ..project import Project


def activations(cls: LinenClass, fields: Iterable[Field], project: Project) -> dict[str, bool]:
    """Returns the fields of a class, and which of them are such functions.

    One that setup fills with a module is left out where a construction gives it another: what that gives is not known.
    """
    filled, given = filled_fields(cls), project.factories.given
    known = (f.name for f in fields if f.name not in filled or (cls.name, f.name) not in given)
    return {name: name not in filled and is_activation(cls, name) for name in known}


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
