"""Linen checkpoints to NNX checkpoints: every leaf accounted for, checked on disk, and only then visible."""

from typing import TYPE_CHECKING, Any

from .errors import CheckpointError, ConversionError

if TYPE_CHECKING:
    from .convert import Conversion, convert_checkpoint

__all__ = ["CheckpointError", "Conversion", "ConversionError", "convert_checkpoint"]


def __getattr__(name: str) -> Any:
    """Imports the converter, and with it JAX and Orbax, when it is first asked for."""
    if name in ("Conversion", "convert_checkpoint"):
        from . import convert

        return getattr(convert, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
