"""`nn.Dense(8, dtype=x.dtype)(x)`: a layer that computes in the dtype of what it is called with, whatever that is."""

import ast
from collections.abc import Iterable

from ..constructions import Construction

_PROMOTING = frozenset({"Dense", "DenseGeneral", "Einsum", "Conv", "ConvTranspose"})
"""Layers that do no more with their `dtype` than have `promote_dtype` cast the input, the kernel and the bias."""


def follows_input(construction: Construction) -> bool:
    """Tells whether the dtype of a layer is that of the array that it is called with, on the spot."""
    layer, dtype = construction.layer, construction.given.get("dtype")
    if layer is None or layer.linen not in _PROMOTING:
        return False
    if construction.lifted is not None or "dtype" in construction.spread:
        return False
    above = construction.method.parents.get(construction.call)  # None in a function outside of the class
    match dtype, above:
        case ast.Attribute(value=ast.Name(id=name), attr="dtype"), ast.Call(func=called, args=[array, *_]):
            return called is construction.call and isinstance(array, ast.Name) and array.id == name
    return False


def left_to_input(made: Iterable[Construction]) -> set[ast.AST]:
    """Returns the dtypes that no constructor has to know."""
    return {c.given["dtype"] for c in made if follows_input(c)}
