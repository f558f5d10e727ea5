"""Lists of submodules that a loop runs through side by side: `zip(self.attentions, self.resnets[1:])`."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..appended import Appended, appended
from ..listed import Listed, listed
from ..model import Method, MethodKind
from ..run_through import generator_of, in_dict

_COUNTED = frozenset({"enumerate", "len", "range", "reversed", "zip"})


@dataclass(frozen=True)
class Comprehended:
    """A list with an element for each round of a comprehension over `through`, which is of fields."""

    attribute: str
    through: str


Lists = Mapping[str, Appended | Listed | Comprehended]
"""The lists that setup fills, by the attribute that keeps each."""


def lists_of(method: Method) -> Lists:
    calls = [n for n in ast.walk(method.node) if isinstance(n, ast.Call)]
    filled: list[Appended | Listed | Comprehended] = [
        *_comprehended(method),
        *listed(method),
        *appended(method, calls),
    ]  # the latter goes on with one
    return {one.attribute: one for one in filled}


def _comprehended(method: Method) -> Iterator[Comprehended]:
    """Yields the lists of comprehensions that setup gives to an attribute, once and in any case."""
    stored = [n.attr for n in ast.walk(method.node) if isinstance(n, ast.Attribute) and not _is_load(n)]
    for statement in method.node.body if method.kind is MethodKind.SETUP else ():
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(attr=name) as target],
                value=ast.ListComp(generators=[ast.comprehension(iter=through, ifs=[])]),
            ) if (
                method.is_this(target) and stored.count(name) == 1 and _is_of_fields(method, through, stored)
            ):
                yield Comprehended(name, ast.unparse(through))


def _is_load(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_of_fields(method: Method, node: ast.expr, stored: Collection[str]) -> bool:
    """Tells whether an expression is the same wherever setup says it."""
    parts = list(ast.walk(node))
    names = {n.id for n in parts if isinstance(n, ast.Name)}
    own = all(n.attr not in stored for n in parts if isinstance(n, ast.Attribute))
    called = all(not isinstance(n, ast.Call) or isinstance(n.func, ast.Name) for n in parts)
    return own and called and names <= _COUNTED | {method.this}


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
    if found is None or isinstance(found, Comprehended):
        return True
    return isinstance(found, Appended) and not found.before and len(found.each) == 1


def is_mixed(node: ast.expr, lists: Lists) -> bool:
    """Tells whether several calls make elements of the list in each round."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    return isinstance(found, Appended) and len(found.each) > 1


def is_told(node: ast.expr, index: ast.expr, lists: Lists) -> bool:
    """Tells whether `self.layers[index]` is one module, or any one of a list whose elements are all alike."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if found is None or isinstance(found, Comprehended) or are_alike(node, lists):
        return True
    try:
        place = ast.literal_eval(index)
    except (ValueError, TypeError):
        return False
    if isinstance(found, Listed) and found.keys:
        return place in found.keys
    first = -len(found.elements) if isinstance(found, Listed) else 0
    count = len(found.elements) if isinstance(found, Listed) else len(found.before)
    return isinstance(place, int) and first <= place < count


def as_long(nodes: Sequence[ast.expr], lists: Lists) -> bool:
    """Tells whether all of them have as many elements, so that none is cut short."""
    counts = {_count(node, lists) for node in nodes}
    return len(counts) == 1 and None not in counts


def _count(node: ast.expr, lists: Lists) -> ast.For | int | str | None:
    """How many elements there are, or the loop whose rounds have added them, or what it ran through."""
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if isinstance(found, Comprehended):
        return found.through
    if isinstance(found, Listed):
        return len(found.elements)
    more = added(node, lists)
    return more.loop if more is not None else None


def are_all_reached(method: Method, node: ast.expr, lists: Lists) -> bool:
    """Tells whether one call makes all elements, and no shorter list beside it ends the comprehension before them.

    Of elements that setup writes down, each is called in a round of its own.
    """
    generator = generator_of(method, node)
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if isinstance(found, Listed):
        through = in_dict(method, node) if found.keys else node
        return generator is not None and generator.iter is through
    match generator.iter if generator is not None else None:
        case ast.Call(func=ast.Name(id="zip"), args=[first, *_] as args) if first is not node:
            return are_alike(node, lists) and as_long(args, lists)
    return are_alike(node, lists)
