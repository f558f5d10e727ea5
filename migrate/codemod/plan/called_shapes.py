"""The shapes of what a caller passes."""

from collections.abc import Sequence

from ..constructors import Attribute
from ..flow.arrays import of_shape
from ..flow.comparisons import unequal
from ..flow.outputs import field_of
from ..flow.terms import Kind, Term, Whole, const
from ..flow.values import Array, Changed, Items, Keyed, Record, Shape, Value


def as_shape(value: Value) -> Array | None:
    """Returns an array of the shape that is passed; None for what is no shape."""
    return of_shape(value) if isinstance(value, Shape | Items) else None


def plain(value: Value) -> Term | None:
    """Returns what is passed that is no array: a number, a string, or several of them."""
    match value:
        case Term() if value != const(None):
            return value
        case Items(items=items):
            return tuple_of([plain(i) for i in items])
        case Shape(array=array):
            return whole_of(array)
    return None


def differ(own: Value, shape: Value) -> Term | None:
    """Returns whether an array has another shape than one that is passed."""
    if isinstance(shape, Items) and (array := as_shape(shape)) is not None:
        shape = Shape(array)
    return unequal(Shape(own), shape) if isinstance(own, Array) and isinstance(shape, Shape) else None


def item(value: Value, place: int | str | Attribute) -> Value:
    """Returns one item of what is passed as a tuple or a dict, or an attribute of an instance."""
    if isinstance(place, Attribute):
        if isinstance(value, Record | Changed):
            return field_of(value, place)
        return value.attribute(place) if isinstance(value, Array) else None
    if isinstance(place, str):
        if isinstance(value, Keyed):
            return value.at(place)
        return value.item(place) if isinstance(value, Array) else None
    if isinstance(value, Items):
        return value.items[place] if -len(value.items) <= place < len(value.items) else None
    return value.item(place) if isinstance(value, Array) else None


def whole_of(array: Array) -> Term | None:
    """Returns all axes of an array of known rank."""
    if array.axes is None:
        return None
    return tuple_of([array.at(k) for k in range(-array.axes, 0)])


def shape_of(array: Array) -> Term | None:
    """Returns all axes of an array; an argument of the caller, which may have any number, has the shape of that."""
    if not array.untouched or array.skipped or array.batched:
        return whole_of(array)
    return Whole.of(*array.argument) if array.argument is not None else None


def tuple_of(sizes: Sequence[Term | None]) -> Term | None:
    """Returns the sizes as one, where all are known."""
    known = tuple(s for s in sizes if s is not None)
    return Term(Kind.TUPLE, None, known) if len(known) == len(sizes) else None
