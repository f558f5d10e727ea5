"""The user's models: imported, built, and initialised on shapes."""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import jax
from flax import linen as nn

from ..equivalence.errors import EquivalenceError
from ..equivalence.inputs import Arguments, InputSpec, arguments

STREAMS = ("params", "dropout")


class ModelError(Exception):
    """The model cannot be imported, built or initialised; the message says what failed, in one line."""


def build(module: str, expression: str) -> nn.Module:
    """Returns the model that `expression` is in a module, or that the function it names returns."""
    try:
        scope = dict(vars(importlib.import_module(module)))
    except (Exception, SystemExit) as error:
        raise ModelError(f"importing {module} failed: {first_line(error)}") from error
    try:
        found = eval(expression, scope)
        found = found() if inspect.isfunction(found) else found
    except (Exception, SystemExit) as error:
        raise ModelError(f"building {expression} failed: {first_line(error)}") from error
    if not isinstance(found, nn.Module):
        what = (
            "a class: call it" if isinstance(found, type) else f"{type(found).__name__}, not a Linen module"
        )
        raise ModelError(f"{expression} is {what}")
    return found


def read_arguments(entry: Mapping[str, Any]) -> Arguments:
    """Returns the arguments of a model's call. Raises ModelError."""
    try:
        inputs = [_value(value) for value in entry["inputs"]]
        return arguments(inputs, {name: _value(value) for name, value in entry["kwargs"].items()})
    except EquivalenceError as error:
        raise ModelError(str(error)) from error


def _value(value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == {"dtype", "shape"}:
        return InputSpec(value["dtype"], tuple(value["shape"]))
    return value


def initialise(model: nn.Module, given: Arguments, method: str, streams: tuple[str, ...]) -> None:
    """Runs `model.init` on shapes. Raises ModelError."""

    def init(arrays: list[Any]) -> Any:
        args, kwargs = given.rebuild(arrays)
        keys = {name: jax.random.key(number) for number, name in enumerate((*STREAMS, *streams))}
        return model.init(keys, *args, method=method, **kwargs)

    try:
        jax.eval_shape(init, given.abstract())
    except (Exception, SystemExit) as error:
        raise ModelError(f"its init failed: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Returns the type of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
