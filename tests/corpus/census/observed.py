"""How the whole models of `tests/corpus/models` build and call the classes that they are made of."""

import dataclasses
import functools
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
from flax import linen as nn
from migrate_norm.equivalence import EquivalenceError, InputSpec

from ..isolate import Isolated, MissingImportError, isolate
from ..load import load
from ..models.model import opened
from ..models.table import MODELS
from ..older import older_names
from ..oracle import Program
from .attempt import Way, attempt
from .calls import Call
from .fields import OWN, Fields

MOST = 2  # ways for one class
_NONE: Mapping[str, list[Way]] = MappingProxyType({})


class Shown(NamedTuple):
    """A whole model, by its number in the table, with the files that it needs."""

    number: int
    isolated: Isolated

    def has(self, other: Isolated) -> bool:
        """Tells whether a class is among what the model may be made of."""
        path = other.module.replace(".", "/")
        files = (self.isolated.files.get(path + end, b"") for end in (".py", "/__init__.py"))
        return any(f"class {other.name}(".encode() in text for text in files)


def models_of(package: str, program: Program) -> tuple[Shown, ...]:
    """Returns the whole models of a package, as far as what they import is installed here."""
    return tuple(_models_of(package, program))


def are_all_shown(package: str, program: Program, shown: tuple[Shown, ...]) -> bool:
    """Tells whether what all whole models of a package import is installed here."""
    return {number for number, _ in _rows(package, program)} == {each.number for each in shown}


def _models_of(package: str, program: Program) -> Iterator[Shown]:
    for number, path in _rows(package, program):
        model = MODELS[number]
        try:
            yield Shown(number, isolate(program, path, model.name, *model.beside))
        except MissingImportError:
            continue


def _rows(package: str, program: Program) -> Iterator[tuple[int, str]]:
    """Yields the models of a package, by their number, with the file: of flax, those of one release."""
    for number, model in enumerate(MODELS):
        path = next((path for path in program.files if path.endswith(model.path)), None)
        if model.package == package and path is not None:
            yield number, path


def observed(shown: tuple[Shown, ...], module: str, name: str) -> list[Way]:
    """Returns how the models build and call a class, by its module and name; a few ways that are not alike."""
    found = (_observed(each).get(f"{module}.{name}", []) for each in shown)
    unique = {_text(way): way for ways in found for way in ways}
    return [*unique.values()][:MOST]


_ran: dict[int, Mapping[str, list[Way]]] = {}


def _observed(shown: Shown) -> Mapping[str, list[Way]]:
    if shown.number not in _ran:
        _ran[shown.number] = _run(shown)
    return _ran[shown.number]


def _run(shown: Shown) -> Mapping[str, list[Way]]:
    """Initialises a model on shapes; returns the ways by the full name of each class."""
    model, found = MODELS[shown.number], defaultdict[str, list[Way]](list)

    def heard(function: Callable[..., Any], args: Any, kwargs: Any, context: Any) -> Any:
        if context.method_name == "__call__":
            for way in _way(context.module, args, kwargs):
                found[_name(type(context.module))].append(way)
        return function(*args, **kwargs)

    with tempfile.TemporaryDirectory() as folder, older_names():
        kind, given = opened(load(shown.isolated.files, shown.isolated.module, Path(folder)), model)
        with nn.intercept_methods(heard):
            made = attempt(kind, given, Call(model.inputs, model.call), trace=True)
    return _NONE if isinstance(made, str) else found


def _name(kind: type) -> str:
    while kind.__module__ == "flax.linen.transforms":  # what nn.remat and the like make of a class
        kind = kind.__bases__[0]
    return f"{kind.__module__}.{kind.__qualname__}"


class _UnusableError(Exception):
    """It belongs to this one run."""


def _way(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Way]:
    try:
        call = Call(_specs(args), _specs(dict(kwargs)))
        yield Way(_fields(module), (call,), enough=False)
    except (_UnusableError, EquivalenceError):  # a key, a module: nothing that can be given again
        return


def _fields(module: nn.Module) -> Fields:
    names = (f.name for f in dataclasses.fields(module) if f.init and f.name not in OWN)
    return {name: _apart(getattr(module, name)) for name in names}


def _apart(value: Any) -> Any:
    """Returns a field without the run it is of: an embedding as a new one, no class of the model's own files."""
    if isinstance(value, nn.Embed):
        return value.clone(parent=None)
    if isinstance(value, functools.partial):
        return functools.partial(_apart(value.func), *map(_apart, value.args), **value.keywords)
    kind = value if isinstance(value, type) else type(value)
    if issubclass(kind, nn.Module) and not kind.__module__.startswith("flax.linen."):
        raise _UnusableError
    if isinstance(value, nn.Module | jax.core.Tracer):
        raise _UnusableError
    if isinstance(value, tuple | list):
        return type(value)(map(_apart, value)) if type(value) in (tuple, list) else value
    return value


def _specs(tree: Any) -> Any:
    return jax.tree.map(_spec, tree, is_leaf=lambda leaf: isinstance(leaf, nn.Module))


def _spec(leaf: Any) -> Any:
    if isinstance(leaf, nn.Module):
        raise _UnusableError
    if not isinstance(leaf, jax.core.Tracer):
        return leaf
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.extended):
        raise _UnusableError
    return InputSpec(str(leaf.dtype), tuple(leaf.shape))


def _text(way: Way) -> str:
    return repr((way.calls, sorted(way.fields.items(), key=lambda pair: pair[0])))
