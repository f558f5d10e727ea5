"""`self.head.apply({"params": {"kernel": embedding.T}}, x)`: a layer that works with what another one has."""

import ast


def is_borrowed(call: ast.Call) -> bool:
    """Tells whether a call applies a layer to one argument with a kernel that is written out, and no more."""
    match call:
        case ast.Call(
            func=ast.Attribute(attr="apply"),
            args=[
                ast.Dict(keys=[ast.Constant("params")], values=[ast.Dict(keys=[ast.Constant("kernel")])]),
                argument,
            ],
            keywords=[],
        ):
            return not isinstance(argument, ast.Starred)
    return False
