"""Loops that fill lists of submodules: the names that they read, and whether they still count."""

from collections.abc import Mapping, Set

import libcst as cst

from .units import code_of


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


def paired(loop: cst.CompFor, lists: Mapping[str, str], used: Set[str]) -> cst.CompFor:
    """`for s in self.scales` with `{"dense": "self.dense"}` is `for dense, s in zip(self.dense, self.scales)`.

    Of several things that were run through together those stay whose names are `used`: the lists have as many elements
    as there were rounds.
    """
    match loop.target, loop.iter:
        case cst.Tuple(elements=[counter, element]), cst.Call(
            func=cst.Name("enumerate"), args=[first, *start]
        ):
            inner = paired(loop.with_changes(target=element.value, iter=first.value), lists, used)
            if not used & {n.value for n in _below(counter.value)}:
                return inner
            target = _tuple(code_of(counter.value), _own(inner.target))
            given = [first.with_changes(value=inner.iter), *start]
            return loop.with_changes(target=target, iter=loop.iter.with_changes(args=given))
    parts = [(t, i) for t, i in _parts(loop) if used & {n.value for n in _below(t)}]
    targets, through = (
        [*lists, *(_own(t) for t, _ in parts)],
        [*lists.values(), *(code_of(i) for _, i in parts)],
    )
    if len(through) == 1:
        return loop.with_changes(target=cst.Name(targets[0]), iter=cst.parse_expression(through[0]))
    return loop.with_changes(target=_tuple(*targets), iter=cst.parse_expression(f"zip({', '.join(through)})"))


def _parts(loop: cst.CompFor) -> list[tuple[cst.BaseExpression, cst.BaseExpression]]:
    match loop.target, loop.iter:
        case cst.Tuple(elements=targets), cst.Call(func=cst.Name("zip"), args=given) if len(targets) == len(
            given
        ):
            plain = not any(a.star or a.keyword for a in given)
            pairs = [(t.value, a.value) for t, a in zip(targets, given, strict=True)]
            return pairs if plain else [(loop.target, loop.iter)]
    return [(loop.target, loop.iter)]


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
