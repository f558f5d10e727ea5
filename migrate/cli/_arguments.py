"""What `migrate-norm` can be asked on the command line, and what that comes to with a pyproject.toml."""

import argparse
import os
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from . import _config
from ._discover import SKIPPED
from ._ignore import Patterns, excludes
from ._usage import UsageError

_T = TypeVar("_T")


def _lines(words: Iterable[str]) -> str:
    return textwrap.fill(" ".join(sorted(words)), 100, break_on_hyphens=False)


EPILOG = f"""\
exit codes:
  0  nothing Linen is left in the files given
  1  something would change (--check), or something is left that needs a person
  2  the command was called wrongly, or a file could not be read, parsed or written;
     all the others are still done

Files are rewritten in place unless --check, --diff or --output is given, each by one atomic replacement, mode
bits kept; where PATH is a link, the file it leads to. A file that git does not hold as it is now (changed,
staged only, untracked, ignored) is left alone without --allow-dirty, and so is a file that imports such a one
or is imported by it. Outside a git repository there is no record to consult: files are rewritten, and a line
says that no copy was kept.

Folders are walked without following links to folders, and without what .gitignore files leave out. Not
entered: a folder with a pyvenv.cfg, and those called
{_lines(SKIPPED)}.
A PATH that is named is always taken.

Options can be set in [tool.migrate-norm] of the pyproject.toml nearest to what the PATHs have in common:
{_lines(_config.KEYS)}.
"""


@dataclass(frozen=True)
class Settings:
    """One run. `extra` are the --exclude patterns; `folder` is the real folder that holds all paths."""

    paths: tuple[str, ...]
    check: bool
    diff: bool
    output: str | None
    allow_dirty: bool
    extra: tuple[Patterns, ...]
    folder: str
    jobs: int
    linen_names: bool
    mapping: str | None
    quiet: bool
    report: str | None
    todo: bool

    @property
    def standard_input(self) -> bool:
        return self.paths == ("-",)

    @property
    def in_place(self) -> bool:
        return not (self.check or self.diff or self.output or self.standard_input)


def parser() -> argparse.ArgumentParser:
    """Returns the parser; an option that pyproject.toml can set is None where it is not given."""
    parser = argparse.ArgumentParser(
        prog="migrate-norm",
        description="Rewrite Flax Linen source as Flax NNX.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file or a folder; `-` reads standard input, writes the result",
    )
    add("--check", action="store_true", help="write nothing; exit 1 if something would change")
    add("--diff", action="store_true", help="write nothing but a unified diff, for git apply or patch -p1")
    add(
        "--output",
        metavar="DIR",
        help="write all files given, migrated or not, to DIR; PATH/a.py becomes DIR/a.py",
    )
    add("--report", metavar="FILE", help="write census and findings as JSON")
    add("--mapping", metavar="FILE", help="add what was renamed or moved to FILE, for migrate-checkpoint")
    flag = argparse.BooleanOptionalAction
    add("--linen-names", action=flag, help="keep automatic names (Dense_0) as Linen had them")
    add("--todo", action=flag, help="leave a TODO comment at each class that could not be migrated")
    add("--allow-dirty", action=flag, help="rewrite files with uncommitted changes too")
    add("--exclude", metavar="PATTERN", action="append", help="leave out, as in .gitignore; can be repeated")
    add("--jobs", metavar="N", type=_count, help="how many files to read at a time (default 1)")
    add("--quiet", action=flag, help="say nothing but errors")
    add("--explain", metavar="CODE", help="say what a code means and what to do, and exit")
    add("--version", action="store_true", help="print the version, and exit")
    return parser


def settle(given: argparse.Namespace) -> Settings:
    """Adds what pyproject.toml sets to what was given. Raises UsageError."""
    paths = tuple(given.paths)
    _refuse_contradictions(given)
    places = () if paths == ("-",) else paths
    config = _config.load(places)

    def pick(key: str, default: _T) -> _T:
        value = getattr(given, key.replace("-", "_"))
        return cast(_T, config.values.get(key, default) if value is None else value)

    return Settings(
        paths=paths,
        check=given.check,
        diff=given.diff,
        output=given.output,
        allow_dirty=pick("allow-dirty", False),
        extra=_extra(given, config),
        folder=_config.common_folder(places),
        jobs=pick("jobs", 1),
        linen_names=pick("linen-names", False),
        mapping=_in_a_folder(_origin(given, "mapping"), pick("mapping", None)),
        quiet=pick("quiet", False),
        report=_in_a_folder(_origin(given, "report"), pick("report", None)),
        todo=pick("todo", False),
    )


def _refuse_contradictions(given: argparse.Namespace) -> None:
    if not given.paths:
        raise UsageError("no PATH was given; `.` is the current folder, `-` standard input")
    if "-" in given.paths and len(given.paths) > 1:
        raise UsageError("`-` reads standard input and cannot be combined with another PATH")
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


def _in_a_folder(option: str, file: str | None) -> str | None:
    # Said before any work rather than after: what was rewritten by then could not be recorded.
    if file is not None and not os.path.isdir(os.path.dirname(file) or "."):
        raise UsageError(f"{option} {file}: there is no folder {os.path.dirname(file)!r}")
    if file is not None and os.path.isdir(file):
        raise UsageError(f"{option} {file} is a folder, but it has to be a file")
    return file


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
