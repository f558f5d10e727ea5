"""Linen checkpoints to NNX checkpoints and back: every leaf accounted for, checked on disk, and only then visible."""

from typing import TYPE_CHECKING, Any

from .errors import CheckpointError, ConversionError

if TYPE_CHECKING:
    from .check import Checked, check_checkpoint
    from .conversion import Conversion
    from .convert import convert_checkpoint
    from .inspect import Inspected, inspect_checkpoint

__all__ = [
    "Checked",
    "CheckpointError",
    "Conversion",
    "ConversionError",
    "Inspected",
    "check_checkpoint",
    "convert_checkpoint",
    "inspect_checkpoint",
]

_HOMES = {
    "Checked": "check",
    "check_checkpoint": "check",
    "Conversion": "conversion",
    "convert_checkpoint": "convert",
    "Inspected": "inspect",
    "inspect_checkpoint": "inspect",
}


def __getattr__(name: str) -> Any:
    """Imports NumPy and TensorStore when a name is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
