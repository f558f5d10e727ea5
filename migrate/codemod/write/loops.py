"""Loops that fill lists of submodules: the names that they read, and whether they still count."""

from collections.abc import Mapping, Set
from typing import TypeVar

import libcst as cst

from .units import code_of

Loop = TypeVar("Loop", cst.For, cst.CompFor)
Head = tuple[cst.BaseExpression, cst.BaseExpression]
"""The target of a loop and what it runs through."""


def uncounted(loop: cst.For, used: set[str], before: cst.For) -> cst.For:
    """`for i, f in enumerate(features)` without a use of `i` is `for f in features`.

    `for i in range(n)` loses an `i` that the loop used `before`.
    """
    used = used | {n.value for row in loop.body.body for n in _below(row)}
    match loop.target, loop.iter:
        case cst.Name(value=counter), cst.Call(func=cst.Name("range")) if counter not in used:
            read = any(n.value == counter for n in _below(before.body))
            return loop.with_changes(target=cst.Name("_")) if read else loop
        case cst.Tuple(elements=[counter, element]), cst.Call(func=cst.Name("enumerate"), args=[only]):
            if isinstance(counter.value, cst.Name) and counter.value.value not in used and not only.keyword:
                return loop.with_changes(target=element.value, iter=only.value)
    return loop


def without(loop: cst.For, places: Set[int]) -> cst.For:
    """`for f, s in zip(features, skips)` without what is run through at some of the places."""
    target, zipped = cst.ensure_type(loop.target, cst.Tuple), cst.ensure_type(loop.iter, cst.Call)
    pairs = list(zip(target.elements, zipped.args, strict=True))
    names, through = zip(*(pair for place, pair in enumerate(pairs) if place not in places), strict=True)
    if len(names) == 1:
        return loop.with_changes(target=names[0].value, iter=through[0].value)
    last = through[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    names = (*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT))
    return loop.with_changes(
        target=target.with_changes(elements=names), iter=zipped.with_changes(args=[*through[:-1], last])
    )


def paired(loop: Loop, lists: Mapping[str, str], used: Set[str]) -> Loop:
    """`for s in self.scales` with `{"dense": "self.dense"}` is `for dense, s in zip(self.dense, self.scales)`.

    Of several things that were run through together those stay whose names are `used`: the lists have as many elements
    as there were rounds.
    """
    target, iterated = _paired(loop.target, loop.iter, lists, used)
    return loop.with_changes(target=target, iter=iterated)


def _paired(
    target: cst.BaseExpression, iterated: cst.BaseExpression, lists: Mapping[str, str], used: Set[str]
) -> Head:
    match target, iterated:
        case cst.Tuple(elements=[counter, element]), cst.Call(
            func=cst.Name("enumerate"), args=[first, *start]
        ):
            names, inner = _paired(element.value, first.value, lists, used)
            if not used & {n.value for n in _below(counter.value)}:
                return names, inner
            given = [first.with_changes(value=inner), *start]
            numbered = cst.Call(cst.Name("enumerate"), given)
            return _tuple(code_of(counter.value), _own(names)), numbered
    parts = [(t, i) for t, i in _parts(target, iterated) if used & {n.value for n in _below(t)}]
    targets, through = (
        [*lists, *(_own(t) for t, _ in parts)],
        [*lists.values(), *(code_of(i) for _, i in parts)],
    )
    if len(through) == 1:
        return cst.Name(targets[0]), cst.parse_expression(through[0])
    return _tuple(*targets), cst.parse_expression(f"zip({', '.join(through)})")


def _parts(target: cst.BaseExpression, iterated: cst.BaseExpression) -> list[Head]:
    match target, iterated:
        case cst.Tuple(elements=targets), cst.Call(func=cst.Name("zip"), args=given) if len(targets) == len(
            given
        ):
            plain = not any(a.star or a.keyword for a in given)
            pairs = [(t.value, a.value) for t, a in zip(targets, given, strict=True)]
            return pairs if plain else [(target, iterated)]
    return [(target, iterated)]


def _tuple(*targets: str) -> cst.Tuple:
    return cst.ensure_type(cst.parse_expression(", ".join(targets)), cst.Tuple)


def _own(target: cst.BaseExpression) -> str:
    code = code_of(target)
    return f"({code})" if isinstance(target, cst.Tuple) and code[0] != "(" else code


def narrowed(loop: cst.CompFor, used: Set[str]) -> cst.CompFor:
    """Takes out what counts the rounds, and the name of an element, where nothing reads them."""
    match loop.target, loop.iter:
        case cst.Tuple(elements=[counter, element]), cst.Call(func=cst.Name("enumerate"), args=[only, *_]):
            if not used & {n.value for n in _below(counter.value)}:
                return narrowed(loop.with_changes(target=element.value, iter=only.value), used)
        case cst.Name(name), _ if name not in used:
            return loop.with_changes(target=cst.Name("_"))
    return loop


def _below(node: cst.CSTNode) -> list[cst.Name]:
    return [node] if isinstance(node, cst.Name) else [n for child in node.children for n in _below(child)]


def names_in(code: str) -> list[cst.Name]:
    """Names in a piece of an argument list."""
    call = cst.parse_expression(f"f({code})")
    assert isinstance(call, cst.Call)
    return [n for argument in call.args for n in _below(argument.value)]
