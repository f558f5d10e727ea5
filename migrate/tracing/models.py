"""The user's models: imported, built, and initialised on shapes."""

import importlib
import inspect
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import jax
from flax import linen as nn

from ..equivalence.errors import EquivalenceError
from ..equivalence.inputs import Arguments, InputSpec, arguments

STREAMS = ("params", "dropout")


class ModelError(Exception):
    """The model cannot be imported, built or initialised; the message says what failed, in one line."""


class NumberAskedError(ModelError):
    """It asks for the value of what it has computed: `jnp.linspace(0, self.rate, 3)[1].item()`."""


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


def initialise(
    model: nn.Module, given: Arguments, method: str, streams: tuple[str, ...], *, numbers: bool = False
) -> None:
    """Runs `model.init` on shapes; with `numbers`, what it computes of no input has a value.

    Raises NumberAskedError where it has to be run with these, ModelError where it fails.
    """
    names = (*STREAMS, *streams)

    def init(arrays: list[Any], keys: list[jax.Array]) -> Any:
        args, kwargs = given.rebuild(arrays)
        return model.init(dict(zip(names, keys, strict=True)), *args, method=method, **kwargs)

    keys = [jax.random.key(number) for number, _ in enumerate(names)]
    try:
        with jax.ensure_compile_time_eval() if numbers else nullcontext():
            jax.eval_shape(init, given.abstract(), keys)
    except (Exception, SystemExit) as error:
        asked = isinstance(error, jax.errors.ConcretizationTypeError) and not numbers
        kind = NumberAskedError if asked else ModelError
        raise kind(f"its init failed: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Returns the type of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
