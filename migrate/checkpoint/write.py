"""What one conversion writes: a checkpoint, several (steps, parts of a train state), or a safetensors file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import digest
from .check_written import check_written
from .errors import CheckpointError
from .manifest import CONTENTS, NAME, PLACES, Manifest, Record
from .records import Placement
from .source import Checkpoint
from .step_marks import write_step_marks
from .units import Unit
from .write_orbax import Options, write_orbax

MB = 1 << 20
MEMORY = 512 * MB
LIBRARIES, LEAST = 96 * MB, 128 * MB
"""What Python, NumPy and TensorStore take by themselves, and the least with which there is room to work."""

SAFETENSORS, ORBAX = "safetensors", "orbax"
FORMATS = (ORBAX, SAFETENSORS)


@dataclass(frozen=True)
class Settings:
    """`memory` is in bytes; `progress` is told bytes done and bytes in all. With `compare_values`, leaves
    that are renamed are decoded too, on both sides.
    """

    placement: Placement = Placement.COPY
    to: str = ORBAX
    memory: int = MEMORY
    progress: Callable[[int, int], None] | None = None
    compare_values: bool = False

    def __post_init__(self) -> None:
        if self.to not in FORMATS:
            raise ValueError(f"{self.to!r} is no format to write: there are {', '.join(FORMATS)}")
        if self.memory < LEAST:
            raise ValueError(f"memory is {self.memory} bytes; give at least {LEAST // MB} MB")

    @property
    def limit(self) -> int:
        """Returns the size of a piece: it is held several times over, encoded, decoded and on its way."""
        return (self.memory - LIBRARIES) // 16


def write_units(
    draft: Path, source: Checkpoint, units: Sequence[Unit], settings: Settings, manifest: Manifest
) -> None:
    """Writes, reads back and compares every unit. Raises CheckpointError, ValueError."""
    report = _Meter(sum(job.nbytes for unit in units for job in unit.jobs), settings.progress)
    with _writing(source.path):
        if settings.to == SAFETENSORS:
            from .write_safetensors import write_safetensors_file

            (unit,) = units
            records = write_safetensors_file(draft, source, unit.jobs, settings.limit, report)
            noted = replace(manifest, leaves=records, digests=CONTENTS)
            draft.with_name(f"{draft.name}.json").write_text(noted.dumps())
            return
        for unit in units:
            _write(draft / unit.name, source, unit, settings, manifest, report)
            if "/" in unit.name:
                write_step_marks((draft / unit.name).parent, Path(unit.name).name)


def _write(
    folder: Path, source: Checkpoint, unit: Unit, settings: Settings, manifest: Manifest, report: "_Meter"
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    contents = settings.placement is Placement.COPY
    chunks = digest.Chunks(folder, contents)
    options = Options(settings.placement, settings.limit, settings.limit, report, chunks)
    written = write_orbax(folder, source, unit.jobs, unit.empty, options)
    store = check_written(
        folder, unit.jobs, written, settings.limit, source if settings.compare_values else None
    )
    records = tuple(
        Record(job.path, job.shape, job.dtype, chunks.of_leaf(store, job.path)) for job in unit.jobs
    )
    (folder / NAME).write_text(
        replace(manifest, leaves=records, digests=CONTENTS if contents else PLACES).dumps()
    )


@contextmanager
def _writing(source: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) and type(error) is not ValueError:  # ours, which say more
            raise
        said = str(error).splitlines()[0][:500]
        place = (
            str(error.filename) if isinstance(error, OSError) else said
        )  # TensorStore names files in its text
        what = f"read {source}" if f"{source}/" in place else "write the new checkpoint"
        raise CheckpointError(f"cannot {what}: {said}") from error


class _Meter:
    """Adds up the bytes that are done; tells a thousand times at most, since to draw a bar takes time too."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total, self._progress, self._done, self._told = total, progress, 0, 0

    def __call__(self, count: int) -> None:
        self._done += count
        if self._progress and (self._done - self._told) * 1000 >= self._total:
            self._progress(self._done, self._total)
            self._told = self._done
