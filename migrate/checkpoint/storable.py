"""What the format of the target cannot hold, told before anything is written."""

from collections.abc import Sequence

import tensorstore as ts

from .disk_names import check_folders
from .errors import ConversionError
from .formats import FormatError, StoredArray
from .formats.safetensors_layout import safetensors_header
from .jobs import Job
from .store.open import OrbaxStore

SEPARATOR = "."
"""What the names of a safetensors file are joined with."""


def check_orbax(store: OrbaxStore | None, jobs: Sequence[Job], streamed: Sequence[Job]) -> None:
    """Raises ConversionError for a leaf that a checkpoint like the store cannot hold; `streamed` are made anew."""
    if store is not None and not store.tree.ocdbt:
        check_folders([job.prefix for job in jobs])
    for job in streamed:
        if not _has_tensorstore(job.dtype):
            raise ConversionError(
                f"{job.name} is {job.dtype}, which arrays of Orbax cannot be: TensorStore {_version()} lacks it"
            )


def check_safetensors(jobs: Sequence[Job]) -> None:
    """Raises ConversionError for a leaf that a safetensors file cannot hold."""
    try:
        safetensors_header([stored_array(job) for job in jobs], SEPARATOR, {})
    except FormatError as error:
        raise ConversionError(f"DST cannot be a safetensors file: {error}") from error


def stored_array(job: Job) -> StoredArray:
    """Returns the leaf as a safetensors file has it."""
    return StoredArray(tuple(map(str, job.path)), job.shape, job.dtype, job.nbytes)


def _has_tensorstore(dtype: str) -> bool:
    try:
        ts.dtype(dtype)
    except (TypeError, ValueError):
        return False
    return True


def _version() -> str:
    from importlib.metadata import version

    return version("tensorstore")
