"""Windows that slide over the axes between the first and the last."""

from collections.abc import Sequence

from ..arrays import of_shape
from ..modules import goes_on
from ..ranks import of_rank, ranks_of
from ..terms import Term, const, op
from ..values import SOMEWHERE, Array, Items, Shape, Value
from .arguments import Arguments

_ONE = const(1)
_LAST = Items((const("N...C"), const("...IO"), const("N...C")))
"""Of an array of any number of axes, the features are last."""


def pool(given: Arguments) -> Value:
    array, asked_for = given.array(), given.get(1, "window_shape")
    window = _plain(asked_for)
    if array is None or not given.plain:
        return None
    if window is None:
        return _of_any_size(array, asked_for)
    asked = given.get(2, "strides")
    strides = [_ONE] * len(window) if asked in (None, const(None)) and _told(given, 2) else _plain(asked)
    padding = given.get(3, "padding") if given.has(3, "padding") else const("VALID")
    return slid(array, window, strides, padding)


def pooled(given: Arguments) -> Value:
    """What a function gives that is called as `nn.max_pool` is: of the axes it slides over, nothing else is known."""
    array = given.array()
    return _of_any_size(array, given.keywords["window_shape"]) if array is not None and given.plain else None


def _of_any_size(array: Array, window: Value) -> Array | None:
    """How many axes it slides over is known: what is behind and in front of them stays; else the last one stays."""
    count = len(window.items) if isinstance(window, Items) and not goes_on(window) else 0
    if isinstance(window, Shape) and not count:
        return of_rank(ranks_of(array), array.at(-1))
    bare = array.dropped(count + 1) if count else None
    return bare.ending(*[None] * count, array.at(-1)) if bare is not None else None


def reduced(given: Arguments) -> Value:
    """`reduce_window(x, 0.0, add, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")`: axes with a window and a stride of 1 stay."""
    array = given.array()
    windows, strides = (
        _listed(given.get(*place)) for place in ((3, "window_dimensions"), (4, "window_strides"))
    )
    padding = paddings(given.get(5, "padding"), len(windows))
    if (
        array is None
        or not given.plain
        or array.axes not in (None, len(windows))
        or len(strides) != len(windows)
    ):
        return None
    whole = array.spelled(len(windows))
    rows = zip(whole.tail, windows, strides, padding, strict=False)
    kept = [t if (w, s) == (_ONE, _ONE) and p in ("SAME", "VALID", (0, 0)) else None for t, w, s, p in rows]
    return Array(None, 0, tuple(kept), len(windows)) if len(kept) == len(windows) else None


def _listed(value: Value) -> Sequence[Value]:
    return value.items if isinstance(value, Items) else ()


def convolve(given: Arguments) -> Value:
    """`conv_general_dilated(x, kernel, ...)`: the outputs of the kernel, at the place that the layout says.

    The array and the kernel have one number of axes; of the array's, the result has as many.
    """
    kernel, layout = given.array(1, "rhs"), given.get(6, "dimension_numbers")
    if layout == _LAST and given.plain:
        return _with_outputs(_of_as_many(given.array(0, "lhs"), kernel), kernel)
    places = _places(layout) if kernel is not None and given.plain else None
    if kernel is None or places is None:
        return _of_as_many(given.array(0, "lhs"), kernel) if given.plain else None
    count, outputs, features = places
    size = kernel.at(outputs - count)
    return Array(None, 0, tuple(size if k == features else None for k in range(count)), count)


def _places(layout: Value) -> tuple[int, int, int] | None:
    """How many axes there are, and which of the kernel's and of the result's are the features that come out."""
    match layout.items if isinstance(layout, Items) else ():
        case [_, Term(value=str(kernel)), Term(value=str(result))] if "O" in kernel and "C" in result:
            return len(result), kernel.index("O"), result.index("C")
        case [
            _,
            Items(items=[Term(value=int(outputs)), *_]),
            Items(items=[_, Term(value=int(last)), *_] as all_),
        ]:
            return len(all_), outputs, last
    return None


def numbers(given: Arguments) -> Value:
    """`ConvDimensionNumbers(lhs_spec, rhs_spec, out_spec)`: batch or outputs first, then features, then the window."""
    specs = tuple(given.get(k, name) for k, name in enumerate(("lhs_spec", "rhs_spec", "out_spec")))
    return Items(specs) if given.plain else None


