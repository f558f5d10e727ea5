"""What `nn.cond`, `nn.switch` and `nn.while_loop` give: branches agree on a shape, a loop keeps that of its carry."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from ...controls import Function, control_of, takes
from ..arrays import agreed
from ..terms import Term
from ..values import Array, Items, Local, Value
from .arguments import Arguments
from .mapped import traced


def branches(given: Arguments) -> Value:
    """`cond(pred, f, g, self, x)`, `switch(i, [f, g, h], self, x)`"""
    control = control_of(given.node, given.evaluator.cls.names)
    if control is None or not given.plain:
        return None
    operands = tuple(map(traced, given.values[-len(control.behind) :][1:]))
    found = [_run(given, function, operands) for function in control.functions]
    return _same(found)


def loop(given: Arguments) -> Value:
    """`while_loop(f, g, x)`, both of which are given what it carries."""
    control = control_of(given.node, given.evaluator.cls.names)
    if control is None or not given.plain:
        return None
    carry = traced(given.evaluator.value(control.behind[-1]))
    _, after = [_run(given, function, (carry,)) for function in control.functions]
    found = _same([carry, after])
    return Items((None, found)) if control.carries else found


def _run(given: Arguments, function: ast.expr, operands: tuple[Value, ...]) -> Value:
    held = given.evaluator.value(function)
    if not isinstance(held, Local):
        return None
    if takes(held.node, given.evaluator.method.this):
        held = replace(held, node=_without_module(held.node))
    return given.evaluator.local(held, replace(given, values=operands, keywords={}))


def _without_module(function: Function) -> Function:
    """The function as a closure over the module that it is given first."""
    spec = function.args
    placed = [*spec.posonlyargs, *spec.args][1:]
    rest = ast.arguments(
        [], placed, spec.vararg, spec.kwonlyargs, spec.kw_defaults, spec.kwarg, spec.defaults
    )
    if isinstance(function, ast.Lambda):
        return ast.Lambda(rest, function.body)
    return ast.FunctionDef(function.name, rest, function.body, function.decorator_list, None, None)


def _same(found: Sequence[Value]) -> Value:
    """What all of them are, which JAX sees to: any that is known will do."""
    known = [value for value in found if value is not None]
    if not known:
        return None
    if all(isinstance(v, Items) and len(v.items) == len(known[0].items) for v in known):  # type: ignore[union-attr]
        return Items(tuple(_same(each) for each in zip(*(v.items for v in known), strict=True)))  # type: ignore[union-attr]
    arrays = [v for v in known if isinstance(v, Array)]
    if len(arrays) < len(known):
        return known[0] if all(v == known[0] for v in known) else None
    return _array(arrays)


def _array(arrays: Sequence[Array]) -> Array:
    """The array of which most is known; an axis that others tell as well is spelled as plainly as any does."""
    most = max(arrays, key=lambda a: (a.at(-1) is not None, a.axes is not None, len(a.tail)))
    tail = tuple(_axis([a.at(-k) for a in arrays]) for k in range(len(most.tail), 0, -1))
    return replace(most, tail=tail)


def _axis(sizes: Sequence[Term | None]) -> Term | None:
    """One size for all, but for numbers that differ, of which no model comes to be."""
    numbers = {size.number for size in sizes if size is not None and size.number is not None}
    return agreed(sizes) if len(numbers) < 2 else None
