"""What functions of JAX, NumPy and Flax do to shapes. A function that is not listed gives nothing known."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import arrays
from .terms import Term, const, op
from .values import Array, Items, Shape, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call; a keyword `**` stands for those that are unpacked."""

    evaluator: "Evaluator"
    node: ast.Call
    values: tuple[Value, ...]
    keywords: Mapping[str, Value]

    @property
    def plain(self) -> bool:
        starred = any(isinstance(a, ast.Starred) for a in self.node.args)
        return not starred and "**" not in self.keywords

    def get(self, position: int, name: str) -> Value:
        return self.values[position] if position < len(self.values) else self.keywords.get(name)

    def has(self, position: int, name: str) -> bool:
        return position < len(self.values) or name in self.keywords

    def array(self, position: int = 0, name: str = "") -> Array | None:
        value = self.get(position, name)
        return value if isinstance(value, Array) else None

    def integer(self, position: int, name: str, default: int | None) -> int | None:
        """A literal argument; `default` where it is not given, None where it is no literal."""
        if not self.has(position, name):
            return default
        value = self.get(position, name)
        return value.number if isinstance(value, Term) else None

    def integers(self, position: int, name: str) -> list[int] | None:
        value = self.get(position, name)
        items = value.items if isinstance(value, Items) else (value,)
        found = [i.number if isinstance(i, Term) else None for i in items]
        return [n for n in found if n is not None] if None not in found else None


def _same(given: Arguments) -> Value:
    return given.array() if given.plain else None


def keeps_shape(rule: Callable[[Arguments], Value]) -> bool:
    """Tells whether a function gives an array of the shape of its first argument."""
    return rule is _same


def _broadcast(given: Arguments) -> Value:
    if not given.plain or not given.values:
        return None
    total: Value = None
    for value in given.values:
        if isinstance(value, Term):
            continue
        if not isinstance(value, Array):
            return None
        total = (
            value if total is None else arrays.broadcast(total, value) if isinstance(total, Array) else None
        )
        if total is None:
            return None
    return total


def _reduce(given: Arguments) -> Value:
    array = given.array()
    if array is None or not given.plain:
        return None
    keep = given.get(9, "keepdims")
    kept = isinstance(keep, Term) and keep.value is True
    if "keepdims" in given.keywords and not (isinstance(keep, Term) and keep.value in (True, False)):
        return None
    if not given.has(1, "axis"):
        return arrays.reduced(array, None, kept)
    axes = given.integers(1, "axis")
    return arrays.reduced(array, axes, kept) if axes is not None else None


def _concatenate(given: Arguments) -> Value:
    parts, axis = given.get(0, "arrays"), given.integer(1, "axis", 0)
    if not isinstance(parts, Items) or axis is None or not parts.items:
        return None
    found = [p for p in parts.items if isinstance(p, Array)]
    if len(found) < len(parts.items):
        return None
    return arrays.concatenated(found, axis)


def _stack(given: Arguments) -> Value:
    parts, axis = given.get(0, "arrays"), given.integer(1, "axis", 0)
    first = parts.items[0] if isinstance(parts, Items) and parts.items else None
    if not isinstance(parts, Items) or not isinstance(first, Array) or axis is None:
        return None
    if axis == -1:
        return first.ending(const(len(parts.items)))
    return (
        Array(None, 0, (None, *first.tail), len(first.tail) + 1) if first.root is None and axis == 0 else None
    )


def _split(given: Arguments) -> Value:
    array, axis, count = (
        given.array(),
        given.integer(2, "axis", 0),
        given.integer(1, "indices_or_sections", None),
    )
    if array is None or axis is None or count is None:
        return None
    axis = axis - array.axes if axis >= 0 and array.axes is not None else axis
    if axis != -1:
        return None
    size = array.at(-1)
    part = array.with_last(None if size is None else op("//", size, const(count)))
    return Items((part,) * count)


