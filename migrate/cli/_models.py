"""`[[tool.migrate-norm.models]]`: the models that --trace runs, and what they are called with."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from ..tracing.entries import Entry
from ._specs import SpecError, parse_value, read_array
from ._usage import near

KEYS: Mapping[str, type] = {"model": str, "inputs": list, "kwargs": dict, "method": str, "rngs": list}
EXAMPLE = """[[tool.migrate-norm.models]]
model = "package.module:ResNet(stage_sizes=[2, 2])"
inputs = ["f32[b,32,32,3]"]
kwargs = {train = true}"""


def read_entry(table: object) -> Entry:
    """Reads one entry. Raises SpecError that says what is wrong with it."""
    if not isinstance(table, dict):
        raise SpecError(f"{table!r} is no table; write one such as\n{EXAMPLE}")
    for key, value in table.items():
        if key not in KEYS:
            raise SpecError(f"the key {key!r} means nothing here; {near(key, KEYS)}")
        if not isinstance(value, KEYS[key]):
            raise SpecError(f"{key} = {value!r}, but it has to be a {KEYS[key].__name__}")
    module, expression = _model(table.get("model", ""))
    inputs = tuple(map(_value, table.get("inputs", [])))
    kwargs = {name: _value(value) for name, value in table.get("kwargs", {}).items()}
    return Entry(
        module, expression, inputs, kwargs, table.get("method", "__call__"), tuple(table.get("rngs", []))
    )


def _model(text: str) -> tuple[str, str]:
    module, colon, expression = (part.strip() for part in text.partition(":"))
    if not colon or not re.fullmatch(r"\w+(\.\w+)*", module):
        raise SpecError(f"model = {text!r}; write a module, a colon and a call, such as models:Net(64)")
    try:
        ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"model = {text!r}: {expression!r} is no Python expression") from error
    return module, expression


def _value(value: Any) -> Any:
    """A text is an array or a Python literal, as on the command line of migrate-verify."""
    read = parse_value(value, _array) if isinstance(value, str) else value
    try:
        json.dumps(read)
    except TypeError as error:
        raise SpecError(f"{value!r} is neither an array nor a plain Python value") from error
    return read


def _array(text: str) -> dict[str, object]:
    dtype, shape = read_array(text)
    return {"dtype": dtype, "shape": list(shape)}
