"""Linen source -> NNX source."""

from typing import TYPE_CHECKING

from .api import FileResult, Options, Result

if TYPE_CHECKING:
    from .migrate import migrate_files

__all__ = ["FileResult", "Options", "Result", "migrate_files"]

if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name):
        """Imports the codemod when it is asked for: a command has said by then what it was called wrongly with."""
        if name != "migrate_files":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .migrate import migrate_files

        return migrate_files
