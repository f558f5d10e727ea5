"""An open source with everything decided: where each leaf goes, in which checkpoints, and that DST can hold it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .classify import renamed
from .errors import CheckpointError
from .jobs import Job, jobs_of
from .locate import Found
from .manifest import Manifest
from .plan import Plan
from .records import Placement
from .request import Request, planned
from .source import Checkpoint, OrbaxSource, opened
from .storable import check_orbax, check_safetensors
from .units import Unit, units_of
from .write import ORBAX


@dataclass(frozen=True)
class Prepared:
    """`streamed` leaves are read and written, the others keep their chunks. `manifest` lacks its digests."""

    checkpoint: Checkpoint
    plan: Plan
    manifest: Manifest
    units: tuple[Unit, ...]
    streamed: tuple[Job, ...]

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(job for unit in self.units for job in unit.jobs)


@contextmanager
def prepared(found: Found, asked: Request, several: bool) -> Iterator[Prepared]:
    """Opens a source and plans its conversion. Raises CheckpointError, ValueError for what cannot be done."""
    with opened(found.path, asked.of_source) as checkpoint:
        _check_link(checkpoint, asked)
        plan, manifest = planned(checkpoint, asked)
        units = units_of(jobs_of(plan.moves, checkpoint, asked.layout), plan, asked.layout, found, several)
        made = Prepared(checkpoint, plan, manifest, units, _streamed(checkpoint, units, asked))
        _check_storable(made, asked)
        yield made


def _check_link(checkpoint: Checkpoint, asked: Request) -> None:
    if asked.settings.placement is Placement.LINK and not isinstance(checkpoint, OrbaxSource):
        raise CheckpointError(
            f"--link shares the data files of Orbax; {checkpoint.path} is {checkpoint.kind}, whose values are"
            " written anew: leave out --link"
        )


def _streamed(checkpoint: Checkpoint, units: tuple[Unit, ...], asked: Request) -> tuple[Job, ...]:
    jobs = tuple(job for unit in units for job in unit.jobs)
    if not isinstance(checkpoint, OrbaxSource) or asked.settings.to != ORBAX:
        return jobs
    return tuple(job for job in jobs if renamed(job, checkpoint.store) is None)


def _check_storable(made: Prepared, asked: Request) -> None:
    if asked.settings.to == ORBAX:
        store = made.checkpoint.store if isinstance(made.checkpoint, OrbaxSource) else None
        check_orbax(store, made.jobs, made.streamed)
    else:
        check_safetensors(made.jobs)
