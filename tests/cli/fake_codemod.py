"""A codemod of five lines, so that the command's own behaviour is tested apart from the real one's."""

import ast
from collections.abc import Mapping as Sources

import pytest
from migrate_norm.catalog.findings import Diagnostic, Outcome, Severity, Symbol
from migrate_norm.catalog.mapping import ClassMapping, Mapping, VariableMapping
from migrate_norm.codemod.api import FileResult, Options, Result
from migrate_norm.codemod.traced.records import Facts

SCALE = VariableMapping("params", ("scale",), ("scale",), "flax.nnx.Param")

LINEN = b"from flax import linen\nclass Norm(linen.Module):\n    pass\n"
NNX = b"from flax import nnx\nclass Norm(nnx.Module):\n    pass\n"
REFUSED = LINEN + b"# a person has to look\n"
PLAIN = b"x = 1\n"


def migrate_files(sources: Sources[str, bytes], options: Options, traced: Facts | None) -> Result:
    """Puts nnx for linen; refuses where a comment says so."""
    assert isinstance(options, Options)
    assert traced is None
    files = tuple(_file(path, data) for path, data in sources.items())
    classes = (ClassMapping(_name(file.path), (SCALE,), ("d",)) for file in files if file.changed)
    return Result(files, Mapping(tuple(classes)))


def _name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".") + ".Norm"


def _file(path: str, data: bytes) -> FileResult:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError) as error:
        finding = Diagnostic(path, 1, 1, "MN902", f"cannot be parsed: {error}", severity=Severity.ERROR)
        return FileResult(path, data, data, (), (finding,))
    if b"linen" not in data:
        return FileResult(path, data, data)
    if b"# a person" in data:
        symbol = Symbol(path, 2, 12, "flax.linen.Module", Outcome.REFUSED, "MN101")
        return FileResult(path, data, data, (symbol,), (Diagnostic(path, 2, 1, "MN101", "no", "Norm"),))
    symbol = Symbol(path, 2, 12, "flax.linen.Module", Outcome.MIGRATED)
    return FileResult(path, data, data.replace(b"linen", b"nnx"), (symbol,))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the fake in the codemod's place."""
    monkeypatch.setattr("migrate_norm.codemod.migrate_files", migrate_files, raising=False)
