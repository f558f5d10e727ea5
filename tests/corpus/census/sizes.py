"""The NNX class built with the sizes that give it the leaves of its Linen twin."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
from flax import nnx
from migrate_norm.catalog.layers import LAYERS
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


def built(
    twin: type[nnx.Module], mapping: ClassMapping, made: Made, told: Mapping[str, Any] = MappingProxyType({})
) -> Built:
    """Returns the twin with its sizes found, but for those that are `told`. Raises UnbuiltError."""
    search = _Search(partial(twin, **told), made)
    options = _options(tuple(name for name in mapping.arguments if name not in told), made)
    for sizes in itertools.islice(_near(options, search.score), TRIES):
        found = search.tried(sizes)
        if found is not None:
            return found
    raise search.why


def _renamed(twin: Callable[..., nnx.Module], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as a class takes them that inherits from a layer of NNX."""
    kind = twin.func if isinstance(twin, partial) else twin
    above = kind.__mro__ if isinstance(kind, type) else ()
    names = {
        k: v
        for layer in LAYERS
        for k, v in layer.renamed.items()
        if getattr(nnx, layer.nnx or "_", 0) in above
    }
    return {names.get(name, name): value for name, value in given.items()}


class _Search:
    """Builds the twin with one combination of sizes after the other; `why` the last of them is not it."""

    def __init__(self, twin: Callable[..., nnx.Module], made: Made) -> None:
        self.twin, self.given = twin, made.fields
        self.wanted = _shapes(linen_keyed(made.variables).values())
        self.why = UnbuiltError("no sizes were found", ran=True)
        self._scores: dict[str, int] = {}

    def tried(self, sizes: Mapping[str, Any]) -> Built | None:
        """Returns the twin where it has the leaves of Linen."""

        def build() -> nnx.Module:
            # made anew each time: a module that is given becomes part of the model
            given = {name: as_nnx(value) for name, value in self.given.items()}
            return self.twin(**sizes, **_renamed(self.twin, given), rngs=nnx.Rngs(0))

        try:
            parts = trace(build)
        except EquivalenceError as error:
            self.why = UnbuiltError(f"{self.given} {sizes}: {error}", ran=False)
            return None
        shapes = _shapes(value for _, value in keyed(parts).values())
        if shapes == self.wanted:
            return Built(build, parts)
        leaves = f"Linen has {sorted(self.wanted)}, NNX {sorted(shapes)}"
        self.why = UnbuiltError(f"{self.given} {sizes}: {leaves}", ran=True)
        self._scores[repr(sizes)] = (shapes & self.wanted).total()
        return None

    def score(self, sizes: Mapping[str, Any]) -> int:
        """How many leaves of Linen a combination gave that was tried; -1 where the constructor does not take it."""
        return self._scores.get(repr(sizes), -1)


def _near(
    options: Mapping[str, Sequence[Any]], score: Callable[[Mapping[str, Any]], int]
) -> Iterator[dict[str, Any]]:
    """Yields combinations: each size changed alone, and from the best of these the next one; then all others.

    `score` is asked for what was yielded. Most sizes are in leaves of their own, so that each can be found by itself.
    """
    everything = [dict(zip(options, values, strict=True)) for values in _product(options)]
    best = everything[0] if everything else {}
    yield best
    for name in [*options] * 2 if len(options) > 1 else ():
        others = [{**best, name: value} for value in options[name]]
        yield from others
        best = max([best, *others], key=score)
    yield from everything


def _product(options: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.islice(itertools.product(*options.values()), TRIES)


def _shapes(leaves: Any) -> Counter[tuple[int, ...]]:
    return Counter(tuple(leaf.shape) for leaf in leaves)


def _options(names: tuple[str, ...], made: Made) -> dict[str, list[Any]]:
    """Returns values for what the constructor asks for: sizes and types of the inputs first, sizes of leaves then."""
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
    rest = list(dict.fromkeys(numbers))
    return {name: kinds.get(name.rpartition("_")[2], rest) for name in names}
