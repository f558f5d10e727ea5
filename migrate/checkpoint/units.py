"""The checkpoints that one source becomes: one, or one for each part of a train state."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .jobs import Job
from .locate import Found
from .plan import Plan
from .records import DiskPath, Layout


@dataclass(frozen=True)
class Unit:
    """One checkpoint to write, at `name` below the target."""

    name: str
    jobs: tuple[Job, ...]
    empty: tuple[DiskPath, ...]


def units_of(
    jobs: Sequence[Job], plan: Plan, layout: Layout, found: Found, several: bool
) -> tuple[Unit, ...]:
    """Returns the checkpoints that a plan makes of one source."""
    base = found.name if several else ""
    if layout is not Layout.SPLIT or not plan.state:
        return (Unit(base, tuple(jobs), plan.empty),)
    parts: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        parts[str(job.path[0])].append(replace(job, path=job.path[1:] or job.path))
    voids = {name: tuple(path[1:] for path in plan.empty if path[0] == name and path[1:]) for name in parts}
    return tuple(
        Unit(f"{base}/{name}".strip("/"), tuple(found), voids[name]) for name, found in parts.items()
    )
