"""`[tool.migrate-norm]` in the nearest pyproject.toml: the options of the command line, by the same names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from ._usage import UsageError, near

KEYS: dict[str, type] = {
    "allow-dirty": bool,
    "exclude": list,
    "jobs": int,
    "line-length": int,
    "linen-names": bool,
    "mapping": str,
    "quiet": bool,
    "report": str,
    "beside": bool,
    "calls-by-hand": bool,
    "size-args": bool,
    "todo": bool,
    "trace-limit": int,
}
"""Every key and its type. What belongs to one run only (PATH, --check, --diff, --output) has no key."""

MODELS = "models"
"""Not an option but an array of tables, which `_models` reads one by one."""

DEFAULT_WIDTH = 88

PATHS = ("mapping", "report")
"""Keys whose value is a file name, relative to the folder of the pyproject.toml."""

EXPECTED = {bool: "true or false", int: "a whole number above 0", str: "a string", list: "a list of strings"}


@dataclass(frozen=True)
class Config:
    """`folder` is the real folder of the pyproject.toml, `file`; `values` holds what it sets, checked."""

    folder: str
    file: str = ""
    values: dict[str, object] = field(default_factory=dict)


def load(paths: Sequence[str]) -> Config:
    """Reads the pyproject.toml nearest to what `paths` have in common. Raises UsageError that names it."""
    folder = common_folder(paths)
    file = _nearest(folder)
    return Config(os.path.dirname(file), file, _read(file)) if file else Config(folder)


def common_folder(paths: Sequence[str]) -> str:
    """Returns the real folder that holds all `paths`: for one folder itself, for none the current one."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) or os.curdir for path in paths]
    return os.path.commonpath([os.path.realpath(folder) for folder in folders or [os.curdir]])


def _nearest(folder: str) -> str | None:
    while not os.path.isfile(file := os.path.join(folder, "pyproject.toml")):
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None
    return file


def _read(file: str) -> dict[str, object]:
    data = _contents(file)
    if (
        b"migrate-norm" not in data and b"line-length" not in data
    ):  # the usual case, and a parser to import less
        return {}
    tables = _tables(file, data)
    table = _table(file, tables)
    for key, value in table.items():
        if key != MODELS:
            _check(file, key, value)
    table.setdefault("line-length", _formatter_width(tables))
    return {key: _resolved(file, value) if key in PATHS else value for key, value in table.items()}


def _tables(file: str, data: bytes) -> dict[str, object]:
    import tomllib

    try:
        tools = tomllib.loads(data.decode()).get("tool", {})
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error
    if not isinstance(tools, dict):
        raise UsageError(f"{file}: tool is {tools!r}, but it has to be a table")
    return tools


def _table(file: str, tables: dict[str, object]) -> dict[str, object]:
    table = tables.get("migrate-norm", {})
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.migrate-norm is {table!r}, but it has to be a table")
    return dict(table)


def _formatter_width(tables: dict[str, object]) -> int:
    """The line length that the project's formatter keeps to; where none says, the formatters' own default."""
    for tool in ("ruff", "black"):
        table = tables.get(tool)
        width = table.get("line-length") if isinstance(table, dict) else None
        if isinstance(width, int) and width > 0:
            return width
    return DEFAULT_WIDTH


def _check(file: str, key: str, value: object) -> None:
    where = f"{file}: [tool.migrate-norm]"
    if key not in KEYS:
        raise UsageError(f"{where} has the key {key!r}, which means nothing here; {near(key, KEYS)}")
    kind = KEYS[key]
    fits = type(value) is kind  # not isinstance: true is no number
    if isinstance(value, list):
        fits = fits and all(isinstance(item, str) for item in value)
    if isinstance(value, int) and kind is int:
        fits = fits and value > 0
    if not fits:
        raise UsageError(f"{where} {key} = {value!r}, but it has to be {EXPECTED[kind]}")


def _contents(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def _resolved(file: str, value: object) -> str:
    return os.path.join(os.path.dirname(file), str(value))
