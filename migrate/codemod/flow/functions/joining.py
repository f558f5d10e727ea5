"""Functions that put arrays together along an axis, or take them apart."""

import ast
from itertools import pairwise

from ...trees import is_whole
from .. import arrays
from ..broadcasting import elementwise
from ..fields import is_integer
from ..filled import is_followed
from ..indexing import axes_of_column
from ..pushed import runs
from ..ranks import any_of, longer, of_rank, ranks_of
from ..rounds import taken
from ..terms import Kind, Term, const, op
from ..values import SOMEWHERE, Array, Either, Items, Leading, Many, Mixed, Pushed, Stack, Value
from .arguments import Arguments

_ALIKE = frozenset({"jax.numpy.zeros_like", "jax.numpy.ones_like", "jax.numpy.empty_like"})


def concatenate(given: Arguments) -> Value:
    parts = _parts(given)
    axis = (
        given.integer(1, "axis", 0) if "dimension" not in given.keywords else given.integer(1, "dimension", 0)
    )
    if axis is None or not given.plain:
        return None
    held = {name for name, value in given.evaluator.env.items() if isinstance(value, Many | Stack | Mixed)}
    followed = is_followed(given.evaluator.method, given.node, held)
    if followed and (whole := _end_to_end(given.get(0, "arrays"), axis)) is not None:
        return whole
    if not parts:
        return None
    if axis == -1:
        parts = _with_columns(given, parts)
    if axis == 0 and (behind := _one_behind_the_other(given)) is not None:
        return behind
    if axis >= 0 and all(p is None or p.axes is None for p in parts):
        return _in_front(parts, axis) or _of_unsure_axis(given, parts, axis)
    return arrays.concatenated(parts, axis)


def side_by_side(given: Arguments) -> Value:
    """`hstack` joins along the second axis, which vectors lack."""
    parts = _parts(given) if isinstance(given.get(0, "tup"), Items) and given.plain else []
    known = next((p.axes for p in parts if p is not None and p.axes is not None), None)
    if not parts or known is None:
        given.evaluator.count(2, *parts)
        return None
    return arrays.concatenated(parts, min(1, known - 1)) if known else None


def append(given: Arguments) -> Value:
    """`append(x, y, axis)`; without an axis both are flattened."""
    axis = given.integer(2, "axis", None)
    parts = [given.array(0, "arr"), given.array(1, "values")]
    return arrays.concatenated(parts, axis) if axis is not None and given.plain else None


def _end_to_end(value: Value, axis: int) -> Array | None:
    """As many arrays as are counted, along an axis that all of them have."""
    found = runs(value) if isinstance(value, Many | Stack | Mixed) else None
    whole = arrays.concatenated([each for _, each in found], axis) if found else None
    total: Term | None = const(0)
    for count, each in found or ():
        size = each.at(place) if (place := arrays.from_end(each, axis)) is not None else None
        total = op("+", total, op("*", count, size)) if size is not None and total is not None else None
    place = arrays.from_end(whole, axis) if whole is not None else None
    return whole.replaced(place, total) if whole is not None and place is not None and total else None


def _one_behind_the_other(given: Arguments) -> Array | None:
    """What `jnp.split` took apart along the last axis, along the first: one axis would be put together again."""
    match given.get(0, "arrays"), given.node.args:
        case Many(item=Array(axes=None) as each), [
            ast.Call(args=[_, _], keywords=[ast.keyword(arg="axis")]),
            *_,
        ]:
            inside = given.evaluator.assume(each, 2)
            return Array(Either(ranks_of(each)), 2, (None, each.at(-1))) if inside else None
    return None


def _with_columns(given: Arguments, parts: list[Array | None]) -> list[Array | None]:
    """`t[:, None]` beside an array is a column, and `t` has one axis: both have as many axes as each other.

    Of more axes in `t`, the array beside it would have to be of length 1 along one of its own.
    """
    listed = given.node.args[0] if given.node.args else None
    if not isinstance(listed, ast.List | ast.Tuple) or len(listed.elts) != len(parts):
        return parts
    known = next((p.axes for p in parts if p is not None and p.axes is not None), None)
    return [
        p
        if p is not None and p.at(-1) is not None
        else _column(given, node, known) or _cut(given, node, parts) or p
        for p, node in zip(parts, listed.elts, strict=True)
    ]


