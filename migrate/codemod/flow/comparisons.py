"""Shapes against each other: the sizes that decide whether they are the same."""

from .arrays import Assume
from .beside import as_they_were
from .terms import Differs, Kind, Term, const, op
from .values import Array, Shape

_ONE = const(1)


def never(array: Array, count: int, *, exactly: bool = False) -> bool:  # noqa: ARG001
    return False


def unequal(left: Shape, right: Shape, assume: Assume = never) -> Term | None:
    """Returns when two shapes differ, as a test of sizes and strides; None where that cannot be told.

    A size that a window with SAME padding leaves is taken to be another one for all strides but 1: a size of 1
    stays 1 for any. Images beside which a batch of vectors stood are as many, and as large, as they were.
    """
    if left.given is not right.given:
        return _as_called(left, right) if left.given else _as_called(right, left)
    before = [as_they_were(shape.array, assume) for shape in (left, right)]
    if before[0] is None or before[1] is None:
        return None
    count = max(len(array.tail) for array in before if array is not None)
    one, two = before[0].spelled(count), before[1].spelled(count)
    if (one.root, one.cut, len(one.tail)) != (two.root, two.cut, len(two.tail)) or _vague(one):
        return None
    pairs = [(a, b) for a, b in zip(one.tail, two.tail, strict=True) if a is None or a != b]
    tests = [*dict.fromkeys(_differ(a, b) for a, b in reversed(pairs))]  # the features first
    known = [t for t in tests if t is not None]
    return _any(_whole(known)) if known and len(known) == len(tests) else None


def _as_called(given: Shape, own: Shape) -> Term | None:
    """An argument against the shape that is another: whoever makes the call knows."""
    one, other = own.array.argument, given.array.argument
    whole = all(s.array.cut == 0 and not s.array.tail for s in (given, own))
    if one is None or other is None or one[0] != other[0] or not whole:
        return None
    return Term(Kind.DIM, Differs(*one, 0, many=True, other=other[1]))


def _vague(array: Array) -> bool:
    """Tells whether its leading axes may be others than those of an array of the same root."""
    return array.root is not None and array.argument is None


def _differ(one: Term | None, two: Term | None) -> Term | None:
    if one is None or two is None:
        return None
    for size, slid in ((one, two), (two, one)):
        stride = _stride(size, slid)
        if stride is not None:
            return Term(Kind.OP, "!=", (stride, _ONE))
    return Term(Kind.OP, "!=", (one, two))


def _stride(size: Term, slid: Term) -> Term | None:
    """The stride in `(size + (stride - 1)) // stride` and `size * stride`, where configuration decides it.

    Two windows with one stride, one behind the other, change a size where one of them does.
    """
    if slid.kind is Kind.CHOICE:
        one, two = (_stride(size, part) for part in slid.parts[1:])
        return one if one == two else None
    if slid.kind is Kind.OP and slid.value == "*":
        turns = [
            (by, inner) for inner, by in (slid.parts, slid.parts[::-1]) if by.number is None and by != size
        ]
        return next((by for by, inner in turns if inner == size or _stride(size, inner) == by), None)
    stride = slid.parts[1] if slid.kind is Kind.OP and slid.value == "//" else None
    if stride is None or stride.number is not None:
        return None
    inner = slid.parts[0].parts[0] if slid.parts[0].parts else slid.parts[0]
    if slid != op("//", op("+", inner, op("-", stride, _ONE)), stride):
        return None
    return stride if inner == size or _stride(size, inner) == stride else None


def _whole(tests: list[Term]) -> list[Term]:
    """`s[1] != 1` and `s[0] != 1` are `s != (1, 1)`."""
    items = [t.parts[0] for t in tests if t.parts[1] == _ONE and t.parts[0].kind is Kind.ITEM]
    fields = {i.parts[0] for i in items}
    if len(items) < 2 or len(fields) != 1 or [i.parts[1] for i in items] != _places(len(items)):
        return tests
    ones = Term(Kind.TUPLE, None, (_ONE,) * len(items))
    rest = [t for t in tests if t.parts[0] not in items]
    return [*rest, Term(Kind.OP, "!=", (fields.pop(), ones))]


def _places(count: int) -> list[Term]:
    return [const(k) for k in reversed(range(count))]


def _any(tests: list[Term]) -> Term:
    return tests[0] if len(tests) == 1 else Term(Kind.OP, "or", tuple(tests))
