"""What a CheckpointManager writes beside the items of a step, so that it finds the step again."""

import json
import time
from pathlib import Path

from .write_sides import HANDLER


def write_step_marks(step: Path, item: str) -> None:
    """Marks a step's folder as committed; `item` is the folder in it that holds the checkpoint."""
    now = time.time_ns()
    about = {
        "item_handlers": {item: HANDLER},
        "metrics": {},
        "performance_metrics": {},
        "custom_metadata": {},
        "init_timestamp_nsecs": now,
        "commit_timestamp_nsecs": now,
    }
    (step / "_CHECKPOINT_METADATA").write_text(json.dumps(about))
    (step / "commit_success.txt").write_text("Checkpoint commit was successful, by migrate-checkpoint")
