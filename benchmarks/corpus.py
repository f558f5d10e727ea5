"""The census of real packages: what is migrated, what is refused and why, and whether it computes the same.

Every Linen class of the pinned packages is migrated with only what it needs, and one whose fields hold what makes
modules with what its file makes of it. What is migrated is constructed as
whole models of the package do it, or else with guessed arguments, and compared in all of its modes: PROVED, EQUAL or
DIFFERENT. Without a network, or where a class needs a package that is not installed, the row says so.
"""

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.corpus.census import golden  # noqa: E402
from tests.corpus.census.observed import models_of  # noqa: E402
from tests.corpus.census.rows import Class, row  # noqa: E402
from tests.corpus.census.verify import Verdict  # noqa: E402
from tests.corpus.census.worker import LIMIT, Worker  # noqa: E402
from tests.corpus.fetch import UnavailableError, fetch, sources  # noqa: E402
from tests.corpus.oracle import read  # noqa: E402
from tests.corpus.packages import PACKAGES, Package  # noqa: E402

CONSTRUCTED = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNBUILT)
HEAD = f"{'':20} {'whole package':>24}  {'sites':>11}  {'each class by itself':>20}"
HEAD2 = (
    f"{'package':20} {'classes':>8}{'migrated':>8}{'beside':>8}"
    f"  {'seen':>5}{'new':>6}  {'seen':>6}{'missing':>8}{'migrated':>9}"
)


def measured(package: Package, worker: Worker | None) -> dict[str, Any] | None:
    """Returns the entry of one package, None where it can't be had; says what is worse than in the golden census."""
    try:
        program = read(sources(fetch(package)))
    except UnavailableError as error:
        print(f"{package} is skipped, it can't be had: {error}")
        return None
    known = golden.load().get(str(package), {}).get("classes", {})
    found = row(
        str(package),
        program,
        worker.run if worker else None,
        lambda each: tell(package, each, known),
        worker.trace if worker else None,
        models_of(package.name, program),
    )
    for violation in (*found.whole.violations, *found.beside.violations):
        print(f"  VIOLATION {violation}")
    return golden.entry(found)


def tell(package: Package, each: Class, known: dict[str, str]) -> None:
    """Prints what is worth a look: what is wrong or worse, and what could not be compared."""
    look = {each.outcome, each.traced} & {Verdict.FAILED, Verdict.UNPAIRED, Verdict.SLOW}
    for line in (
        golden.worse([each], known)
        if not look
        else [f"{each.key}: {each.outcome} {each.traced}\n    {each.detail}"]
    ):
        print(f"  {package} {line}", flush=True)


def show(name: str, entry: dict[str, Any], told: dict[str, Any]) -> None:
    """Prints one line of the table; `told` counts the classes that were traced."""
    whole, alone = entry["whole"], entry["alone"]
    verdicts = alone["verdicts"]
    built = sum(verdicts.get(verdict, 0) for verdict in CONSTRUCTED)
    verified = sum(verdicts.get(verdict, 0) for verdict in golden.VERIFIED)
    said = ", ".join(f"{verdict} {number}" for verdict, number in verdicts.items())
    codes = ", ".join(f"{code} {number}" for code, number in alone["refused"].items())
    also = f"; by tracing {told['migrated']} more ({told['verdicts']})" if told["seen"] else ""
    print(
        f"{name:20} {whole['classes']:8}{whole['migrated']:8}{whole['beside']:8}"
        f"  {whole['constructions']:5}{whole['rewritten']:6}"
        f"  {alone['seen']:6}{alone['missing imports']:8}{alone['migrated']:9}"
        f"  {verified} of {built} verified ({said}); refused: {codes}{also}",
        flush=True,
    )


def main() -> int:
    """Returns 1 when a class is DIFFERENT, output does not compile or changes again, or the codemod crashes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="a package by name; repeatable")
    parser.add_argument("--static", action="store_true", help="migrate only, compare nothing")
    parser.add_argument("--update", action="store_true", help="write the golden census")
    parser.add_argument(
        "--limit", type=float, default=LIMIT, help="seconds for one class (default %(default)s)"
    )
    given = parser.parse_args()
    if given.static and given.update:
        parser.error("--static knows no verdicts to write")
    start, worker = time.perf_counter(), None if given.static else Worker(given.limit)
    chosen = [p for p in PACKAGES if not given.only or p.name in given.only]
    print(f"{HEAD}\n{HEAD2}")
    entries = {}
    for package in chosen:
        if (entry := measured(package, worker)) is not None:
            entries[str(package)] = entry
            show(str(package), entry, golden.traced(entry))
            if given.update:  # at once: a full run takes long
                golden.save(golden.load() | entries, {name: version(name) for name in ("flax", "jax")})
    if worker:
        worker.close()
    total = golden.total(entries)
    show("total", total, total["traced"])
    print(f"{time.perf_counter() - start:.0f} s")
    verdicts = (total["alone"]["verdicts"], total["traced"]["verdicts"])
    wrong = sum(found.get(wrong, 0) for found in verdicts for wrong in golden.WRONG)
    return 1 if wrong or total["whole"]["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
