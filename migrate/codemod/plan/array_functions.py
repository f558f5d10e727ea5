"""What asks for the values of an array, and what for its shape alone."""

import ast

from ..names import Names
from ..trees import children

OF_SHAPE = frozenset({"shape", "ndim", "dtype", "size", "nbytes", "itemsize"})
ASK_SHAPE = frozenset({"len", "isinstance", "type", "hasattr", "jax.numpy.shape", "jax.numpy.ndim"})
GO_THROUGH = frozenset({"zip", "enumerate", "tuple", "list", "reversed", "print", "abs", "sum"})
COMPUTE = ("jax.", "flax.linen.", "einops.", "chex.")
OF_VALUES = frozenset(
    {
        "nonzero", "argwhere", "flatnonzero", "unique", "unique_all", "unique_counts", "unique_inverse",
        "unique_values", "compress", "extract", "union1d", "intersect1d", "setdiff1d", "setxor1d", "trim_zeros",
        "bincount", "arange", "linspace", "logspace", "geomspace", "zeros", "ones", "empty", "eye", "identity",
        "tri", "indices", "device_get"
    }
)  # fmt: skip
SIZED = frozenset(
    {
        "reshape", "broadcast_to", "tile", "repeat", "resize", "split", "array_split", "hsplit", "vsplit",
        "dsplit", "delete", "insert", "pad", "one_hot", "expand_dims", "squeeze", "transpose", "moveaxis",
        "swapaxes", "iota", "top_k", "astype"
    }
)  # fmt: skip
"""Of the arguments of these the first alone may be one of them, and none where it is their receiver."""
STATIC = frozenset(
    {
        "shape", "size", "axis", "axes", "num", "num_classes", "length", "repeats", "total_repeat_length",
        "dtype", "deterministic", "train", "decode", "use_running_average", "init_cache", "sow_weights"
    }
)  # fmt: skip
METHODS_OF_VALUES = frozenset({"item", "tolist", "nonzero", "tobytes", "compress"})


def value_parts(node: ast.AST, names: Names) -> list[ast.AST]:
    """Returns what is right below a node, unless that asks for a shape, or whether something is there."""
    match node:
        case ast.Attribute(attr=name) if name in OF_SHAPE:
            return []
        case ast.Compare(ops=ops) if all(isinstance(op, ast.Is | ast.IsNot) for op in ops):
            return []
        case ast.Call(func=function) if names.resolve(function) in ASK_SHAPE:
            return []
    return children(node)
