# ruff: noqa: ARG001, ARG005 - rules of a table have one signature
"""Which sizes the layers of the catalog take from their input, and the shape of what they give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ...catalog.norms import FEATURE_NORMS, TWINS
from ..cells import CARRY, CELLS
from . import einsums
from .found import Sizes
from .functions.windows import slid
from .terms import Kind, Term, const, op
from .values import SOMEWHERE, Array, Items, Shape, Use, Value

Given = Mapping[str, Value]


def sizes_of(layer: str, given: Given, use: Use) -> Sizes | None:
    """Returns the sizes that a layer asks for when it is used like this; None when the use says nothing."""
    rule = _SIZES.get(layer)
    return rule(given, use) if rule is not None and use.method == "__call__" else None


def output_of(layer: str, given: Given, use: Use) -> Value:
    """Returns what a call gives."""
    first = _step(use) if layer in CELLS else _first(use)
    if layer in CELLS and use.method == CARRY:
        shape = use.args[1] if len(use.args) > 1 else use.keywords.get("input_shape")
        return carry_of(layer, given.get("features"), shape)
    rule = _OUTPUTS.get(layer)
    if layer == "Embed" and use.method == "attend":
        return first.with_last(_term(given.get("num_embeddings"))) if first is not None else None
    if rule is None or use.method != "__call__":
        return None
    return rule(given, first if first is not None else Array(SOMEWHERE), use)


def _first(use: Use) -> Array | None:
    value = use.args[0] if use.args else next(iter(use.keywords.values()), None)
    return value if isinstance(value, Array) else None


def _step(use: Use) -> Array | None:
    """The input of a recurrent cell, which stands behind the carry."""
    value = use.args[1] if len(use.args) > 1 else use.keywords.get("inputs")
    return value if isinstance(value, Array) else None


def _term(value: Value) -> Term | None:
    return value if isinstance(value, Term) else None


def _last(name: str) -> Callable[[Given, Use], Sizes]:
    def rule(given: Given, use: Use) -> Sizes:
        first = _first(use)
        return ((name, first.at(-1) if first is not None else None),)

    return rule


def _normalised(given: Given, use: Use) -> Sizes:
    first, axis = _first(use), given.get("axis", const(-1))
    at = axis.number if isinstance(axis, Term) else None
    return (("num_features", first.at(at) if first is not None and at is not None else None),)


def _contracted(given: Given) -> list[int] | None:
    axis = given.get("axis", const(-1))
    items = axis.items if isinstance(axis, Items) else (axis,)
    numbers = [i.number if isinstance(i, Term) else None for i in items]
    found = [n for n in numbers if n is not None]
    expected = list(range(-len(numbers), 0))
    return found if sorted(found) == expected and found == expected else None


def _general(given: Given, use: Use) -> Sizes:
    first, axes = _first(use), _contracted(given)
    if first is None or axes is None or "batch_dims" in given:
        return (("in_features", None),)
    sizes = [first.at(a) for a in axes]
    if len(sizes) == 1:
        return (("in_features", sizes[0]),)
    known = tuple(s for s in sizes if s is not None)
    return (("in_features", Term(Kind.TUPLE, None, known) if len(known) == len(sizes) else None),)


def _general_output(given: Given, first: Array, use: Use) -> Value:
    axes, features = _contracted(given), given.get("features")
    if axes is None or "batch_dims" in given:
        return None
    bare = first.dropped(len(axes))
    if bare is None:
        return None
    if isinstance(features, Items):
        return bare.ending(*(_term(f) for f in features.items))
    # a field may hold a tuple of features
    plain = isinstance(features, Term) and features.kind in (Kind.CONST, Kind.OP, Kind.ATTRIBUTE)
    return bare.ending(_term(features)) if plain else None


def _features(given: Given, first: Array, use: Use) -> Value:
    return first.with_last(_term(given.get("features")))


def _embedded(given: Given, first: Array, use: Use) -> Value:
    return first.ending(_term(given.get("features")))


def _same(given: Given, first: Array, use: Use) -> Value:
    return first


def _convolved(given: Given, first: Array, use: Use) -> Value:
    kernel = given.get("kernel_size")
    if not isinstance(kernel, Items):
        return _space_unknown(first).with_last(_term(given.get("features")))
    count, padding = len(kernel.items), given.get("padding", const("SAME"))
    # what SAME gives depends on the strides alone
    same = padding == const("SAME")
    window = [const(1) if same else k for k in kernel.items if same or isinstance(k, Term)]
    dilated = "input_dilation" in given or ("kernel_dilation" in given and not same)
    strides = _each(given.get("strides", const(1)), count)
    known = [w for w in window if isinstance(w, Term)]
    new = slid(first, known, strides, padding) if len(known) == count and not dilated else None
    if new is None:
        bare = first.dropped(count + 1)
        if bare is None:
            return None
        new = bare.ending(*[None] * (count + 1))
    if new.rank is None:
        new = replace(new, rank=count + 2, batched=True)
    return new.with_last(_term(given.get("features")))


def _space_unknown(first: Array) -> Array:
    """How many axes a kernel of unknown size slides over is not known: only the last axis is."""
    return Array(SOMEWHERE, 1, (first.at(-1),))


def _each(value: Value, count: int) -> list[Term] | None:
    """A tuple of sizes, or one literal for each of them; a field may hold either."""
    if value == const(None):
        return [const(1)] * count
    if isinstance(value, Term) and value.number is not None:
        return [value] * count
    items = value.items if isinstance(value, Items) else ()
    found = [i for i in items if isinstance(i, Term)]
    return found if len(found) == count == len(items) else None


def _transposed(given: Given, first: Array, use: Use) -> Value:
    kernel = given.get("kernel_size")
    count = len(kernel.items) if isinstance(kernel, Items) else 0
    bare = first.dropped(count + 1) if count else None
    if bare is None:
        return None
    # each position becomes as many as the stride; SAME pads so that there are no more, whatever the kernel
    strides: Sequence[Term | None] = _each(given.get("strides", const(None)), count) or [None] * count
    padding = given.get("padding", const("SAME"))
    windows = kernel.items if isinstance(kernel, Items) else ()
    sizes = [first.at(k - count - 1) for k in range(count)]
    wider = [
        _upsampled(size, stride, window, padding, given.get("kernel_dilation", const(None)))
        for size, stride, window in zip(sizes, strides, windows, strict=True)
    ]
    new = bare.ending(*wider, _term(given.get("features")))
    return new if new.rank is not None else replace(new, rank=count + 2, batched=True)


def _upsampled(
    size: Term | None, stride: Term | None, window: Value, padding: Value, dilation: Value
) -> Term | None:
    """VALID leaves what the kernel reaches beyond the stride."""
    if size is None or stride is None:
        return None
    whole = op("*", size, stride)
    if padding == const("VALID") and dilation == const(None):
        known = isinstance(window, Term) and window.number is not None and stride.number is not None
        beyond = max(window.number - stride.number, 0) if known else None  # type: ignore[union-attr, operator]
        return op("+", whole, const(beyond)) if beyond is not None else None
    return whole if padding == const("SAME") else None


def _attended(given: Given, use: Use) -> Sizes:
    """The features of the queries; those of the keys too, where they may be others."""
    keys = [
        *use.args[1:2],
        *(use.keywords[name] for name in ("inputs_k", "inputs_kv") if name in use.keywords),
    ]
    query = _first(use)
    own = query.at(-1) if query is not None else None
    if not keys:
        return (("in_features", own),)
    key = keys[0]
    other = key.at(-1) if isinstance(key, Array) else None
    return (("in_features", own),) if other == own else (("in_features", own), ("in_kv_features", other))


def _self_attended(given: Given, use: Use) -> Sizes:
    query = _first(use)
    return (("in_features", query.at(-1) if query is not None else None),)


def _attention(given: Given, first: Array, use: Use) -> Value:
    own = given.get("out_features", const(None))
    if own == const(None):
        return first
    return first.with_last(own if isinstance(own, Term) and own.kind is not Kind.FIELD else None)


def _stepped(given: Given, use: Use) -> Sizes:
    step = _step(use)
    return (("in_features", step.at(-1) if step is not None else None),)


def carry_of(layer: str, features: Value, shape: Value) -> Value:
    """Returns the first carry of a cell for inputs of a shape."""
    width = _term(features)
    if isinstance(shape, Shape):
        state = shape.array.with_last(width)
    elif isinstance(shape, Items):
        sizes = (*map(_term, shape.items[:-1]), width)
        state = Array(None, 0, sizes, len(sizes))
    else:
        state = Array(SOMEWHERE, 1, (width,))
    return Items((state, state)) if "LSTM" in layer else state


def _simple_cell(given: Given, first: Array, use: Use) -> Value:
    state = _features(given, _beside_carry(first, use), use)
    return Items((state, state))


def _beside_carry(step: Array, use: Use) -> Array:
    """An input of which nothing but the last axis is known has the leading axes of the carry."""
    carry = use.args[0] if use.args else None
    held = carry.items[-1] if isinstance(carry, Items) and carry.items else carry
    return held if step.root == SOMEWHERE and isinstance(held, Array) else step


def _memory_cell(given: Given, first: Array, use: Use) -> Value:
    state = _features(given, _beside_carry(first, use), use)
    return Items((Items((state, state)), state))


_ATTENTION = ("MultiHeadDotProductAttention", "MultiHeadAttention")
_SIZES: Mapping[str, Callable[[Given, Use], Sizes]] = {
    **dict.fromkeys(("Dense", "Conv", "ConvTranspose"), _last("in_features")),
    **dict.fromkeys(FEATURE_NORMS, _last("num_features")),
    "BatchNorm": _normalised,
    "DenseGeneral": _general,
    "Einsum": einsums.sizes,
    **dict.fromkeys(_ATTENTION, _attended),
    "SelfAttention": _self_attended,
    **dict.fromkeys(CELLS, _stepped),
    **dict.fromkeys(("Embed", "Dropout", "PReLU"), lambda given, use: ()),
}
_OUTPUTS: Mapping[str, Callable[[Given, Array, Use], Value]] = {
    "Dense": _features,
    "Conv": _convolved,
    "ConvTranspose": _transposed,
    "DenseGeneral": _general_output,
    "Einsum": einsums.output,
    "Embed": _embedded,
    **dict.fromkeys(("SimpleCell", "GRUCell"), _simple_cell),
    **dict.fromkeys(("LSTMCell", "OptimizedLSTMCell"), _memory_cell),
    **dict.fromkeys((*_ATTENTION, "SelfAttention"), _attention),
    **dict.fromkeys((*FEATURE_NORMS, "BatchNorm", "Dropout", "PReLU"), _same),
}

SUPPORTED = frozenset({*_SIZES, *TWINS, "Sequential", "RNN", "Bidirectional"})
"""Layers that the codemod places in a constructor."""