def _with_outputs(array: Array | None, kernel: Array | None) -> Array | None:
    """The outputs of a kernel are last, however many axes there are."""
    outputs = kernel.at(-1) if kernel is not None else None
    found = array.with_last(outputs) if array is not None and array.least else None
    return found or (Array(SOMEWHERE, 1, (outputs,)) if outputs is not None else array)


def layout(given: Arguments) -> Value:
    """`_conv_dimension_numbers(x.shape)` of Flax: the features are last."""
    shape = given.get(0, "input_shape")
    count = (
        shape.array.axes
        if isinstance(shape, Shape)
        else len(shape.items)
        if isinstance(shape, Items)
        else None
    )
    if count is None:
        return _LAST
    if not 3 <= count <= 5:
        return None
    space = "DHW"[5 - count :]
    return Items((const(f"N{space}C"), const(f"{space}IO"), const(f"N{space}C")))


def _of_as_many(*arrays: Array | None) -> Array | None:
    """Returns an array of no known size that has as many axes as each of these has."""
    known = [array.axes for array in arrays if array is not None and array.axes is not None]
    return Array(None, 0, (None,) * known[0], known[0]) if known else None


def _told(given: Arguments, position: int) -> bool:
    """An argument that is not given, or is None; one that is not understood is neither."""
    return not given.has(position, "strides") or given.get(position, "strides") == const(None)


def _plain(value: Value) -> list[Term] | None:
    """The elements of a tuple of sizes, or of a part of a shape, `x.shape[1:3]`."""
    whole = of_shape(value) if isinstance(value, Shape) else None
    counted = Items(whole.whole().tail) if whole is not None and whole.axes is not None else value
    items = counted.items if isinstance(counted, Items) else (None,)
    found = [i for i in items if isinstance(i, Term)]
    return found if len(found) == len(items) else None


def slid(
    array: Array, window: Sequence[Term], strides: Sequence[Term] | None, padding: Value
) -> Array | None:
    """Returns the shape after a window was slid over the axes in front of the last."""
    count = len(window)
    whole = array.spelled(count + 1)
    if len(whole.tail) < count + 1 or strides is None or len(strides) != count:
        return None
    bare = whole.dropped(count + 1)
    space = [
        _slide(t, w, s, p)
        for t, w, s, p in zip(
            whole.tail[-count - 1 : -1], window, strides, paddings(padding, count), strict=True
        )
    ]
    return None if bare is None else bare.ending(*space, whole.tail[-1])


Padding = str | tuple[int, int] | None
"""A kind of padding, literal widths, or nothing known."""


def paddings(value: Value, count: int) -> list[Padding]:
    """Returns the padding of each axis."""
    if isinstance(value, Term):
        if isinstance(value.value, str):
            return [value.value.upper() if value.kind is const("").kind else None] * count
        return [_pair(value)] * count
    items = value.items if isinstance(value, Items) else ()
    return [_pair(i) for i in items] if len(items) == count else [None] * count


def _pair(value: Value) -> tuple[int, int] | None:
    both = value.items if isinstance(value, Items) else (value, value)
    numbers = [i.number if isinstance(i, Term) else None for i in both]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def _slide(size: Term | None, window: Term, stride: Term, padding: Padding) -> Term | None:
    if size is None or stride.number == 0 or padding is None:
        return None
    if isinstance(padding, tuple) and window.number is not None and sum(padding) == window.number - 1:
        padding = "SAME"  # (n - 1) // stride + 1 is (n + stride - 1) // stride
    if isinstance(padding, tuple):
        return _valid(op("+", size, const(sum(padding))), window, stride)
    if padding == "VALID":
        return _valid(size, window, stride)
    if padding == "SAME":
        return op("//", op("+", size, op("-", stride, _ONE)), stride)
    return size if padding in ("CIRCULAR", "REFLECT", "CAUSAL") and stride == _ONE else None


def _valid(size: Term, window: Term, stride: Term) -> Term:
    if window == size:
        return _ONE
    if window == stride:
        return op("//", size, stride)
    return op("+", op("//", op("-", size, window), stride), _ONE)
