"""What the worker is asked, and what it answers."""

from dataclasses import dataclass, field
from typing import Any

LIMIT = 300.0  # seconds for one model, and for importing JAX


@dataclass(frozen=True)
class Entry:
    """One model: `expression` of `module`, and its call. Arrays are dicts of `dtype` and `shape`."""

    module: str
    expression: str
    inputs: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    method: str = "__call__"
    rngs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What one model's runs recorded, or why there are none; `file` is what its module was imported from."""

    runs: tuple[dict[str, Any], ...] = ()
    error: str = ""
    file: str = ""