def _reshape(given: Arguments) -> Value:
    array, rest = given.array(), given.values[1:]
    if array is None or given.keywords:
        return None
    if len(rest) == 1 and isinstance(rest[0], Items):
        return arrays.reshaped(array, rest[0].items)
    if rest and isinstance(rest[0], Shape):
        sizes = [v if isinstance(v, Term) else None for v in rest[1:]]
        lead = rest[0].array.ending(*sizes)
        return _no_free_axis(array, lead)
    if any(isinstance(a, ast.Starred) for a in given.node.args):
        return None
    return arrays.reshaped(array, rest)


def _no_free_axis(array: Array, shape: Array) -> Value:
    """`x.reshape(*x.shape[:-2], -1)` joins the axes that are left out."""
    if const(-1) not in shape.tail:
        return shape
    if shape.tail[-1] != const(-1) or shape.root != array.root or shape.root is None:
        return shape.with_last(None) if shape.tail[-1] == const(-1) else None
    whole = array.spelled(shape.cut)
    mine = whole.tail[: len(whole.tail) - shape.cut] if len(whole.tail) > shape.cut else ()
    same = len(shape.tail) == 1 and whole.cut == shape.cut and not mine
    return shape.with_last(arrays.product(whole.tail) if same else None)


def _made(given: Arguments) -> Value:
    return arrays.of_shape(given.get(0, "shape"))


def _drawn(given: Arguments) -> Value:
    return arrays.of_shape(given.get(1, "shape"))


def _one_hot(given: Arguments) -> Value:
    array, classes = given.array(), given.get(1, "num_classes")
    return array.ending(classes if isinstance(classes, Term) else None) if array is not None else None


