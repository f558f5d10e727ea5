"""The NNX class built with the sizes that give it the leaves of its Linen twin."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
from flax import nnx
from migrate_norm.catalog.mapping import ClassMapping
from migrate_norm.equivalence import EquivalenceError, InputSpec
from migrate_norm.equivalence.linen_side import keyed as linen_keyed
from migrate_norm.equivalence.nnx_side import Split, keyed, trace

from .attempt import Made
from .fields import as_nnx

TRIES = 400  # combinations of sizes


class Built(NamedTuple):
    """A function that builds the NNX model, and the model taken apart, in shapes."""

    build: Callable[[], nnx.Module]
    parts: Split


class UnbuiltError(Exception):
    """No sizes give the leaves of Linen; `ran` tells whether the constructor ran with any."""

    def __init__(self, message: str, ran: bool) -> None:
        super().__init__(message)
        self.ran = ran


def built(twin: type[nnx.Module], mapping: ClassMapping, made: Made) -> Built:
    """Returns the twin with its sizes found. Raises UnbuiltError."""
    given, wanted = made.fields, _shapes(linen_keyed(made.variables).values())
    why = UnbuiltError("no sizes were found", ran=True)
    for sizes in itertools.islice(_sizes(mapping.arguments, made), TRIES):

        def build(sizes: Mapping[str, Any] = sizes) -> nnx.Module:
            # made anew each time: a module that is given becomes part of the model
            return twin(**sizes, **{name: as_nnx(value) for name, value in given.items()}, rngs=nnx.Rngs(0))

        try:
            parts = trace(build)
        except EquivalenceError as error:
            why = UnbuiltError(f"{given} {sizes}: {error}", ran=False)
            continue
        shapes = _shapes(value for _, value in keyed(parts).values())
        if shapes == wanted:
            return Built(build, parts)
        why = UnbuiltError(f"{given} {sizes}: Linen has {sorted(wanted)}, NNX {sorted(shapes)}", ran=True)
    raise why


def _shapes(leaves: Any) -> Counter[tuple[int, ...]]:
    return Counter(tuple(leaf.shape) for leaf in leaves)


def _sizes(names: tuple[str, ...], made: Made) -> Iterator[dict[str, Any]]:
    """Yields values for what the constructor asks for: sizes and types of the inputs first, sizes of leaves then."""
    arrays = [leaf for leaf in jax.tree.leaves(made.calls[0]) if isinstance(leaf, InputSpec)]
    shapes = list(dict.fromkeys(array.shape for array in arrays))
    numbers = [shape[-1] for shape in shapes if shape]
    numbers += [size for shape in shapes for size in reversed(shape)]
    numbers += [size for leaf in linen_keyed(made.variables).values() for size in leaf.shape]
    fields = [value for value in made.fields.values() if isinstance(value, tuple)]
    whole = [shape for shape in (*shapes, *fields) if shape and all(type(size) is int for size in shape)]
    numbers += [math.prod(shape) for shape in whole]  # of what is flattened
    parts = [shape[start:end] for shape in shapes for end in (None, -1) for start in range(len(shape))]
    # an array that the model makes itself has the number of channels of a leaf
    parts += [(*part[:-1], size) for part in parts if len(part) > 1 for size in dict.fromkeys(numbers)]
    types = list(dict.fromkeys(array.dtype for array in arrays))
    kinds = {"shape": parts, "dtype": types, "differ": [True, False]}
    options = [kinds.get(name.rpartition("_")[2], list(dict.fromkeys(numbers))) for name in names]
    yield from (dict(zip(names, values, strict=True)) for values in itertools.product(*options))
