"""What a code stands for, in full."""

import textwrap

from ..catalog.by_hand import BY_HAND
from ..catalog.codes import CODES
from ..catalog.refused import REFUSED
from ._usage import UsageError, near

ALL = "all"


def explain(code: str) -> str:
    """Returns the catalog's entry for `code` as text, or every entry as Markdown.

    Raises UsageError that names near ones.
    """
    if code == ALL:
        return reference()
    entry = CODES.get(code.upper())
    if entry is None:
        raise UsageError(f"--explain {code}: there is no such code; {near(code.upper(), CODES)}")
    parts = [f"{entry.id}: {entry.title}", f"Why: {entry.why}", f"What to do: {entry.fix}"]
    for head, texts in (("Example", REFUSED), ("By hand", BY_HAND)):
        if entry.id in texts:
            parts.append(f"{head}:\n\n{textwrap.indent(texts[entry.id].strip(), '    ')}")
    return "\n\n".join(parts) + "\n"


def reference() -> str:
    """Returns all codes as a Markdown page."""
    parts = ["# What migrate-norm refuses", _INTRODUCTION]
    for entry in CODES.values():
        parts.append(f"## {entry.id}: {entry.title}")
        if entry.id in REFUSED:
            parts.append(f"```python\n{REFUSED[entry.id].strip()}\n```")
        parts += [f"**Why:** {entry.why}", f"**By hand:** {entry.fix}"]
        if entry.id in BY_HAND:
            parts.append(f"```python\n{BY_HAND[entry.id].strip()}\n```")
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = (
    "Each code with a class that ends in it, why the tool does not go on, and what to write by hand: Linen that "
    "is migrated then, or NNX. `migrate-norm --explain all` prints this page."
)
