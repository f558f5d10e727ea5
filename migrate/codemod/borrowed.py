"""`self.head.apply({"params": {"kernel": embedding.T}}, x)`: a layer that works with what another one has."""

import ast

_KERNEL = frozenset({"kernel"})


def is_borrowed(call: ast.Call) -> bool:
    """Tells whether a call applies a layer to one argument with a kernel that is written out, and no more."""
    return given_to_apply(call) == _KERNEL


def given_to_apply(call: ast.AST | None) -> frozenset[str] | None:
    """Returns the parameters that are written out where a layer is applied to one argument; None for other calls."""
    match call:
        case ast.Call(
            func=ast.Attribute(attr="apply"),
            args=[ast.Dict(keys=[ast.Constant("params")], values=[ast.Dict(keys=keys)]), argument],
            keywords=[],
        ):
            names = [k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
            plain = len({*names}) == len(keys) and not isinstance(argument, ast.Starred)
            return frozenset(names) if plain else None
    return None
