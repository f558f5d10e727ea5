"""Linen source -> NNX source."""

from .api import FileResult, Options, Result

__all__ = ["FileResult", "Options", "Result"]
