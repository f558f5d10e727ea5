"""What a file may claim before anything is allocated for it, and how its names are shown in a message."""

MAX_DEPTH = 64
"""Elements of a path. Flax modules nest some ten deep."""

MAX_NODES = 250_000
"""Arrays, numbers, strings, Nones and dicts in one file."""

MAX_TEXT = 16 << 20
"""Bytes of names and texts in one file; of a safetensors header; of a zip directory. 100 000 leaves fit well."""

MAX_DIMS = 64
"""Dimensions of an array, as in NumPy 2."""

MAX_BYTES = (1 << 63) - 1


def shown(name: object) -> str:
    """Returns a name from an untrusted file as a message can show it: quoted, escaped and short."""
    text = ascii(name)
    return text if len(text) <= 100 else f"{text[:80]}... ({len(text)} characters)"


def brief(error: Exception) -> str:
    """Returns the message of a library's error, which may quote the whole file."""
    text = str(error) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