def _expand_dims(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(1, "axis", None)
    return array.ending(const(1)) if array is not None and axis == -1 else None


def _squeeze(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(1, "axis", None)
    return array.dropped(1) if array is not None and axis == -1 else None


def _swapaxes(given: Arguments) -> Value:
    array, named = given.array(), [given.integer(1, "axis1", None), given.integer(2, "axis2", None)]
    axes = [a for a in named if a is not None]
    if array is None or len(axes) < 2 or (array.axes is None and max(axes) >= 0):
        return None
    one, two = (a if a < 0 else a - (array.axes or 0) for a in axes)
    whole = array.spelled(max(-one, -two))
    tail = list(whole.tail)
    if max(-one, -two) > len(tail):
        return None
    tail[one], tail[two] = tail[two], tail[one]
    bare = whole.dropped(len(tail))
    return bare.ending(*tail) if bare is not None else None


def _transpose(given: Arguments) -> Value:
    array = given.array()
    axes = given.integers(1, "axes") if len(given.values) <= 2 else [
        v.number for v in given.values[1:] if isinstance(v, Term) and v.number is not None
    ]  # fmt: skip
    if array is None or not axes or sorted(axes) != list(range(len(axes))):
        return None
    return Array(None, 0, tuple(array.at(a - len(axes)) for a in axes), len(axes))


def _pool(given: Arguments) -> Value:
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


def _matmul(given: Arguments) -> Value:
    left, right = given.array(0), given.array(1)
    if left is None or right is None or right.axes in (None, 1):
        return None
    return left.with_last(right.at(-1))


def _einsum(given: Arguments) -> Value:
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


def _pad(given: Arguments) -> Value:
    array, widths = given.array(), given.get(1, "pad_width")
    if array is None or not isinstance(widths, Items):
        return None
    last = widths.items[-1] if widths.items else None
    kept = isinstance(last, Items) and all(isinstance(i, Term) and i.number == 0 for i in last.items)
    whole = array.spelled(len(widths.items))
    bare = whole.dropped(len(widths.items))
    if bare is None:
        return None
    return bare.ending(*([None] * (len(widths.items) - 1)), whole.tail[-1] if kept else None)


def _broadcast_to(given: Arguments) -> Value:
    return arrays.of_shape(given.get(1, "shape"))


def _tile(given: Arguments) -> Value:
    array, reps = given.array(), given.get(1, "reps")
    if array is None or not isinstance(reps, Items) or array.axes != len(reps.items):
        return None
    pairs = zip(array.spelled(len(reps.items)).tail, reps.items, strict=True)
    tail = [op("*", a, r) if a is not None and isinstance(r, Term) else None for a, r in pairs]
    return Array(None, 0, tuple(tail), len(tail))


def _repeat(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(2, "axis", None)
    if array is None or axis is None or axis == -1:
        return None
    if axis >= 0 and (array.axes is None or axis == array.axes - 1):
        return None
    place = axis if axis < 0 else axis - (array.axes or 0)
    whole = array.spelled(-place)
    tail = list(whole.tail)
    tail[place] = None
    bare = whole.dropped(len(tail))
    return bare.ending(*tail) if bare is not None else None


def _flatten(given: Arguments) -> Value:
    array = given.array()
    if array is None or array.axes is None or len(given.values) > 1:
        return None
    return Array(None, 0, (arrays.product([array.at(k) for k in range(-array.axes, 0)]),), 1)


def _resize(given: Arguments) -> Value:
    return arrays.of_shape(given.get(1, "shape"))


def _names(text: str) -> list[str]:
    return text.split()


_SAME = _names(
    """
    abs absolute celu elu exp expm1 gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log log1p log2
    log_sigmoid log_softmax negative nan_to_num relu relu6 round rsqrt selu sigmoid sign silu sin cos soft_sign
    softmax softplus sqrt square standardize swish tanh asarray array stop_gradient clip floor ceil sort
    erf cbrt reciprocal logical_not isnan isfinite flip roll zeros_like ones_like empty_like full_like normalize
    sinc mish sparse_plus identity triu tril
    """
)
_TWO = _names(
    """
    add subtract multiply divide true_divide power maximum minimum where logical_and logical_or equal not_equal
    greater greater_equal less less_equal mod remainder floor_divide arctan2
    """
)
_REDUCE = _names("sum mean max min prod var std any all median amax amin nansum nanmean")
_SHAPED = _names("ones zeros empty full")
_DRAWN = _names("normal uniform bernoulli truncated_normal")
_BY_NAME: dict[str, Callable[[Arguments], Value]] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_TWO, _broadcast),
    **dict.fromkeys(_REDUCE, _reduce),
    "concatenate": _concatenate, "concat": _concatenate, "stack": _stack, "split": _split,
    "array_split": _split, "reshape": _reshape,
    **dict.fromkeys(_SHAPED, _made),
    "one_hot": _one_hot, "expand_dims": _expand_dims, "squeeze": _squeeze, "swapaxes": _swapaxes,
    "transpose": _transpose, "matmul": _matmul, "einsum": _einsum, "pad": _pad, "broadcast_to": _broadcast_to,
    "tile": _tile, "repeat": _repeat, "ravel": _flatten,
}  # fmt: skip
_MODULES = ("jax.numpy", "numpy", "jax.nn", "jax.lax", "flax.linen", "flax.linen.activation")

FUNCTIONS: Mapping[str, Callable[[Arguments], Value]] = {
    **{f"{module}.{name}": rule for module in _MODULES for name, rule in _BY_NAME.items()},
    **dict.fromkeys(["flax.linen.avg_pool", "flax.linen.max_pool", "flax.linen.min_pool"], _pool),
    **{f"jax.random.{name}": _drawn for name in _DRAWN},
    "jax.image.resize": _resize,
    "jax.scipy.special.erf": _same,
    "jax.lax.with_sharding_constraint": _same,
    "jax.ad_checkpoint.checkpoint_name": _same,
}
"""By dotted name; jax.lax and numpy share the rules of jax.numpy where the names are the same."""

METHODS: Mapping[str, Callable[[Arguments], Value]] = {
    **{
        name: _BY_NAME[name]
        for name in (*_REDUCE, "reshape", "squeeze", "swapaxes", "transpose", "clip", "round")
    },
    "astype": lambda given: given.array(),
    "copy": lambda given: given.array(),
    "flatten": _flatten,
    "ravel": _flatten,
}
"""Methods of arrays; the array itself is the first argument."""
