"""What `nn.Sequential` gives: each of its layers is applied to what the one before it gave."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from .arrays import Assume
from .body import Body
from .found import Found
from .values import Array, Items, Keeping, Made, Use, Value

if TYPE_CHECKING:
    from .run import Runner


def run_sequence(runner: "Runner", found: Found, use: Use, assume: Assume) -> Value:
    """Applies the layers; all but the first are given one array."""
    layers = found.values.get("layers")
    node = found.construction.given.get("layers")
    if not isinstance(layers, Items) or not isinstance(node, ast.List | ast.Tuple):
        return None
    for item, layer in zip(node.elts, layers.items, strict=True):
        given = _applied(runner, found, item, layer, use, assume)
        use = replace(use, args=(given,), keywords={})
    return use.args[0]


def _applied(runner: "Runner", found: Found, item: ast.expr, layer: Value, use: Use, assume: Assume) -> Value:
    if isinstance(layer, Made):
        return runner.apply(layer, replace(use, method="__call__"), assume)
    first = use.args[0] if len(use.args) == 1 and not use.keywords else None
    method = found.construction.method
    if isinstance(layer, Keeping) or (isinstance(item, ast.Attribute) and runner.fields.get(item.attr)):
        return first if isinstance(first, Array) else None
    if isinstance(item, ast.Lambda) and len(item.args.args) == 1:
        body = Body(runner, method)
        body.evaluator.env.update({**found.env, item.args.args[0].arg: first})
        given = body.evaluator.value(item.body)
        runner.write_down(body)
        return given
    return None
