"""Loops that fill lists of submodules: the names that they read, and whether they still count."""

import libcst as cst


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


def _below(node: cst.CSTNode) -> list[cst.Name]:
    return [node] if isinstance(node, cst.Name) else [n for child in node.children for n in _below(child)]


def names_in(code: str) -> list[cst.Name]:
    """Names in a piece of an argument list."""
    call = cst.parse_expression(f"f({code})")
    assert isinstance(call, cst.Call)
    return [n for argument in call.args for n in _below(argument.value)]
