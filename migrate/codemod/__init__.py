"""Linen source -> NNX source."""

from .api import FileResult, Options, Result
from .migrate import migrate_files

__all__ = ["FileResult", "Options", "Result", "migrate_files"]
