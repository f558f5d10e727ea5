"""`make corpus`: the codemod over real packages, and real leaf classes compared with what they became."""

import argparse
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .check import Checked, check
from .compare import Outcome, Verdict, compare
from .fetch import UnavailableError, fetch, sources
from .isolate import MissingImportError, isolate
from .leaves import LEAVES
from .oracle import read
from .packages import PACKAGES, Package

ENOUGH = 25  # leaf classes that have to be equal when every package was there
CUT = 300  # characters of a crash that are printed
HEAD = ("package", "files", "changed", "classes", "leaves", "migrated", "refused by code")


def main(argv: list[str] | None = None) -> int:
    """Returns 1 when anything is wrong; a package that can't be had is reported and skipped."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="a package by name; repeatable")
    only = parser.parse_args(argv).only
    chosen = [package for package in PACKAGES if not only or package.name in only]
    if not chosen:
        parser.error(f"no package is called {' or '.join(only)}")
    checked = [row for package in chosen if (row := _checked(package)) is not None]
    outcomes = [outcome for package in chosen for outcome in _compared(package)]
    complete = len(checked) == len(PACKAGES)
    return _summary(checked, outcomes, complete)


def _say(*cells: object) -> None:
    sys.stdout.write("  ".join(str(cell) for cell in cells).rstrip() + "\n")
    sys.stdout.flush()


def _row(cells: tuple[object, ...]) -> None:
    name, *numbers, codes = cells
    _say(f"{name!s:24}", *(f"{number!s:>8}" for number in numbers), codes)


def _checked(package: Package) -> Checked | None:
    try:
        found = check(str(package), sources(fetch(package)))
    except UnavailableError as error:
        _say(f"{package} is skipped, it can't be had: {error}")
        return None
    except Exception as error:  # whatever it is: a crash is the finding, and the other packages go on
        found = Checked(str(package), 0, 0, 0, 0, 0, {}, (_crash(error),))
    codes = ", ".join(f"{code} {count}" for code, count in found.refused.items())
    _row((found.name, found.files, found.changed, found.classes, found.leaves, found.migrated, codes))
    for violation in found.violations:
        _say("  VIOLATION", violation)
    return found


def _crash(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {Path(place.filename).name}:{place.lineno}"[:CUT]


def _compared(package: Package) -> Iterator[Outcome]:
    leaves = [leaf for leaf in LEAVES if leaf.package == str(package)]
    if not leaves:
        return
    try:
        program = read(sources(fetch(package)))
    except UnavailableError:
        return
    for leaf in leaves:
        try:
            outcome = compare(leaf, isolate(program, leaf.path, leaf.name))
        except MissingImportError as error:
            outcome = Outcome(leaf, Verdict.FAILED, f"needs {error}, which is not installed")
        except Exception as error:  # whatever it is: a crash is the finding, and the other classes go on
            outcome = Outcome(leaf, Verdict.FAILED, _crash(error))
        first, *rest = outcome.detail.splitlines()
        _say(f"{outcome.verdict:8}", leaf, first)
        for line in rest if outcome.verdict is Verdict.FAILED else ():
            _say("    ", line)
        yield outcome


def _summary(checked: list[Checked], outcomes: list[Outcome], complete: bool) -> int:
    _row(HEAD)
    total = Counter[str]()
    for row in checked:
        total.update(row.refused)
    codes = ", ".join(f"{code} {count}" for code, count in sorted(total.items()))
    counted = [sum(getattr(row, name) for row in checked) for name in HEAD[1:-1]]
    _row(("total", *counted, codes))
    equal = {outcome.leaf[:3] for outcome in outcomes if outcome.verdict is Verdict.EQUAL}
    failed = [outcome for outcome in outcomes if not outcome.good]
    violations = sum(len(row.violations) for row in checked)
    _say(f"{len(equal)} leaf classes compared and equal, {len(failed)} are not as they should be")
    _say(f"{violations} violations")
    short = complete and len(equal) < ENOUGH
    if short:
        _say(f"fewer than {ENOUGH} leaf classes are equal")
    return 1 if failed or violations or short else 0


if __name__ == "__main__":
    sys.exit(main())
