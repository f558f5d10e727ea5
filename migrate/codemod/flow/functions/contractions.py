"""Products of arrays that sum over axes."""

from ..terms import Term
from ..values import Array, Value
from .arguments import Arguments


def matmul(given: Arguments) -> Value:
    left, right = given.array(0), given.array(1)
    if left is None or right is None or right.axes in (None, 1):
        return None
    return left.with_last(right.at(-1))


def einsum(given: Arguments) -> Value:
    """The letters of the result, each with the size that it has in an operand."""
    spec = given.get(0, "")
    text = spec.value.replace(" ", "") if isinstance(spec, Term) and isinstance(spec.value, str) else ""
    inputs, arrow, result = text.partition("->")
    operands = [v if isinstance(v, Array) else None for v in given.values[1:]]
    if not arrow or inputs.count(",") + 1 != len(operands):
        return None
    sizes: dict[str, Term | None] = {}
    for letters, operand in zip(inputs.split(","), operands, strict=True):
        tail = letters.rpartition("...")[2]
        for place, letter in enumerate(tail):
            size = operand.at(place - len(tail)) if operand is not None else None
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    tail = result.rpartition("...")[2]
    if "..." not in result:
        return Array(None, 0, tuple(sizes.get(letter) for letter in tail), len(tail))
    first = operands[0]
    lead = inputs.split(",")[0].rpartition("...")
    bare = first.dropped(len(lead[2])) if first is not None and lead[1] else None
    return bare.ending(*(sizes.get(letter) for letter in tail)) if bare is not None else None
