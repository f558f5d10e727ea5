"""What SRC and DST have to be before anything is read or written."""

from pathlib import Path

from .errors import CheckpointError


def checked(src: str | Path, dst: str | Path) -> tuple[Path, Path]:
    """Returns both paths resolved. Raises CheckpointError where SRC is no checkpoint or DST cannot be new."""
    try:
        source, end = _named(src).resolve(), _named(dst).absolute()
        target = end.parent.resolve() / end.name
        _check_apart(source, target)
        _check_source(source)
        _check_target(target)
    except (OSError, RuntimeError) as error:  # resolve() raises RuntimeError for a loop of links
        raise CheckpointError(f"cannot look at {src} or {dst}: {error}") from error
    return source, target


def existing(place: str | Path) -> Path:
    """Returns the path resolved. Raises CheckpointError where there is nothing."""
    try:
        path = _named(place).resolve()
        if not path.exists():
            raise CheckpointError(f"cannot read {path}: there is no such file or folder")
    except (OSError, RuntimeError) as error:
        raise CheckpointError(f"cannot look at {place}: {error}") from error
    return path


def _named(place: str | Path) -> Path:
    """An empty path would be the working directory, which an unset variable of a shell never means."""
    if not str(place):
        raise CheckpointError("an empty path names no checkpoint")
    return Path(place)


def _check_apart(source: Path, target: Path) -> None:
    if source == target:
        raise CheckpointError(f"SRC and DST are both {source}: give DST a name of its own")
    if source in target.parents:
        raise CheckpointError(
            f"DST {target} is inside SRC {source}, which is never touched: put it elsewhere"
        )


def _check_source(source: Path) -> None:
    if not source.exists():
        raise CheckpointError(f"SRC {source} does not exist")
    if not (source.is_dir() or source.is_file()):
        raise CheckpointError(f"SRC {source} is neither a file nor a folder")


def _check_target(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise CheckpointError(
            f"DST {target} exists and is never overwritten: remove it or choose another name"
        )
    if not target.parent.is_dir():
        raise CheckpointError(f"DST {target} has no folder to be in: create {target.parent} first")
