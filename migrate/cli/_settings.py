"""What one run is to do: the command line, and what pyproject.toml adds to it."""

import argparse
import os
from dataclasses import dataclass
from typing import TypeVar, cast

from ..tracing.entries import LIMIT
from . import _config
from ._ignore import Patterns, excludes
from ._usage import UsageError, in_a_folder

_T = TypeVar("_T")


@dataclass(frozen=True)
class Settings:
    """One run. `extra` are the --exclude patterns; `folder` is the real folder that holds all paths.

    `models` are the entries for `trace` as they are in the pyproject.toml, `config_file`, or what stands there.
    """

    paths: tuple[str, ...]
    check: bool
    diff: bool
    output: str | None
    allow_dirty: bool
    beside: bool
    extra: tuple[Patterns, ...]
    folder: str
    jobs: int
    line_length: int
    linen_names: bool
    mapping: str | None
    quiet: bool
    report: str | None
    todo: bool
    calls_by_hand: bool
    size_args: bool
    trace: bool
    trace_limit: int
    models: tuple[object, ...]
    config_folder: str
    config_file: str

    @property
    def standard_input(self) -> bool:
        return self.paths == ("-",)

    @property
    def in_place(self) -> bool:
        return not (self.check or self.diff or self.output or self.standard_input)


def settle(given: argparse.Namespace) -> Settings:
    """Adds what pyproject.toml sets to what was given. Raises UsageError."""
    paths = tuple(given.paths)
    _refuse_contradictions(given)
    places = () if paths == ("-",) else paths
    config = _config.load(places)

    def pick(key: str, default: _T) -> _T:
        value = getattr(given, key.replace("-", "_"))
        return cast(_T, config.values.get(key, default) if value is None else value)

    beside = pick("beside", False)
    if beside and paths == ("-",):
        raise UsageError("--beside writes new files beside those given, and standard input is none")
    if beside and (pick("calls-by-hand", False) or pick("todo", False)):
        other = "calls-by-hand" if pick("calls-by-hand", False) else "todo"
        raise UsageError(
            f"--beside leaves every call and class as it is, so --{other} has nothing to do: choose one"
        )
    return Settings(
        paths=paths,
        check=given.check,
        diff=given.diff,
        output=given.output,
        allow_dirty=pick("allow-dirty", False),
        beside=beside,
        extra=_extra(given, config),
        folder=_config.common_folder(places),
        jobs=pick("jobs", 1),
        line_length=pick("line-length", _config.DEFAULT_WIDTH),
        linen_names=pick("linen-names", False),
        mapping=in_a_folder(_origin(given, "mapping"), pick("mapping", None)),
        quiet=pick("quiet", False),
        report=in_a_folder(_origin(given, "report"), pick("report", None)),
        todo=pick("todo", False),
        calls_by_hand=pick("calls-by-hand", False),
        size_args=pick("size-args", False),
        trace=given.trace,
        trace_limit=pick("trace-limit", int(LIMIT)),
        models=_models(config),
        config_folder=config.folder,
        config_file=config.file,
    )


def _models(config: _config.Config) -> tuple[object, ...]:
    found = config.values.get(_config.MODELS, [])
    return tuple(found) if isinstance(found, list) else (found,)


def _refuse_contradictions(given: argparse.Namespace) -> None:
    if not given.paths:
        raise UsageError("no PATH was given; `.` is the current folder, `-` standard input")
    if "-" in given.paths and len(given.paths) > 1:
        raise UsageError("`-` reads standard input and cannot be combined with another PATH")
    if given.trace and "-" in given.paths:
        raise UsageError("--trace imports the files given, and standard input has no name to import")
    if given.output and (given.check or given.diff or "-" in given.paths):
        other = "--check" if given.check else "--diff" if given.diff else "`-`"
        raise UsageError(f"--output writes files and {other} does not: choose one")
    if given.output and os.path.exists(given.output) and not os.path.isdir(given.output):
        raise UsageError(f"--output {given.output} is not a folder")
    if given.output and os.path.realpath(given.output) == _config.common_folder(given.paths):
        raise UsageError(
            f"--output {given.output} is where the files are; without it they are rewritten in place"
        )


def _extra(given: argparse.Namespace, config: _config.Config) -> tuple[Patterns, ...]:
    configured = cast(list[str], config.values.get("exclude", []))
    sets = (
        (config.folder, configured, "pyproject.toml: exclude"),
        (os.getcwd(), given.exclude or [], "--exclude"),
    )
    return tuple(excludes(os.path.realpath(base), lines, origin) for base, lines, origin in sets if lines)


def _origin(given: argparse.Namespace, key: str) -> str:
    return f"pyproject.toml: {key}" if getattr(given, key) is None else f"--{key}"
