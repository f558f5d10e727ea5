"""Products of arrays that sum over axes."""

import ast
import re
from collections.abc import Sequence

from ...bindings import defines, statements
from .. import arrays, broadcasting
from ..terms import Kind, Term
from ..values import SOMEWHERE, Array, Contracted, Items, Value
from .arguments import Arguments


def matmul(given: Arguments) -> Value:
    return (
        broadcasting.matmul(given.array(0), given.array(1), given.evaluator.assume) if given.plain else None
    )


def dot(given: Arguments) -> Value:
    """As `matmul` where the second is a vector or a matrix, and the first no vector too."""
    left, right = given.array(0), given.array(1)
    plain = right is not None and right.axes in (1, 2)
    return broadcasting.matmul(left, right, given.evaluator.assume) if plain and given.plain else None


def outer(given: Arguments) -> Value:
    """`outer(a, b)` has a row for each number of `a`, and of vectors as many columns as `b` has numbers."""
    other = given.array(1, "b")
    return Array(None, 0, (None, other.at(-1) if other is not None and other.axes == 1 else None), 2)


def einsum(given: Arguments) -> Value:
    """The letters of the result, each with the size that it has in an operand."""
    spec = given.get(0, "")
    if given.plain and isinstance(spec, Array) and _is_bound_once(given, spec):
        return Contracted(spec.argument or SOMEWHERE, given.values[1:])
    return contracted(spec, given.values[1:]) if given.plain else None


def contracted(spec: Value, operands: Sequence[Value]) -> Value:
    """Returns what an einsum gives whose equation is a literal."""
    text = equation_text(spec)
    return _summed(text, operands) if text is not None else None


def equation_text(spec: Value) -> str | None:
    """Returns an equation that is a literal, without its blanks."""
    literal = isinstance(spec, Term) and spec.kind is Kind.CONST and isinstance(spec.value, str)
    return spec.value.replace(" ", "") if literal and isinstance(spec, Term) else None


def _is_bound_once(given: Arguments, spec: Array) -> bool:
    """Tells whether the equation is an argument of the method, as it was given."""
    method, node = given.evaluator.method, given.node.args[0]
    if not isinstance(node, ast.Name) or spec != Array((method.node.name, node.id)):
        return False
    return not any(node.id in defines(statement) for statement in statements(method.node.body))


def named_einsum(given: Arguments) -> Value:
    """That of einops: the pattern stands behind the operands, and its names are words."""
    spec = given.values[-1] if given.values and given.plain and not given.keywords else None
    if not isinstance(spec, Term) or not isinstance(spec.value, str):
        return None
    names = [*dict.fromkeys(re.findall(r"\w+", spec.value))]
    letters = {name: chr(ord("a") + place) for place, name in enumerate(names)}
    text = re.sub(r"\w+", lambda name: letters[name.group()], spec.value)
    return _summed(text.replace(" ", ""), given.values[:-1])


def _summed(text: str, values: Sequence[Value]) -> Value:
    inputs, arrow, result = text.partition("->")
    operands = [v if isinstance(v, Array) else None for v in values]
    if not arrow or inputs.count(",") + 1 != len(operands):
        return None
    sizes: dict[str, Term | None] = {}
    for letters, operand in zip(inputs.split(","), operands, strict=True):
        for letter, size in _read(letters, operand):
            sizes[letter] = broadcasting.fitting(sizes[letter], size) if letter in sizes else size
    return _result(result, sizes, inputs.split(","), operands)


def tensordot(given: Arguments) -> Value:
    """`tensordot(x, w, n)` sums over the last axes of x and the first of another array, as `([-1], [0])` spells."""
    left, right, axes = given.array(0, "a"), given.array(1, "b"), given.get(2, "axes")
    if left is None or right is None or right.axes is None or not given.plain or not given.has(2, "axes"):
        return None
    if isinstance(axes, Term) and axes.number is not None and 0 < axes.number <= right.axes:
        return _without(left, right, range(-axes.number, 0), range(-right.axes, axes.number - right.axes))
    match axes:
        case Items(items=[one, two]):
            mine, theirs = _ends_of(one, left), _ends_of(two, right)
            return _without(left, right, mine, theirs) if len(mine) == len(theirs) > 0 else None
    return None


