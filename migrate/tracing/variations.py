"""Sizes and configurations to trace a model with: what depends on what shows only where something changes."""

import copy
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flax import linen as nn

from ..equivalence.inputs import Arguments, InputSpec
from .describe import OWN, is_configuration, is_size

PRIMES = ((5, 7, 11, 13, 17, 19, 23, 29), (31, 37, 41, 43, 47, 53, 59, 61), (67, 71, 73, 79, 83, 89, 97, 101))
"""Numbers for sizes that have a name: no two alike, and no product of two a product of two others."""

TIMES = ((1,) * 8, (2, 3, 5, 7, 11, 13, 17, 19), (3, 2, 7, 5, 13, 11, 19, 17))
"""How often a size is taken that was given with a number (`h=32`): what the model takes is mostly a multiple."""

FACTORS = (1, 2, 8, 32)
"""A model that halves its input, or cuts it into patches, does not run on primes."""

MOST = 24
"""So many variations of one model's fields."""


def sizes(given: Arguments, factor: int) -> Iterator[Arguments]:
    """Yields the arguments with other numbers for their named sizes each time."""
    if not given.sizes:
        yield given
        return
    numbered = _numbered(given)
    for primes, times in zip(PRIMES, TIMES, strict=True):
        numbers = {
            name: numbered[name] * times[i % 8] if name in numbered else factor * primes[i % 8]
            for i, name in enumerate(given.sizes)
        }
        yield dataclasses.replace(given, sizes=numbers)


def _numbered(given: Arguments) -> dict[str, int]:
    """The sizes that were given with a number."""
    shapes = (leaf.shape for leaf in given.leaves if isinstance(leaf, InputSpec))
    named = (size for shape in shapes for size in shape if isinstance(size, str) and "=" in size)
    pairs = (size.rpartition("*")[2].split("=") for size in named)
    return {name: int(number) for name, number in pairs}


def fields(model: nn.Module) -> Iterator[tuple[str, tuple[nn.Module, ...]]]:
    """Yields what was changed, and the model with other values there, the one most likely to run first."""
    names = [f.name for f in dataclasses.fields(model) if f.init and f.name not in OWN]
    values = {name: getattr(model, name) for name in names}
    changes = [(path, others) for name, value in values.items() for path, others in _changed(name, value)]
    for path, others in changes[:MOST]:
        name = path.partition(".")[0]
        yield path, tuple(_clones(model, ({name: value} for value in others)))
    for path, longer in _longer(values):
        yield path, tuple(_clones(model, longer))


def as_wide(given: Arguments, path: str, model: nn.Module, other: nn.Module) -> Arguments | None:
    """Returns sizes that have the number of a field with the one that the `other` model has there.

    A block that adds what it makes to its input runs with another width only where that is as wide.
    """
    old, new = _at(model, path), _at(other, path)
    if not is_size(old) or not is_size(new) or old not in given.sizes.values():
        return None
    sizes = {name: new if number == old else number for name, number in given.sizes.items()}
    return dataclasses.replace(given, sizes=sizes)


def _at(model: nn.Module, path: str) -> Any:
    found: Any = model
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _clones(model: nn.Module, changes: Iterable[Mapping[str, Any]]) -> Iterator[nn.Module]:
    for each in changes:
        try:
            yield model.clone(**each)
        except Exception:  # a `__post_init__` that does not take it says nothing about the others
            continue


def _longer(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Mapping[str, Any], ...]]]:
    """Makes sequences of one length longer together, and then what may be the number of their items too."""
    lists = {name: value for name, value in values.items() if isinstance(value, tuple | list) and value}
    for length in sorted({len(value) for value in lists.values()}):
        alike = {name: value for name, value in lists.items() if len(value) == length}
        more = {name: _like(value, (*value, _next(value[-1]))) for name, value in alike.items()}
        same = {name: _like(value, (*value, value[-1])) for name, value in alike.items()}
        counts = {name: length + 1 for name, value in values.items() if is_size(value) and value == length}
        if len(alike) > 1 or counts:
            yield ", ".join(alike), ({**more, **counts}, {**same, **counts}, more, same)


def _like(value: Any, items: tuple[Any, ...]) -> Any:
    return items if isinstance(value, tuple) else [*items]


def _next(item: Any) -> Any:
    return 3 * item if is_size(item) else item


def _changed(name: str, value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(value, bool):
        yield name, (not value,)  # what else is then run may have other sizes
    elif is_size(value):
        yield name, _others(value)
    elif isinstance(value, tuple | list) and value and all(map(is_size, value)):
        kind = tuple if isinstance(value, tuple) else list
        yield name, (kind(v * p for v, p in zip(value, _PRIMES, strict=False)), kind(v + 1 for v in value))
        yield (
            name,
            (kind((*value, 3 * value[-1])), kind((*value, value[-1]))),
        )  # a loop over it has another round
    elif isinstance(value, Mapping) and hasattr(value, "copy_and_resolve_references"):
        yield from _of_config_dict(name, value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type | nn.Module):
        yield from _of_dataclass(name, value)
    elif is_configuration(value):
        yield from _of_object(name, value)


_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19)


def _others(value: int) -> tuple[int, ...]:
    return (value * 2, value * 3, value + 1)


def _of_dataclass(name: str, value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for field in dataclasses.fields(value):
        old = getattr(value, field.name)
        if field.init and is_size(old):
            new = tuple(dataclasses.replace(value, **{field.name: number}) for number in _others(old))
            yield f"{name}.{field.name}", new


def _of_object(name: str, value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Copies of a configuration object, each with another number under one name."""
    for key, old in vars(value).items():
        if is_size(old) and not key.startswith("_"):
            yield f"{name}.{key}", tuple(_copied(value, key, number) for number in _others(old))


def _copied(value: Any, name: str, number: int) -> Any:
    new = copy.copy(value)
    vars(new)[name] = number  # a property of that name may not let itself be set
    return new


def _of_config_dict(name: str, value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for key, old in value.items():
        if is_size(old):
            yield f"{name}.{key}", tuple(type(value)({**value, key: number}) for number in _others(old))
