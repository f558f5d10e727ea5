"""What `--check` found, for people and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..checkpoint import Checked


def lines(found: Sequence[Checked]) -> str:
    """Returns a line for each checkpoint, and one for each leaf that is not as noted."""
    return "\n".join(line for one in found for line in _lines(one))


def as_json(found: Sequence[Checked]) -> str:
    """Returns the results as JSON text."""
    data = [
        {"path": str(one.path), "leaves": one.leaves, "contents": one.contents, "faults": list(one.faults)}
        for one in found
    ]
    return json.dumps(data, indent=2, sort_keys=True)


def _lines(one: Checked) -> Iterator[str]:
    what = "names, shapes and contents" if one.contents else "names, shapes and places (linked: no contents)"
    if not one.faults:
        yield f"{one.path}: {one.leaves} leaves are as noted: {what}"
        return
    yield f"{one.path}: {len(one.faults)} of {one.leaves} leaves are not as noted"
    yield from (f"  {fault}" for fault in sorted(one.faults))