def _column(given: Arguments, node: ast.expr, axes: int | None) -> Array | None:
    match node:
        case ast.Subscript(value=of, slice=index) if count := axes_of_column(index):
            array = given.evaluator.seen.get(of)
            if not isinstance(array, Array) or not array.untouched or axes not in (None, count + 1):
                return None
            if given.evaluator.assume(array, count, exactly=True):
                return arrays.somewhere(const(1))
    return None


def _cut(given: Arguments, node: ast.expr, parts: list[Array | None]) -> Array | None:
    """`zeros_like(x[:, :1])` beside x itself is cut along the axis that they are joined along: any other is alike."""
    match node:
        case ast.Call(func=function, args=[inner], keywords=[]):
            alike = given.evaluator.cls.names.resolve(function) in _ALIKE
            return _cut(given, inner, parts) if alike else None
        case ast.Subscript(
            value=ast.Name() as of, slice=ast.Tuple(elts=[*ahead, ast.Slice(upper=upper) as last])
        ):
            array, count = given.evaluator.seen.get(of), given.evaluator.value(upper)
            first = ahead and all(map(is_whole, ahead)) and last.lower is None and last.step is None
            if first and isinstance(count, Term) and (count.number or 0) > 0 and array in parts:
                return arrays.somewhere(count) if array is not None else None
    return None


def _in_front(parts: list[Array | None], axis: int) -> Array | None:
    """Arrays of unknown rank, one of which has enough axes for this one not to be the last, which they share then."""
    known = [p for p in parts if p is not None]
    first = next((p for p in known if p.least >= axis + 2), None)
    last = arrays.agreed([p.at(-1) for p in known])
    return of_rank(ranks_of(first), last) if first is not None else None


def _of_unsure_axis(given: Arguments, parts: list[Array | None], axis: int) -> Array | None:
    """Whether it is the last axis depends on how many there are: as many as each of the parts has."""
    first = next((p for p in parts if p is not None and ranks_of(p)), None)
    given.evaluator.count(axis + 1, *parts)
    return any_of(ranks_of(first)) if first is not None else None


def stack(given: Arguments) -> Value:
    parts, axis = _parts(given), given.integer(1, "axis", 0)
    if not parts or axis is None or not given.plain:
        return None
    whole, each = given.get(0, "arrays"), parts[0]
    if isinstance(whole, Many) and each is not None and each.axes is None and axis >= 0:
        inside = given.evaluator.assume(each, axis + 1)  # the new axis is not the last one
        return of_rank(longer(ranks_of(each), 1), each.at(-1)) if inside else None
    return arrays.stacked(parts, axis, counted=isinstance(whole, Items))


def _parts(given: Arguments) -> list[Array | None]:
    value = given.get(0, "arrays")
    if isinstance(value, Array):  # one array for what it has along its first axis, however many these are
        each = taken(value, 0, given.evaluator.assume)
        return [each if isinstance(each, Array) else None, None]
    if isinstance(value, Many):
        return [value.item if isinstance(value.item, Array) else None, None]
    items = value.items if isinstance(value, Items) else ()
    return [i if isinstance(i, Array) else None for i in items]


def split(given: Arguments) -> Value:
    """Equal parts, or parts between the given places."""
    array, axis, at = given.array(), given.integer(2, "axis", 0), given.get(1, "indices_or_sections")
    place = arrays.from_end(array, axis) if array is not None and axis is not None else None
    if array is not None and axis is not None and place is None and _is_last(given, array, axis, at):
        place = -1
    if array is not None and axis is not None and given.plain and _of_any_number(at):
        return _parts_of(given, array, axis, place, _count(given, at))
    if array is None or place is None or not given.plain:
        return None
    size = array.at(place)
    if isinstance(at, Term) and at.number is not None and at.number > 0:
        each = [op("//", size, at) if size is not None else None] * at.number
    elif isinstance(at, Items):
        each = _between([i if isinstance(i, Term) else None for i in at.items], size)
    else:
        return None
    return Items(tuple(array.replaced(place, e) for e in each))


