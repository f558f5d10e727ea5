"""Checkpoints that are one file: indexed first, then read piece by piece. No JAX, no pickle, bounded memory."""

from .recognize import open_file
from .records import FileStore, FormatError, StoredArray
from .safetensors_write import write_safetensors

__all__ = ["FileStore", "FormatError", "StoredArray", "open_file", "write_safetensors"]
