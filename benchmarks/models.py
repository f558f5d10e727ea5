"""Whole models of other packages: the source migrated, the variables converted, the outputs compared bit by bit.

Each row is migrated with only what the model needs, without an edit by hand: PROVED or EQUAL, or the refusal that
stands in the way. Packages are fetched; without a network, the rows of a package say so.
"""

import argparse
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.corpus.fetch import UnavailableError, fetch, sources  # noqa: E402
from tests.corpus.models.model import Model  # noqa: E402
from tests.corpus.models.run import REFUSED, SKIPPED, Row, measure  # noqa: E402
from tests.corpus.models.table import MODELS  # noqa: E402
from tests.corpus.oracle import Program, read  # noqa: E402
from tests.corpus.packages import PACKAGES  # noqa: E402

WIDTH = 96  # of a reason
GOOD = ("PROVED", "PROVED (up to re-association)", "EQUAL", REFUSED, SKIPPED)


@cache
def program(name: str) -> Program:
    """Returns the source of a package; of flax, that of the newer release."""
    return read(sources(fetch(next(p for p in PACKAGES if p.name == name))))


def measured(model: Model) -> Row:
    """Returns the row of a model; whatever goes wrong is the finding, and the others go on."""
    try:
        return measure(model, program(model.package))
    except UnavailableError as error:
        return Row(model, SKIPPED, detail=f"it can't be had: {error}")
    except Exception as error:  # the codemod, the command, or the model
        return Row(model, "FAILED", detail=f"{type(error).__name__}: {error}")


def show(row: Row) -> None:
    """Prints one line of the table."""
    edits = "0" if row.leaves else "-"
    reason = " ".join(row.detail.split())
    print(
        f"{row.model.package:14} {row.model.name:26} {row.leaves or '':>6} {edits:>5}  {row.verdict:8} "
        f"{reason[:WIDTH]}".rstrip(),
        flush=True,
    )


def main() -> int:
    """Returns 1 when a model that was migrated computes something else, or cannot be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="a package by name; repeatable")
    only = parser.parse_args().only
    start = time.perf_counter()
    print(f"{'package':14} {'class':26} {'leaves':>6} {'edits':>5}  verdict")
    rows = []
    for model in (m for m in MODELS if not m.only_traced and (not only or m.package in only)):
        rows.append(measured(model))
        show(rows[-1])
    counts = Counter(row.verdict for row in rows)
    print(", ".join(f"{verdict} {count}" for verdict, count in counts.most_common()))
    print(f"{time.perf_counter() - start:.0f} s")
    return 1 if any(row.verdict not in GOOD for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