def _ends_of(axes: Value, array: Array) -> list[int | None]:
    """The places of axes, counted from the end."""
    numbers = [
        i.number if isinstance(i, Term) else None
        for i in (axes.items if isinstance(axes, Items) else (axes,))
    ]
    return [None if n is None else arrays.from_end(array, n) for n in numbers]


def dot_general(given: Arguments) -> Value:
    """`(((x.ndim - 1,), (0,)), ((), ()))`: the last axes of x against some of another array, whose others follow."""
    left, right = given.array(0), given.array(1)
    numbers = given.node.args[2] if len(given.node.args) > 2 else None
    if left is None or right is None or right.axes is None or numbers is None or not given.plain:
        return None
    match numbers:
        case ast.Tuple(
            elts=[
                ast.Tuple(elts=[ast.Tuple(elts=last), ast.Tuple(elts=summed)]),
                ast.Tuple(elts=[ast.Tuple(elts=[]), ast.Tuple(elts=[])]),
            ]
        ) if len(last) == len(summed) > 0:
            mine = [_from_the_end(axis, given.node.args[0], left.axes) for axis in last]
            theirs = [_from_the_end(axis, given.node.args[1], right.axes) for axis in summed]
            return _without(left, right, mine, theirs)
    return None


def _without(
    left: Array, right: Array, mine: Sequence[int | None], theirs: Sequence[int | None]
) -> Array | None:
    """The axes that are not summed over; those of the left array have to be its last ones."""
    ending = {*mine} == {*range(-len(mine), 0)}
    bare = left.dropped(len(mine)) if ending else None
    if bare is None or None in theirs or len({*theirs}) < len(theirs):
        return None
    count = right.axes or 0
    return bare.ending(*(right.at(k) for k in range(-count, 0) if k not in theirs))


def _from_the_end(axis: ast.expr, array: ast.expr, count: int | None) -> int | None:
    """The place of an axis, counted from the end: `x.ndim - 1`, or a number where it is known how many there are."""
    match axis:
        case ast.BinOp(left=counted, op=ast.Sub(), right=ast.Constant(value=int() as place)):
            return -place if ast.unparse(counted) == f"{ast.unparse(array)}.ndim" and place > 0 else None
        case ast.Constant(value=int() as place) if count is not None and 0 <= place < count:
            return place - count
    return None


def attention_weights(given: Arguments) -> Value:
    """`(..., heads, q, k)` from queries `(..., q, heads, d)` and keys: what is added has to broadcast to that."""
    query, key = given.array(0, "query"), given.array(1, "key")
    bare = query.dropped(3) if query is not None and given.plain else None
    if query is None or bare is None:
        return None
    return bare.ending(query.at(-2), query.at(-3), key.at(-3) if key is not None else None)


def attention(given: Arguments) -> Value:
    """`(..., q, heads, e)` from queries `(..., q, heads, d)` and values `(..., k, heads, e)`, or heads first."""
    query, value = given.array(0, "query"), given.array(2, "value")
    bare = query.dropped(1) if query is not None and given.plain else None
    return None if bare is None else bare.ending(value.at(-1) if value is not None else None)


def _read(letters: str, operand: Array | None) -> list[tuple[str, Term | None]]:
    front, dots, back = letters.rpartition("...")
    if operand is None:
        return [(letter, None) for letter in front + back]
    found = [(letter, operand.at(k - len(back))) for k, letter in enumerate(back)]
    return found + [(letter, operand.at(k)) for k, letter in enumerate(front) if dots]


def _result(
    result: str, sizes: dict[str, Term | None], inputs: list[str], operands: list[Array | None]
) -> Array | None:
    front, dots, back = result.rpartition("...")
    tail = [sizes.get(letter) for letter in back]
    if not dots:
        return Array(None, 0, tuple(tail), len(tail))
    shared = [(i, o) for i, o in zip(inputs, operands, strict=True) if "..." in i]
    lead = None if front else _shared([(i.rpartition("..."), o) for i, o in shared])
    return (lead or Array(SOMEWHERE)).ending(*tail)


def _shared(operands: list[tuple[tuple[str, str, str], Array | None]]) -> Array | None:
    """What the dots stand for, where nothing stands in front of them."""
    lead: Array | None = None
    for (front, _, back), operand in operands:
        bare = operand.dropped(len(back)) if operand is not None and not front else None
        if bare is None:
            return None
        lead = bare if lead is None else broadcasting.broadcast(lead, bare)
        if lead is None:
            return None
    return lead
