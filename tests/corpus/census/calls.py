"""Calls to try on a class that nobody here has seen: inputs by the names of its parameters, and its modes."""

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
from flax import linen as nn
from migrate_norm.equivalence import InputSpec

from .guess import WIDTH

FLAGS = frozenset(
    [
        "train",
        "training",
        "is_training",
        "is_train",
        "deterministic",
        "use_running_average",
        "eval",
        "inference",
    ]
)
"""Parameters that choose between training and inference: both are called."""

FLOATS = (
    *((2, 8), (2, 6, 8), (2, 8, 8, 3), (2, 8, 8, 8), (2, 16, 8), (2, 17, 8), (2, 64, 8)),
    *((1, 32, 32, 3), (1, 64, 64, 3)),
    *((8,), (2,), (2, 8, 3), (2, 4, 8, 8, 3), (2, 4, 6, 8)),
)
TABLES = ((2, 6), (2,), (6,))


def _specs(dtype: str, *shapes: tuple[int, ...]) -> tuple[InputSpec, ...]:
    return tuple(InputSpec(dtype, shape) for shape in shapes)


VALUES = (
    (r"(.*_)?(rng|key|prng)", (jax.random.PRNGKey(0),)),
    (r".*mask.*|.*_bias", (None, *_specs("int32", (2, 6)))),
    (r".*(ids?|tokens?|labels?|idx|index|indices|numbers|species)|targets", _specs("int32", *TABLES)),
    (r"t|times?|timesteps?|sigma|noise_levels?", _specs("float32", (2,), (2, 1), (2, 8))),
    (r"(patch|kernel|window)_size|stride|num_.*", (2,)),
    (r".*_?(ratio|rate)", (0.5,)),
    (r"(out|output|target)_shape", ((2, 4, 4, 8), (2, 8, 8, 3), (2, 6))),
    (r".*_scalars", _specs("float32", (2, 1, 8), (2, 8))),
)
"""What a parameter with such a name may be, most likely first."""


class Call(NamedTuple):
    """Positional and keyword arguments of `__call__`."""

    inputs: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Choice(NamedTuple):
    """What a parameter may be; several that are `free` are mostly arrays of one shape."""

    parameter: inspect.Parameter
    values: tuple[Any, ...]
    free: bool = False


def calls(kind: type[nn.Module]) -> Iterator[Call]:
    """Yields every call as it is, and with its flags given: one that may be left out may still have to be said."""
    for call in _plain(kind):
        yield call
        yield from modes(kind, call)


def modes(kind: type[nn.Module], call: Call) -> Iterator[Call]:
    """Yields the call for training and for inference, if it has flags for them."""
    names = [p.name for p in _parameters(kind)]
    flags = [name for name in names if name in FLAGS]
    for value in (True, False) if flags else ():
        inputs, kwargs = list(call.inputs), dict(call.kwargs)
        for flag in flags:
            if (at := names.index(flag)) < len(inputs):
                inputs[at] = value
            else:
                kwargs[flag] = value
        yield Call(tuple(inputs), kwargs)


def _parameters(kind: type[nn.Module]) -> list[inspect.Parameter]:
    function = next((f for base in kind.__mro__ if (f := vars(base).get("__call__"))), None)
    if not inspect.isfunction(function):
        return []
    return list(inspect.signature(function).parameters.values())[1:]


def _plain(kind: type[nn.Module]) -> Iterator[Call]:
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    wanted = [p for p in _parameters(kind) if p.default is p.empty and p.kind not in starred]
    choices = [_width(p) if place and p.name == "features" else _choice(p) for place, p in enumerate(wanted)]
    seen = set()
    for values in itertools.chain(_alike(choices), itertools.product(*(c.values for c in choices))):
        if (text := repr(values)) not in seen:  # keys cannot be hashed
            seen.add(text)
            pairs = list(zip(wanted, values, strict=True))
            named = {p.name: v for p, v in pairs if p.kind is p.KEYWORD_ONLY}
            yield Call(tuple(v for p, v in pairs if p.kind is not p.KEYWORD_ONLY), named)


def _width(parameter: inspect.Parameter) -> Choice:
    """`features` behind the input is how many there are to be, if nothing says that it is an array."""
    return Choice(parameter, (WIDTH,)) if parameter.annotation is parameter.empty else _choice(parameter)


def _choice(parameter: inspect.Parameter) -> Choice:
    name, annotation = parameter.name, str(parameter.annotation)
    if name in FLAGS or annotation.startswith("bool"):
        return Choice(parameter, (False, True))
    if annotation in ("int", "<class 'int'>"):
        return Choice(parameter, (2, WIDTH))
    for pattern, values in VALUES:
        if re.fullmatch(pattern, name):
            return Choice(parameter, values)
    return Choice(parameter, _specs("float32", *FLOATS) + _specs("int32", *TABLES), free=True)


def _alike(choices: list[Choice]) -> Iterator[tuple[Any, ...]]:
    """Yields calls whose free arrays have one shape."""
    free = next((c.values for c in choices if c.free), (None,))
    rest = [c for c in choices if not c.free]
    for shape in free:
        for others in itertools.product(*(c.values for c in rest)):
            given = iter(others)
            yield tuple(shape if c.free else next(given) for c in choices)
