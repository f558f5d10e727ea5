"""Windows of literal size that slide over the axes between the first and the last."""

from ..terms import Term, const, op
from ..values import Array, Value
from .arguments import Arguments


def pool(given: Arguments) -> Value:
    """Windows slide over the axes between the first and the last."""
    array, window = given.array(), given.integers(1, "window_shape")
    if array is None or window is None:
        return None
    strides = given.integers(2, "strides") if given.has(2, "strides") else [1] * len(window)
    padding = given.get(3, "padding") if given.has(3, "padding") else const("VALID")
    return slid(array, window, strides, padding)


def slid(array: Array, window: list[int], strides: list[int] | None, padding: Value) -> Array | None:
    """Returns the shape after a window of literal size was slid over the axes in front of the last."""
    count = len(window)
    whole = array.spelled(count + 1)
    if len(whole.tail) < count + 1 or strides is None or len(strides) != count:
        return None
    bare = whole.dropped(count + 1)
    kind = padding.value if isinstance(padding, Term) else None
    space = [
        _slide(t, w, s, kind) for t, w, s in zip(whole.tail[-count - 1 : -1], window, strides, strict=True)
    ]
    return None if bare is None else bare.ending(*space, whole.tail[-1])


def _slide(size: Term | None, window: int, stride: int, padding: object) -> Term | None:
    if size is None or stride == 0:
        return None
    if padding in ("SAME", "CIRCULAR", "REFLECT", "CAUSAL"):
        return (
            op("//", op("+", size, const(stride - 1)), const(stride))
            if padding == "SAME" or stride == 1
            else None
        )
    if padding == "VALID":
        if window == stride:
            return op("//", size, const(stride))
        return op("+", op("//", op("-", size, const(window)), const(stride)), const(1))
    return None