def _of_any_number(at: Value) -> bool:
    return not isinstance(at, Items) and not (isinstance(at, Term) and at.number is not None)


def _count(given: Arguments, at: Value) -> Term | None:
    """A field that is declared as a number says how many parts there are, and not where they end."""
    field = isinstance(at, Term) and at.kind is Kind.FIELD and is_integer(given.evaluator.cls, at.value)
    return at if isinstance(at, Term) and field else None


def _parts_of(
    given: Arguments, array: Array, axis: int, place: int | None, count: Term | None
) -> Many | None:
    """However many parts there are, and wherever they end."""
    if place is not None:
        size = array.at(place) if count is not None else None
        each = op("//", size, count) if size is not None and count is not None else None
        return Many(array.replaced(place, each), count)
    inside = axis >= 0 and given.evaluator.assume(array, axis + 2)
    part = of_rank(ranks_of(array), array.at(-1)) if inside else None
    return Many(part, count) if part is not None else None


def _is_last(given: Arguments, array: Array, axis: int, count: Value) -> bool:
    """Features that are spelled as so many times something are taken to be the axis that is split into as many parts.

    `jnp.split(nn.Dense(2 * features)(x), 2, axis=2)`; that x has three axes is written down.
    """
    last = array.at(-1)
    if axis < 1 or array.axes is not None or last is None or not given.plain:
        return False
    spelled = last.kind is Kind.OP and last.value == "*" and count in last.parts
    return spelled and given.evaluator.assume(array, axis + 1, exactly=True)


def split_evenly(given: Arguments) -> Value:
    """`array_split`: where the axis is no multiple of the count by its spelling, its parts may be uneven."""
    parts, count = split(given), given.get(1, "indices_or_sections")
    if isinstance(count, Items):  # the places between its parts, as for `split`
        return parts
    array, axis = given.array(), given.integer(2, "axis", 0)
    place = arrays.from_end(array, axis) if array is not None and axis is not None else None
    size = array.at(place) if array is not None and place is not None else None
    if not isinstance(count, Term) or count.number is None or array is None or place is None:
        return None
    if size is not None and _is_multiple(size, count):
        return parts
    return Items((array.replaced(place, None),) * max(count.number, 0))


def _is_multiple(size: Term, count: Term) -> bool:
    if size.number is not None and count.number:
        return size.number % count.number == 0
    return size.kind is Kind.OP and size.value == "*" and count in size.parts


def _between(places: list[Term | None], size: Term | None) -> list[Term | None]:
    ends = [const(0), *places, size]
    return [None if a is None or b is None else op("-", b, a) for a, b in pairwise(ends)]


def pad(given: Arguments) -> Value:
    """One pair for each axis; a single number, or a single pair, is for all of them."""
    array, widths = given.array(), given.get(1, "pad_width")
    if array is None or not given.plain:
        return None
    if isinstance(widths, Term) and widths.number is not None:
        widths = Items((Items((widths, widths)),) * array.least) if array.axes is not None else None
    if isinstance(widths, Leading | Stack):
        return arrays.somewhere(_wider(array.at(-1), _last(widths)))
    if not isinstance(widths, Items) or len(widths.items) != array.axes:
        return _padded_ends(array, widths)
    tail = [_wider(a, pair) for a, pair in zip(array.whole().tail, widths.items, strict=True)]
    return Array(None, 0, tuple(tail), len(tail))


def _padded_ends(array: Array, widths: Value) -> Value:
    """Of an array of unknown rank: two pairs or more say how many axes it has."""
    if not isinstance(widths, Items) or len(widths.items) < 2 or array.axes is not None:
        return None
    if not all(isinstance(pair, Items) for pair in widths.items):
        return None
    count = len(widths.items)
    tail = [_wider(array.at(k - count), pair) for k, pair in enumerate(widths.items)]
    return Array(None, 0, tuple(tail), count)


def _last(widths: Leading | Stack) -> Value:
    """The pair of the last axis, where loops may have put any number in front of it."""
    ends = widths.last if isinstance(widths, Leading) else widths.parts
    return ends[-1] if ends and not isinstance(ends[-1], Pushed) else None


