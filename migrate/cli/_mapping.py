"""`--mapping FILE` and `--class NAME`: the renames of the one class that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..catalog.mapping import ClassMapping, VariableMapping, loads
from ._usage import UsageError


def class_mapping(file: str | None, name: str | None) -> ClassMapping | tuple[VariableMapping, ...]:
    """Returns what a mapping file says of the class, nothing without a file. Raises UsageError."""
    if file is None:
        return ()
    try:
        mapping = loads(Path(file).read_text(encoding="utf-8"))
        chosen = mapping.find(name) if name else _only(mapping.classes)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"--mapping {file}: {error.args[0] if isinstance(error, KeyError) else error}"
        ) from error
    if chosen is None:
        known = ", ".join(sorted(found.name for found in mapping.classes)) or "no class at all"
        asked = f"it has no class {name}" if name else "choose the model's class with --class"
        raise UsageError(f"--mapping {file}: {asked}; it holds {known}")
    return chosen


def _only(classes: Sequence[ClassMapping]) -> ClassMapping | None:
    return classes[0] if len(classes) == 1 else None
