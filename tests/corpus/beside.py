"""Migrates a whole package into new files beside the old ones, and says what is wrong with them."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate_norm.codemod import FileResult, Options, Result, migrate_files

_BESIDE = Options(beside=True)


@dataclass(frozen=True)
class Beside:
    """So many classes have an NNX class in a new file; every violation is a sentence."""

    classes: int
    violations: tuple[str, ...] = ()


def beside(sources: Mapping[str, bytes]) -> Beside:
    """Migrates `sources`. A crash is a violation."""
    try:
        result = migrate_files(sources, _BESIDE)
        return Beside(len(result.mapping.classes), tuple(_violations(sources, result)))
    except Exception as error:
        return Beside(0, (f"beside: {type(error).__name__}: {error}",))


def _violations(sources: Mapping[str, bytes], result: Result) -> Iterator[str]:
    files = {file.path: file for file in result.files}
    yield from (f"{path}: is not as it was" for path, data in sources.items() if files[path].after != data)
    again = migrate_files({path: file.after for path, file in files.items()}, _BESIDE)
    yield from (f"{file.path}: a second run changes it" for file in again.files if file.changed)
    new = [file for file in result.files if file.new]
    yield from (f"{file.path}: does not compile" for file in new if not _compiles(file))
    yield from _unbound(new, sources)


def _compiles(file: FileResult) -> bool:
    try:
        compile(file.after, file.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _unbound(new: list[FileResult], sources: Mapping[str, bytes]) -> Iterator[str]:
    """Names that nothing binds, where they are bound in the old files; ruff is who says so."""
    known = _undefined(sources)
    for name, count in (_undefined({file.path: file.after for file in new}) - known).items():
        yield f"beside: nothing binds {name} ({count} times)"


def _undefined(files: Mapping[str, bytes]) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        for place, data in enumerate(files.values()):
            (Path(folder) / f"file_{place}.py").write_bytes(data)
        command = [
            sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--select", "F821",
            "--output-format", "json", folder,
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=True)
    return Counter(each["message"] for each in json.loads(said.stdout) if each["code"] == "F821")
