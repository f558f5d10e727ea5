"""Flax Linen to Flax NNX: source, checkpoints, and the evidence that nothing changed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import SourceResult, migrate_source
    from .checkpoint import (
        CheckpointError,
        ConversionError,
        check_checkpoint,
        convert_checkpoint,
        inspect_checkpoint,
    )
    from .codemod import Options, migrate_files
    from .equivalence import EquivalenceError, InputSpec, assert_equivalent, check_equivalence

    __version__: str

__all__ = [
    "CheckpointError",
    "ConversionError",
    "EquivalenceError",
    "InputSpec",
    "Options",
    "SourceResult",
    "__version__",
    "assert_equivalent",
    "check_checkpoint",
    "check_equivalence",
    "convert_checkpoint",
    "inspect_checkpoint",
    "migrate_files",
    "migrate_source",
]

_ROOMS = {
    "api": ("SourceResult", "migrate_source"),
    "checkpoint": (
        *("CheckpointError", "ConversionError", "check_checkpoint", "convert_checkpoint"),
        "inspect_checkpoint",
    ),
    "codemod": ("Options", "migrate_files"),
    "equivalence": ("EquivalenceError", "InputSpec", "assert_equivalent", "check_equivalence"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name):
        """Imports a name when it is first asked for: JAX alone takes most of a second."""
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("migrate-norm")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