def _wider(size: Term | None, pair: Value) -> Term | None:
    both = [i for i in pair.items if isinstance(i, Term)] if isinstance(pair, Items) else []
    return op("+", op("+", size, both[0]), both[1]) if size is not None and len(both) == 2 else None


def tile(given: Arguments) -> Value:
    """Of an array of unknown rank the last axis is known, however many come in front of it."""
    array, reps = given.array(), given.get(1, "reps")
    if isinstance(reps, Term) and _is_one_number(given, reps):
        reps = Items((reps,))
    if array is None or not isinstance(reps, Items) or not reps.items:
        return None
    if array.axes is None:
        last, times = array.at(-1), reps.items[-1]
        return (
            arrays.somewhere(op("*", last, times)) if last is not None and isinstance(times, Term) else None
        )
    if array.axes < len(reps.items):
        return None
    along: tuple[Value, ...] = (*[const(1)] * (array.axes - len(reps.items)), *reps.items)
    pairs = zip(array.whole().tail, along, strict=True)
    tail = [op("*", a, r) if a is not None and isinstance(r, Term) else None for a, r in pairs]
    return Array(None, 0, tuple(tail), len(tail))


def repeat(given: Arguments) -> Value:
    """`repeat(x, n, axis)`; a field may hold one number for each element."""
    array, axis = given.array(), given.integer(2, "axis", None)
    place = arrays.from_end(array, axis) if array is not None and axis is not None else None
    if array is not None and place is None and axis is not None and axis > 0 and given.plain:
        inside = given.evaluator.assume(array, axis + 2)  # the last axis is not the one
        return of_rank(ranks_of(array), array.at(-1)) if inside else None
    if array is None or place is None or not given.plain or "total_repeat_length" in given.keywords:
        return None
    size, times = array.at(place), given.term(1, "repeats")
    one = times is not None and _is_one_number(given, times)
    return array.replaced(place, op("*", size, times) if one and size and times else None)


def _is_one_number(given: Arguments, times: Term) -> bool:
    """Tells whether a size is made of literals, sizes of arrays and fields that are declared as integers."""
    leaves = [term for term in times.walk() if not term.parts]
    numbers = (t.number is not None or t.kind is Kind.DIM for t in leaves if t.kind is not Kind.FIELD)
    return all(numbers) and all(
        is_integer(given.evaluator.cls, t.value) for t in leaves if t.kind is Kind.FIELD
    )


def take(given: Arguments) -> Value:
    """`take(x, indices, axis)`."""
    array, indices, axis = given.array(), given.array(1, "indices"), given.integer(2, "axis", None)
    place = arrays.from_end(array, axis) if array is not None and axis is not None else None
    if array is None or place is None or not given.plain:
        return None
    if indices is None or indices.axes is None:  # what stands behind stays in any case
        behind = [array.at(k) for k in range(place + 1, 0)]
        return Array(SOMEWHERE).ending(*behind) if behind else None
    return array.replaced(place, *indices.whole().tail)


def take_along(given: Arguments) -> Value:
    """`take_along_axis(x, indices, axis)`: as many as there are indices along the axis, else what both have."""
    array, indices, axis = given.array(), given.array(1, "indices"), given.integer(2, "axis", -1)
    if array is None or axis is None or not given.plain:
        return None
    known = [a for a in (array, indices) if a is not None]
    place = next((p for a in known if (p := arrays.from_end(a, axis)) is not None), None)
    beside = array.replaced(place, const(1)) if place is not None else None
    if beside is not None and (indices is not None or place != -1):
        return elementwise(beside, indices)
    return None


def segments(given: Arguments) -> Value:
    """`segment_sum(x, ids)`: one row for each segment; the last axis is taken not to be that of the rows."""
    array = given.array()
    if array is None or (array.axes is not None and array.axes < 2):
        return None
    given.evaluator.assume(array, 2)
    return arrays.somewhere(array.at(-1))


def top(given: Arguments) -> Value:
    """`top_k(x, k)` gives values and places."""
    array = given.array()
    part = array.replaced(-1, given.term(1, "k")) if array is not None else None
    return Items((part, part)) if part is not None else None
