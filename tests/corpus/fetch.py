"""Fetches Python source of a package into a cache. Nothing is installed; only `.py` files are unpacked."""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .packages import Package

LIMIT = 300  # seconds for one package
CACHE = Path(__file__).parents[2] / ".corpus"


class UnavailableError(Exception):
    """The registry could not be reached, or does not have the release."""


def fetch(package: Package, cache: Path = CACHE) -> Path:
    """Returns the folder with the source, downloaded once. Raises UnavailableError with a reason."""
    target = cache / str(package)
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            source = Path(scratch, "source")
            for path, content in _sources(_download(package, Path(scratch))):
                place = source / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            _put(source, target)
    return target


def _put(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():  # another process may have been quicker
            raise


def sources(root: Path) -> dict[str, bytes]:
    """Returns the content of every Python file below `root`, by its path from there."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py"))}


def _download(package: Package, folder: Path) -> Path:
    kind = ["--no-binary", package.name] if package.sdist else ["--prefer-binary"]
    # no `--quiet`: it hides that the registry did not answer
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--ignore-requires-python", *kind]
    command += ["--progress-bar", "off", "--retries", "1", "--timeout", "20", "--dest", str(folder)]
    command += [f"{package.name}=={package.version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"pip took longer than {LIMIT} s") from error
    archives = [path for path in folder.iterdir() if path.suffix in {".whl", ".gz", ".zip"}]
    if done.returncode or len(archives) != 1:
        raise UnavailableError(_reason(done.stderr))
    return archives[0]


def _reason(said: str) -> str:
    """Returns what pip says about a registry that does not answer, and its last error."""
    retries = [line for line in said.splitlines() if line.startswith("WARNING: Retrying")]
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    return "; ".join([*retries[:1], *errors[-1:]]) or "pip downloaded nothing"


def _sources(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yields path and content of the archive's Python files. Raises ValueError for a path that leads out."""
    for name, content in _tar(archive) if archive.suffix == ".gz" else _zip(archive):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{archive.name} has a file outside of itself: {name}")
        yield path, content


def _tar(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
            if stream is not None:
                yield member.name, stream.read()


def _zip(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if name.endswith(".py"):
                yield name, wheel.read(name)
