"""Layout: operations that compute nothing but where an element stands. All of them are exact."""

from collections.abc import Sequence

from .terms import Shape, Table, Value, is_one


def broadcast(value: Value, shape: Shape, dimensions: Sequence[int]) -> Value:
    """Returns `lax.broadcast_in_dim`: axis i of `value` becomes axis `dimensions[i]`."""
    axes: list[int | None] = [None] * len(shape)
    for axis, place in zip(value.axes, dimensions, strict=True):
        axes[place] = axis
    return Value(value.term, tuple(axes), shape)


def lift(value: Value, shape: Shape) -> Value:
    """Returns an operand of an elementwise operation, where JAX admits sizes of 1 and scalars, in full `shape`."""
    return value._replace(shape=shape) if len(value.shape) == len(shape) else broadcast(value, shape, ())


def transpose(value: Value, permutation: Sequence[int]) -> Value:
    """Returns `lax.transpose`."""
    axes, shape = (tuple(part[i] for i in permutation) for part in (value.axes, value.shape))
    return Value(value.term, axes, shape)


def squeeze(value: Value, dimensions: Sequence[int]) -> Value:
    """Returns `lax.squeeze`: drops axes of size 1."""
    return take_axes(value, [i for i in range(len(value.shape)) if i not in dimensions])


def take_axes(value: Value, axes: Sequence[int]) -> Value:
    """Returns a value with only these of its axes; the others must be repetitions."""
    return Value(value.term, tuple(value.axes[i] for i in axes), tuple(value.shape[i] for i in axes))


def large(shape: Shape) -> list[int]:
    """Returns the axes whose size is not 1."""
    return [i for i, size in enumerate(shape) if not is_one(size)]


def reshape(table: Table, value: Value, shape: Shape) -> Value:
    """Returns `lax.reshape`: a view where only sizes of 1 come or go, else a term of its own."""
    ours, theirs = large(value.shape), large(shape)
    core = take_axes(value, ours)
    target = tuple(shape[i] for i in theirs)
    if core.shape != target:
        core = _reshaped(table, core, target)
    return broadcast(core, shape, theirs)


def _reshaped(table: Table, value: Value, shape: Shape) -> Value:
    """Reshapes for real: a reshape of a reshape is one, and one that goes back is none."""
    term = table.terms[value.term]
    if term.op == "reshape" and value == Value(value.term, tuple(range(len(term.shape))), term.shape):
        (value,) = term.operands
        if value.shape == shape:
            return value
    return table.make("reshape", None, (value,), shape, table.dtype(value))


def compose(outer: Value, inner: Value) -> Value:
    """Returns what `outer` shows if its term is the array `inner`."""
    axes = tuple(None if axis is None else inner.axes[axis] for axis in outer.axes)
    return Value(inner.term, axes, outer.shape)


def is_repeated(value: Value, axis: int) -> bool:
    """Whether a value is the same all along an axis."""
    return value.axes[axis] is None
