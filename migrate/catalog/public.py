"""The names that `from flax.linen import *` brings."""

from .functions import (
    DIFFERENT,
    FOR_SOME_ARGUMENTS,
    LINEN_ONLY,
    MODULE_SYSTEM,
    PLAIN,
    RENAMED,
    SAME_OBJECT,
    SAME_RESULT,
    SUBMODULES,
    TUPLED,
)
from .layers import LAYERS


def public_names() -> frozenset[str]:
    """Returns every public name of `flax.linen` itself, not of its submodules."""
    same = (SAME_OBJECT, SAME_RESULT, RENAMED, FOR_SOME_ARGUMENTS, TUPLED, PLAIN)
    tables = (*same, SUBMODULES, MODULE_SYSTEM, LINEN_ONLY, DIFFERENT)
    names = {name for table in tables for name in table} | {layer.linen for layer in LAYERS}
    return frozenset(name for name in names if "." not in name)
