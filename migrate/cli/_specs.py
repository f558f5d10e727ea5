"""What a command line says about models and inputs: `pkg.mod:EXPR`, `f32[8,64]`. Starts without JAX."""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..equivalence import InputSpec

DTYPES = MappingProxyType(
    {f"i{bits}": f"int{bits}" for bits in (8, 16, 32, 64)}
    | {f"u{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)}
    | {f"f{bits}": f"float{bits}" for bits in (16, 32, 64)}
    | {"bf16": "bfloat16", "bool": "bool", "c64": "complex64", "c128": "complex128"}
)
ARRAY = re.compile(r"\s*([A-Za-z_]\w*)\s*\[([^\[\]]*)\]\s*")
KEYWORD = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", re.DOTALL)


class SpecError(ValueError):
    """A text that names no model or input; the message shows the form that is asked for."""


def parse_input(text: str) -> InputSpec:
    """Reads an array's dtype and shape: `f32[8,64]`, `i32[]`, `f32[b,h=16,3]` with named sizes. Raises SpecError."""
    dtype, shape = read_array(text)
    from ..equivalence import EquivalenceError, InputSpec

    try:
        return InputSpec(dtype, shape)
    except EquivalenceError as error:
        raise SpecError(str(error)) from error


def read_array(text: str) -> tuple[str, tuple[int | str, ...]]:
    """Reads an array's dtype and shape without JAX, which says whether it knows them. Raises SpecError."""
    match = ARRAY.fullmatch(text)
    if match is None:
        raise SpecError(f"{text!r} is no array; write its dtype and sizes, such as f32[8,64] or i32[]")
    dtype = DTYPES.get(match[1], match[1])
    if dtype not in DTYPES.values():
        raise SpecError(f"{text!r}: {match[1]!r} is no dtype; there are {', '.join(sorted(DTYPES))}")
    return dtype, _shape(text, match[2])


def _shape(text: str, sizes: str) -> tuple[int | str, ...]:
    parts = [re.sub(r"\s", "", part) for part in sizes.split(",")] if sizes.strip() else []
    if not all(re.fullmatch(r"[0-9]+|[\w*=]*[A-Za-z_][\w*=]*", part) for part in parts):
        raise SpecError(
            f"{text!r}: sizes are whole numbers or names with commas between them, such as f32[b,64]"
        )
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def parse_value(text: str, array: Callable[[str], Any] = parse_input) -> Any:
    """Reads an argument: an array, read by `array`, or a Python literal such as False or "mean"."""
    if ARRAY.fullmatch(text):
        return array(text)
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise SpecError(
            f"{text!r} is neither an array, such as f32[8,64], nor a Python literal, such as False"
        ) from error


def parse_arguments(texts: Iterable[str]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Reads the arguments of a call, `NAME=VALUE` as a keyword. Raises SpecError."""
    inputs, kwargs = [], {}
    for text in texts:
        match = KEYWORD.fullmatch(text)
        if match is None:
            inputs.append(parse_value(text))
        elif match[1] in kwargs:
            raise SpecError(f"the keyword {match[1]!r} is given twice")
        else:
            kwargs[match[1]] = parse_value(match[2])
    return tuple(inputs), kwargs


def load_expression(spec: str) -> Any:
    """Imports the module of `pkg.mod:EXPR` and evaluates EXPR in it. Raises SpecError that says what failed."""
    expression, scope = _imported(spec)
    try:
        return eval(expression, scope)
    except (Exception, SystemExit) as error:
        name = spec.partition(":")[0]
        raise SpecError(
            f"{spec!r}: evaluating {expression} in {name} failed: {_first_line(error)}"
        ) from error


def _imported(spec: str) -> tuple[str, dict[str, Any]]:
    """Returns the expression of a spec and the names of its module.

    The working directory is on the module path, as with `python -m`.
    """
    name, colon, expression = spec.partition(":")
    if not colon or not re.fullmatch(r"\w+(\.\w+)*", name) or not expression.strip():
        raise SpecError(f"{spec!r}: write a module, a colon and an expression, such as models:Net(64)")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a script that exits must not choose our exit code
        own = isinstance(error, ModuleNotFoundError) and error.name in (name, name.partition(".")[0])
        where = "; modules are looked up in the working directory, then as PYTHONPATH says" if own else ""
        raise SpecError(f"{spec!r}: importing {name} failed: {_first_line(error)}{where}") from error
    return expression.strip(), dict(vars(module))


def load_builder(spec: str) -> Callable[[], Any]:
    """Returns a function that evaluates EXPR of `pkg.mod:EXPR`, and calls what it gives if that is a function.

    The module is imported at once, the model is built when (and as often as) the function is called, so that it can
    be traced without allocating it. Raises SpecError for what cannot be imported.
    """
    expression, scope = _imported(spec)

    def build() -> Any:
        found = eval(expression, scope)
        return found if isinstance(found, _nnx_module()) or not callable(found) else found()

    return build


def _nnx_module() -> type:
    from flax import nnx

    return nnx.Module


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
