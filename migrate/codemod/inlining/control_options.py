"""Options of `nn.cond`, `nn.switch` and `nn.while_loop`: which say nothing that does not hold in NNX anyway."""

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..controls import Control
from ..model import Refused


def _is(text: str) -> Callable[[ast.expr], bool]:
    return lambda node: ast.unparse(node) == text


def _names_collections(node: ast.expr) -> bool:
    """`True`, `"cache"`, `["cache", "state"]`: what is not among them cannot be used in the loop."""
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_names_collections, node.elts))
    return isinstance(node, ast.Constant)


def _splits_params(node: ast.expr) -> bool:
    """Nothing is initialised in a loop, and nothing drawn from a stream that is not named."""
    keys = node.keys if isinstance(node, ast.Dict) else [None]
    return all(isinstance(key, ast.Constant) and key.value == "params" for key in keys)


_HARMLESS: Mapping[str, Callable[[ast.expr], bool]] = MappingProxyType(
    {
        "variables": _is("True"),
        "rngs": _is("True"),
        "carry_variables": _names_collections,
        "broadcast_variables": _names_collections,
        "split_rngs": _splits_params,
    }
)


def check_options(control: Control) -> None:
    """Raises Refused for an option that is not among them."""
    for option, node in control.options.items():
        if not _HARMLESS[option](node):
            said = f"`{option}={ast.unparse(node)}`"
            raise Refused("MN102", node, f"{said} of nn.{control.name} is not followed")
