"""What holds on one of two paths, and after them."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from itertools import dropwhile, zip_longest

from .assumed import assumed
from .chosen import chosen, is_one, optional, straight
from .comprehended import is_configuration
from .mixed import mixed
from .ranks import one_of
from .terms import Kind, Term, choice, const
from .values import (
    SOMEWHERE,
    Array,
    Items,
    Keyed,
    Leading,
    Mixed,
    Opaque,
    Pushed,
    Record,
    Shape,
    Squeezed,
    Stack,
    Value,
)


def merged(test: Value, yes: Value, no: Value) -> Value:
    """Returns what holds after one of two paths: a choice of sizes where configuration decides."""
    if yes == no:
        return yes
    decided = straight(test) if isinstance(test, Term) else None
    if isinstance(yes, Term) and isinstance(no, Term):
        return _chosen(decided, yes, no)
    if decided is not None and isinstance(yes, Term | Opaque) and isinstance(no, Term | Opaque):
        return Opaque()
    if decided is not None and (_is_longer(yes, no) or _is_longer(no, yes)):
        return Opaque()
    lists = isinstance(yes, Items) != isinstance(no, Items)
    if decided is not None and lists and is_configuration(yes) and is_configuration(no):
        return Opaque()
    if isinstance(yes, Array) and isinstance(no, Array):
        return (assumed(yes, no) if decided is None else None) or _arrays(decided, yes, no)
    if isinstance(yes, Keyed) and isinstance(no, Keyed) and yes.names == no.names:
        return Keyed(yes.names, tuple(merged(test, a, b) for a, b in zip(yes.values, no.values, strict=True)))
    if isinstance(yes, Record) or isinstance(no, Record):
        return _records(test, yes, no)
    if isinstance(yes, Items | Leading) and isinstance(no, Items | Leading):
        return _common(test, yes, no)
    if isinstance(yes, Squeezed) or isinstance(no, Squeezed):
        return _squeezed(yes, no)
    if isinstance(yes, Stack) and isinstance(no, Stack):
        return _filled(test, yes, no)
    if isinstance(yes, Mixed) or isinstance(no, Mixed):
        return mixed(yes, no)
    return optional(decided, yes, no)


def _squeezed(yes: Value, no: Value) -> Squeezed | None:
    """A vector on one path, and on the other one of that size which is a number alone where that is 1."""
    squeezed, other = (yes, no) if isinstance(yes, Squeezed) else (no, yes)
    if not isinstance(squeezed, Squeezed) or not isinstance(other, Array) or other.skipped:
        return None
    return squeezed if other == Array(None, 0, (squeezed.size,), 1) else None


def _is_longer(one: Value, other: Value) -> bool:
    """Tells whether one is a tuple of a field with items behind it, `units + [1]`, and the other a field."""
    longer = isinstance(one, Shape) and one.array.root == SOMEWHERE and not one.array.cut
    return longer and isinstance(other, Term) and other.kind is Kind.FIELD


def _arrays(test: Term | None, yes: Array, no: Array) -> Array | None:
    found = _of_both(test, yes, no)
    skipped, earlier = yes.skipped or no.skipped, yes.earlier or no.earlier
    return found and replace(found, skipped=found.skipped or skipped, earlier=earlier)


def _of_both(test: Term | None, yes: Array, no: Array) -> Array | None:
    """An array of as many axes as either; the last axes are those that both have, or a choice."""
    count = max(len(yes.tail), len(no.tail))
    one, two = yes.spelled(count), no.spelled(count)
    # a test that is no size may say how many axes there are on one side
    told = test is None and yes.rank != no.rank and len(yes.tail) != len(no.tail)
    if (one.root, one.cut, len(one.tail)) == (two.root, two.cut, len(two.tail)) and not told:
        tail = tuple(_axis(test, a, b) for a, b in zip(one.tail, two.tail, strict=True))
        known = one if one.rank is not None else two
        # where no size decides, the test may be what says how many axes there are on one side
        sure = test is not None or one.rank == two.rank
        return replace(known, tail=tail, rank=known.rank if sure else None)
    shared = [_axis(test, yes.at(-k), no.at(-k)) for k in range(max(min(yes.least, no.least), 1), 0, -1)]
    either = one_of(yes, no, [*dropwhile(lambda axis: axis is None, shared)])
    if either is not None:
        return either
    return None if shared[-1] is None else Array(SOMEWHERE, len(shared), tuple(shared))


def _axis(test: Term | None, yes: Term | None, no: Term | None) -> Term | None:
    return yes if yes == no else _chosen(test, yes, no)


def _common(test: Value, yes: Items | Leading, no: Items | Leading) -> Value:
    """The items that both tuples have, one by one."""
    pairs = (
        zip_longest(yes.items, no.items) if isinstance(test, Term) else zip(yes.items, no.items, strict=False)
    )
    items = tuple(_item(test, a, b) for a, b in pairs)
    if isinstance(yes, Items) and isinstance(no, Items) and len(yes.items) == len(no.items):
        return Items(items)
    ends = zip(reversed(_end(yes)), reversed(_end(no)), strict=False)
    last = tuple(_item(test, a, b) for a, b in ends)[::-1]
    return Leading(items, last) if items or last else None


def _filled(test: Value, yes: Stack, no: Stack) -> Stack | None:
    """The list of a loop, where both paths add one item to it; what loops have added is the same."""
    same = len(yes.parts) == len(no.parts)
    pairs = [*zip(yes.parts, no.parts, strict=True)] if same else []
    if not pairs or any(a != b and (isinstance(a, Pushed) or isinstance(b, Pushed)) for a, b in pairs):
        return None
    items = (a if isinstance(a, Pushed) or isinstance(b, Pushed) else merged(test, a, b) for a, b in pairs)
    return Stack(tuple(items))


def _end(value: Items | Leading) -> tuple[Value, ...]:
    return value.items if isinstance(value, Items) else value.last


def _records(test: Value, yes: Value, no: Value) -> Value:
    """An instance, or a tuple in its place: who asks for a field has the instance."""
    items = [Leading(v.items) if isinstance(v, Record | Items) else v for v in (yes, no)]
    if not all(isinstance(v, Leading) for v in items):
        return None
    both = _common(test, *items)  # type: ignore[arg-type]
    known = both.items if isinstance(both, Leading) else ()
    if isinstance(yes, Record) and isinstance(no, Record):
        pairs = zip(yes.values, no.values, strict=True) if yes.names == no.names else None
        values = tuple(_item(test, a, b) for a, b in pairs) if pairs is not None else ()
        return Record(yes.names, values, known) if pairs is not None else Leading(known)
    one = yes if isinstance(yes, Record) else no
    assert isinstance(one, Record)
    return Record(one.names, one.values, known)


def _item(test: Value, yes: Value, no: Value) -> Value:
    """`(None, None)` where a layer is skipped: whatever works on an item needs the array of the other path."""
    pairs = ((yes, no), (no, yes))
    array = next((a for a, b in pairs if isinstance(a, Array) and b == const(None)), None)
    if array is not None:
        return replace(array, skipped=True)
    found = merged(test, yes, no)
    lost = found is None and (is_one(yes) or is_one(no)) and isinstance(test, Term)
    return chosen(straight(test), yes, no) if lost and isinstance(test, Term) else found


def _chosen(test: Term | None, yes: Term | None, no: Term | None) -> Term | None:
    if test is None or yes is None or no is None:
        return None
    one, two = _given(yes, test, holds=True), _given(no, test, holds=False)
    if test.kind is Kind.OP and {one, two} == {*test.parts} and test.value in ("==", "!="):
        return one if test.value == "!=" else two  # `wide if narrow != wide else narrow`
    return choice(test, one, two)


def _given(size: Term, test: Term, *, holds: bool) -> Term:
    """A size where the answer to a test is known: what it has asked before is not asked again."""
    parts = tuple(_given(part, test, holds=holds) for part in size.parts)
    if size.kind is Kind.CHOICE and parts[0] == test:
        return parts[1 if holds else 2]
    if size.kind is Kind.CHOICE and parts[1] == parts[2]:
        return parts[1]
    return replace(size, parts=parts)


def narrowed(test: ast.expr, env: Mapping[str, Value], kind: type[ast.cmpop]) -> dict[str, Value]:
    """Returns what `x.ndim == 2` says of x where it holds; for `NotEq`, where `x.ndim != 2` does not."""
    every = ast.And if kind is ast.Eq else ast.Or
    match test:
        case ast.BoolOp(op=op, values=values) if isinstance(op, every) and not _rebinds(test):
            found: dict[str, Value] = {}
            for value in values:
                found |= narrowed(value, {**env, **found}, kind)
            return found
        case ast.Compare(left=left, ops=[sign], comparators=[ast.Constant(value=int() as rank)]) if (
            isinstance(sign, kind) and (name := counted(left)) is not None
        ):
            array = env.get(name)
            if isinstance(array, Array) and array.axes is None and array.least <= rank:
                return {name: replace(array, rank=rank)}
    return {}


def _rebinds(test: ast.expr) -> bool:
    return any(isinstance(n, ast.NamedExpr) for n in ast.walk(test))


def counted(node: ast.expr) -> str | None:
    """The array of `x.ndim` or `len(x.shape)`."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="ndim"):
            return name
        case ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(value=ast.Name(id=name), attr="shape")]):
            return name
    return None
