"""What `nn.Sequential` gives: each of its layers is applied to what the one before it gave."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..built import Built, Written, built_of
from ..model import Method
from ..trees import walk
from .arrays import Assume
from .body import Body
from .found import Found
from .values import Array, Items, Keeping, Made, Use, Value

if TYPE_CHECKING:
    from .run import Runner

_GIVEN = "what a Sequential is given"
"""No local can be called so."""


def run_sequence(runner: "Runner", found: Found, use: Use, assume: Assume) -> Value:
    """Applies the layers; all but the first are given one array."""
    if (built := built_of(found.construction)) is not None:
        return _built(runner, found, built, use)
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


class _Collected(Body):
    """A method in which layers are called where they are made, as part of one call elsewhere."""

    def __init__(self, runner: "Runner", method: Method, around: ast.Call):
        self.around = around
        super().__init__(runner, method)

    def _apply(self, made: Made, use: Use) -> Value:
        return super()._apply(made, replace(use, call=self.around))


def _built(runner: "Runner", found: Found, built: Built | Written, use: Use) -> Value:
    """Calls every layer where it is added to the list: what a loop changes there is a phi of that loop."""
    if len(use.args) != 1 or use.keywords:
        return None
    flow = runner.flow
    body, kept = _Collected(runner, found.construction.method, use.call), dict(flow.attributes)
    mine = {node for item in built.items for node in walk(item)}
    others = {call: one for call, one in flow.found.items() if call not in mine}
    body.env = {**(found.env if isinstance(built, Written) else {}), _GIVEN: use.args[0]}
    reading = built.reading(_GIVEN)
    flow.origins |= reading.loops
    body.block(reading.body)
    body.end()
    runner.write_down(body)
    flow.attributes.clear()
    flow.attributes.update(kept)
    flow.found |= others  # what setup makes besides is called elsewhere
    for loop, origin in reading.loops.items():
        if isinstance(origin, ast.For):
            flow.phis |= {k: replace(p, loop=origin) for k, p in flow.phis.items() if p.loop is loop}
            flow.counts |= {origin: flow.counts[loop]} if loop in flow.counts else {}
        else:
            flow.comprehended[loop] = origin
    return body.env.get(_GIVEN)
