"""`nnx.Linear(in_features, 8, rngs=rngs)` of a constructor as what Linen calls so: `Dense(features=8)`."""

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ...catalog.layer import OURS, Layer
from ...catalog.layers import LAYERS

RNGS = "rngs"


class NotRead(Exception):  # noqa: N818
    """The class is not read back; the message says why, in the user's words."""


def _read_back() -> Iterator[tuple[str, Layer]]:
    for layer in LAYERS:
        same = layer.variables and all(moved.linen == (moved.nnx,) for moved in layer.variables)
        if same and not layer.children:
            yield from (
                (f"{home}.{layer.nnx}", layer) for home in {layer.home, *([OURS] if layer.parity else [])}
            )


_BY_TWIN: Mapping[str, Layer] = MappingProxyType(dict(reversed([*_read_back()])))
"""The layers whose variables have the same names on both sides, by the dotted name of the NNX one."""


def layer_of(dotted: str | None) -> Layer | None:
    """Returns the Linen layer whose NNX twin has this name, if its variables are called the same."""
    return _BY_TWIN.get(dotted or "")


def in_linen(call: ast.Call, layer: Layer) -> ast.Call:
    """Returns the call of Linen's layer with the same arguments, but for the sizes. Raises NotRead."""
    order = (*layer.sizes, *layer.placed)
    if any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > len(order):
        raise NotRead(f"the arguments of `{ast.unparse(call.func)}` are not followed")
    given = dict(zip(order, call.args, strict=False)) | {k.arg or "": k.value for k in call.keywords}
    linen = {twin: name for name, twin in layer.renamed.items()}
    named = {linen.get(name, name): value for name, value in given.items() if name not in _gone(layer)}
    if unknown := sorted(named.keys() - {*layer.arguments}):
        raise NotRead(f"what `{ast.unparse(call.func)}` does with `{unknown[0]}` is not followed")
    return ast.Call(call.func, [], [ast.keyword(name, value) for name, value in named.items()])


def _gone(layer: Layer) -> set[str]:
    return {*layer.sizes, *layer.added, RNGS}
