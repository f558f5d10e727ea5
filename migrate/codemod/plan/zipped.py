"""Lists of submodules that a loop runs through side by side: `zip(self.attentions, self.resnets[1:])`."""

import ast
from collections.abc import Mapping, Sequence

from ..appended import Appended, appended
from ..listed import Listed, listed
from ..model import Method

Lists = Mapping[str, Appended | Listed]
"""The lists that setup fills, by the attribute that keeps each."""


def lists_of(method: Method) -> Lists:
    calls = [n for n in ast.walk(method.node) if isinstance(n, ast.Call)]
    filled: list[Appended | Listed] = [
        *listed(method),
        *appended(method, calls),
    ]  # the latter goes on with one
    return {one.attribute: one for one in filled}


def added(node: ast.expr, lists: Lists) -> Appended | None:
    """Returns the list of which a node is all that the loop has added: `self.resnets[1:]` behind a first one."""
    start = 0
    match node:
        case ast.Subscript(
            value=inner, slice=ast.Slice(lower=ast.Constant(value=int(start)), upper=None, step=None)
        ):
            node = inner
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    alike = isinstance(found, Appended) and len(found.each) == 1 and len(found.before) == start
    return found if isinstance(found, Appended) and alike else None


def are_alike(node: ast.expr, lists: Lists) -> bool:
    """Tells whether one call makes all elements of a list."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    return found is None or (isinstance(found, Appended) and not found.before and len(found.each) == 1)


def is_mixed(node: ast.expr, lists: Lists) -> bool:
    """Tells whether several calls make elements of the list in each round."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    return isinstance(found, Appended) and len(found.each) > 1


def is_told(node: ast.expr, index: ast.expr, lists: Lists) -> bool:
    """Tells whether `self.layers[index]` is one module, or any one of a list whose elements are all alike."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if found is None or are_alike(node, lists):
        return True
    try:
        place = ast.literal_eval(index)
    except (ValueError, TypeError):
        return False
    first = -len(found.elements) if isinstance(found, Listed) else 0
    count = len(found.elements) if isinstance(found, Listed) else len(found.before)
    return isinstance(place, int) and first <= place < count


def as_long(nodes: Sequence[ast.expr], lists: Lists) -> bool:
    """Tells whether all of them have as many elements, so that none is cut short."""
    counts = {_count(node, lists) for node in nodes}
    return len(counts) == 1 and None not in counts


def _count(node: ast.expr, lists: Lists) -> ast.For | int | None:
    """How many elements there are, or the loop whose rounds have added them."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if isinstance(found, Listed):
        return len(found.elements)
    more = added(node, lists)
    return more.loop if more is not None else None
