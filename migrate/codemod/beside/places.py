"""Where the new files are, and how others import from them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from ...catalog.findings import Diagnostic, Severity
from ..api import FileResult

SUFFIX = "_nnx"


def new_path(path: str) -> str:
    """Returns the path of the new file: `pkg/layers_nnx.py`, and `pkg/pkg_nnx.py` for the `__init__.py` of a package.

    >>> new_path("pkg/layers.py"), new_path("pkg/__init__.py")
    ('pkg/layers_nnx.py', 'pkg/pkg_nnx.py')
    """
    pure = PurePath(path)
    return str(pure.with_name(f"{_stem(pure)}{SUFFIX}.py"))


def new_module(module: str, path: str) -> str:
    """Returns the dotted name of the new file for the module `module` at `path`.

    >>> new_module("pkg.layers", "pkg/layers.py"), new_module("pkg", "pkg/__init__.py")
    ('pkg.layers_nnx', 'pkg.pkg_nnx')
    """
    pure = PurePath(path)
    return f"{module}.{_stem(pure)}{SUFFIX}" if pure.stem == "__init__" else f"{module}{SUFFIX}"


def with_new_files(files: Sequence[FileResult], written: Mapping[str, bytes]) -> list[FileResult]:
    """Returns the files of a run and the new ones, by the path of what they stand beside.

    What is there already under such a name may be somebody's work, and stays: it has a finding where it differs.
    """
    new = {new_path(path): data for path, data in written.items()}
    found = [_held(file, new[file.path]) if file.path in new else file for file in files]
    there = {file.path for file in files}
    return [
        *found,
        *(FileResult(path, b"", data, new=True) for path, data in new.items() if path not in there),
    ]


def _held(file: FileResult, data: bytes) -> FileResult:
    if file.before == data:
        return file
    message = "is there already and differs from what would be written: move it away, and run this again"
    finding = Diagnostic(file.path, 1, 1, "MN908", message, severity=Severity.REFUSED)
    return replace(file, diagnostics=(*file.diagnostics, finding))


def _stem(path: PurePath) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem
