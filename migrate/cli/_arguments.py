"""What `migrate-norm` can be asked on the command line."""

import argparse
import textwrap
from collections.abc import Iterable

from . import _config, _models
from ._walk import SKIPPED


def _lines(words: Iterable[str]) -> str:
    return textwrap.fill(" ".join(sorted(words)), 100, break_on_hyphens=False)


EPILOG = f"""\
exit codes:
  0  nothing Linen is left in the files given
  1  something would change (--check), or something is left that needs a person
  2  the command was called wrongly, or a file could not be read, parsed or written;
     all the others are still done

Files are rewritten in place unless --check, --diff or --output is given, each by one atomic replacement, mode
bits kept; where PATH is a link, the file it leads to. All of them are on the disk before the first is replaced.
A file that cannot be written, or that git does not hold as it is now (changed, staged only, untracked, ignored;
not asked with --allow-dirty), is left alone, and so is a file that imports such a one or is imported by it.
Outside a git repository there is no record to consult: files are rewritten, and a line says that no copy was kept.

With --beside no file that is there changes, so no call, subclass or parent can keep a class Linen: what can be
migrated has an NNX class beside the Linen one, and helpers are imported from where they are. A file that is in the
way (layers_nnx.py) stays, and is reported unless it is what would be written.

Folders are walked without following links to folders, and without what .gitignore files leave out. Not
entered: a folder with a pyvenv.cfg, and those called
{_lines(SKIPPED)}.
A PATH that is named is always taken.

--trace imports your modules in a process of its own, initialises each model that the pyproject.toml names on
shapes alone (nothing is computed), and does so again with other sizes and fields, to see what depends on what:

{textwrap.indent(_models.EXAMPLE, "  ")}

A model is a call, or a function that returns one. Give a size that may vary a name (b, or 32*h for a multiple);
inputs and kwargs are arrays or Python literals; `method` and `rngs` may be given too.

Options can be set in [tool.migrate-norm] of the pyproject.toml nearest to what the PATHs have in common:
{_lines(_config.KEYS)}.
"""


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
    add(
        "--beside",
        action=flag,
        help="write the NNX classes to new files, layers_nnx.py beside layers.py, and change nothing that is there",
    )
    add("--line-length", metavar="N", type=_count, help="where new lines break (default: as ruff or black)")
    add("--linen-names", action=flag, help="keep automatic names (Dense_0) as Linen had them")
    add("--todo", action=flag, help="leave a TODO comment at each class that could not be migrated")
    add(
        "--calls-by-hand",
        action=flag,
        help="migrate a class even where a call of it has to be changed by hand",
    )
    add(
        "--size-args",
        action=flag,
        help="ask for a size that the source does not tell as an argument of the constructor",
    )
    add(
        "--trace",
        action="store_true",
        help="run the models of [[tool.migrate-norm.models]] on shapes, for sizes that the source does not tell",
    )
    add("--trace-limit", metavar="SECONDS", type=_count, help="how long one of them may take (default 300)")
    add("--allow-dirty", action=flag, help="rewrite files with uncommitted changes too")
    add("--exclude", metavar="PATTERN", action="append", help="leave out, as in .gitignore; can be repeated")
    add("--jobs", metavar="N", type=_count, help="how many files to read at a time (default 1)")
    add("--quiet", action=flag, help="say nothing but errors")
    add("--explain", metavar="CODE", help="say what a code (or: all) means and what to do, and exit")
    add("--version", action="store_true", help="print the version, and exit")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
