"""JSON on disk, with errors that name the file."""

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> Any:
    """Returns what a file holds. Raises OSError, and ValueError where that is no JSON."""
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file.name} is no JSON: {error}") from error
