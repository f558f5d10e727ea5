"""What a code stands for, in full."""

import textwrap

from ..catalog.codes import CODES
from ._usage import UsageError, near


def explain(code: str) -> str:
    """Returns the catalog's entry for `code` as text. Raises UsageError that names near ones."""
    entry = CODES.get(code.upper())
    if entry is None:
        raise UsageError(f"--explain {code}: there is no such code; {near(code.upper(), CODES)}")
    parts = [f"{entry.id}: {entry.title}", f"Why: {entry.why}", f"What to do: {entry.fix}"]
    if entry.example:
        parts.append("Example:\n\n" + textwrap.indent(entry.example.strip("\n"), "    "))
    return "\n\n".join(parts) + "\n"
