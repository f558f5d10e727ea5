"""Time and memory of `migrate-norm --check` against `libcst.parse_module(...).code`, as ratios of one run.

    python benchmarks/codemod.py [--quick]

Three folders: flax's own source (Linen in nearly every file), source that never mentions Linen (jax, numpy),
and a mixture with flax in one file of twenty. Each measurement is a process of its own; the fastest counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

AIM_LINEN, AIM_PLAIN = 2.0, 1 / 50
ONE_IN = 20


class Corpus(NamedTuple):
    """A folder of source; `share` is the part of its lines that is in files with Linen or flax in them."""

    name: str
    folder: Path
    files: int
    lines: int
    share: float

    @property
    def aim(self) -> float:
        return self.share * AIM_LINEN + (1 - self.share) * AIM_PLAIN


class Measured(NamedTuple):
    """Seconds inside Python after its imports, seconds of the whole process, and its peak memory in MiB."""

    inside: float
    process: float
    memory: float


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one file in ten, each way once")
    parser.add_argument("--worker", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        work(*given.worker)
        return
    print(f"{'corpus':8} {'files':>6} {'lines':>8} {'way':14} {'s':>8} {'ratio':>8} {'aim':>7}", end=" ")
    print(f"{'process s':>10} {'ratio':>7} {'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for corpus in corpora(Path(folder), 10 if given.quick else 1):
            report(corpus, 1 if given.quick else 3)


def corpora(folder: Path, step: int) -> Iterator[Corpus]:
    """Lays out the three folders, with every `step`-th file of each package."""
    sources = sorted(chain.from_iterable(map(python_files, ("flax", "jax", "numpy"))))[::step]
    flax = [file for file in sources if mentions(file)]
    plain = [file for file in sources if not mentions(file)]
    some = flax[:: max(1, len(flax) * (ONE_IN - 1) // len(plain))]
    yield lay_out("linen", folder, flax)
    yield lay_out("plain", folder, plain)
    yield lay_out("mixture", folder, [*some, *plain[: len(some) * (ONE_IN - 1)]])


def python_files(package: str) -> Iterable[Path]:
    """Returns the source files of an installed package, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed")
    return Path(spec.origin).parent.rglob("*.py")


def mentions(file: Path) -> bool:
    """Whether the codemod has to look into `file` at all."""
    data = file.read_bytes()
    return b"flax" in data or b"linen" in data


def lay_out(name: str, folder: Path, files: list[Path]) -> Corpus:
    """Copies `files` to a folder of their own, so that both ways see the same."""
    target = folder / name
    target.mkdir()
    lines = dict.fromkeys((False, True), 0)
    for number, file in enumerate(files):
        lines[mentions(file)] += file.read_bytes().count(b"\n")
        (target / f"f{number}_{file.name}").write_bytes(file.read_bytes())
    total = sum(lines.values())
    return Corpus(name, target, len(files), total, lines[True] / total)


def report(corpus: Corpus, repeats: int) -> None:
    """Measures both ways in turn and prints their lines."""
    runs = [(measure("parse", corpus), measure("check", corpus)) for _ in range(repeats)]
    parse, check = (Measured(*map(min, zip(*way, strict=True))) for way in zip(*runs, strict=True))
    head = f"{corpus.name:8} {corpus.files:6} {corpus.lines:8}"
    print(f"{head} {'parse + code':14} {parse.inside:8.3f} {1:8.3f} {'':7}", end=" ")
    print(f"{parse.process:10.3f} {1:7.3f} {parse.memory:6.0f}")
    print(
        f"{'':24} {'check':14} {check.inside:8.3f} {check.inside / parse.inside:8.3f} {corpus.aim:7.3f}",
        end=" ",
    )
    print(f"{check.process:10.3f} {check.process / parse.process:7.3f} {check.memory:6.0f}", flush=True)


def measure(way: str, corpus: Corpus) -> Measured:
    """Runs one way in a fresh process."""
    from time import perf_counter

    command = [sys.executable, __file__, "--worker", way, str(corpus.folder)]
    start = perf_counter()
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    process = perf_counter() - start
    inside, memory = json.loads(answer.stdout)
    return Measured(inside, process, memory)


def work(way: str, folder: str) -> None:
    """Does one way over `folder` and prints seconds and peak MiB as JSON."""
    import resource
    from time import perf_counter

    ways = {"parse": parse_all, "check": check_all}
    with open(os.devnull, "w") as null, redirect_stdout(null), redirect_stderr(null):
        start = perf_counter()
        paused = ways[way](folder)
        seconds = perf_counter() - start - paused
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def parse_all(folder: str) -> float:
    """Parses every file and writes it back to bytes. Returns the seconds that the import took."""
    from time import perf_counter

    start = perf_counter()
    import libcst

    paused = perf_counter() - start
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        with open(entry.path, "rb") as file:
            _ = libcst.parse_module(file.read()).bytes
    return paused


def check_all(folder: str) -> float:
    """Runs the command. Returns the seconds that its import took."""
    from time import perf_counter

    start = perf_counter()
    from migrate_norm.cli.migrate_norm import main as migrate_norm

    paused = perf_counter() - start
    code = migrate_norm([folder, "--check"])
    if code == 2:
        raise SystemExit(f"migrate-norm failed on {folder}: run it by hand")
    return paused


if __name__ == "__main__":
    main()
