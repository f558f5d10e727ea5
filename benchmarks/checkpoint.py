"""Converting a checkpoint against `cp -r` and against Orbax restore + save: wall time and peak memory of one run.

Run: python benchmarks/checkpoint.py [--size GB] [--folder DIR]. Each strategy runs in a process of its own, so that
its peak memory is its own; times are taken in turns, best of several rounds, with whatever the page cache holds.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

CLI = "from migrate_norm.cli.migrate_checkpoint import main; raise SystemExit(main({arguments!r}))"
SAVE = """
import sys, numpy as np, orbax.checkpoint as ocp
from pathlib import Path
rng = np.random.default_rng(0)
leaves, size = int(sys.argv[2]), int(float(sys.argv[3]))
count = max(1, size // leaves // 4)
rows = max(1, int(count**0.5))
tree = {}
for i in range(leaves):
    folder = tree.setdefault(f"layers_{i // 4}", {})
    folder[f"w{i % 4}"] = rng.standard_normal((rows, count // rows), np.float32)
with ocp.PyTreeCheckpointer() as c:
    c.save(Path(sys.argv[1]), {"params": tree})
"""
RESAVE = """
import sys, orbax.checkpoint as ocp
from pathlib import Path
from etils import epath
with ocp.PyTreeCheckpointer() as c:
    tree = c.restore(epath.Path(sys.argv[1]))
    c.save(Path(sys.argv[2]), tree["params"])
"""
PACK = """
import sys
from migrate_norm.cli.migrate_checkpoint import main
raise SystemExit(main([sys.argv[1], sys.argv[2], "--to", "safetensors"]))
"""


class Cost(NamedTuple):
    """Seconds of wall time, and the peak of resident memory in MB."""

    seconds: float
    memory: float


class Aim(NamedTuple):
    """The most that a strategy may cost: as a ratio to another one, and in MB."""

    strategy: str
    against: str
    ratio: float
    memory: float


AIMS = (
    Aim("--link", "restore + save", 1 / 50, 100),
    Aim("--copy", "cp -r", 1.2, 100),
    Aim("to safetensors", "restore + save", 1, 512),
    Aim("from safetensors", "restore + save", 1, 512),
    Aim("unstack", "restore + save", 1, 512),
)


def run(command: list[str]) -> Cost:
    """Runs a command to its end. Raises CalledProcessError."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    return Cost(time.perf_counter() - start, usage.ru_maxrss / 1024)


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def convert(*arguments: object) -> list[str]:
    return python(CLI.format(arguments=[str(a) for a in arguments]))


def measured(place: Path, rounds: int, strategies: dict[str, Callable[[Path], list[str]]]) -> dict[str, Cost]:
    """Returns the best time and the highest memory of each strategy; they take turns."""
    found: dict[str, list[Cost]] = {name: [] for name in strategies}
    for _ in range(rounds):
        for name, command in strategies.items():
            target = place / "target"
            found[name].append(run(command(target)))
            for path in place.glob("target*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return {
        name: Cost(min(c.seconds for c in costs), max(c.memory for c in costs))
        for name, costs in found.items()
    }


def strategies(src: Path, packed: Path | None) -> dict[str, Callable[[Path], list[str]]]:
    found: dict[str, Callable[[Path], list[str]]] = {
        "cp -r": lambda dst: ["cp", "-r", str(src), str(dst)],
        "restore + save": lambda dst: python(RESAVE, src, dst),
        "--link": lambda dst: convert(src, dst, "--link"),
        "--copy": lambda dst: convert(src, dst, "--copy"),
    }
    if packed:
        found["to safetensors"] = lambda dst: convert(src, dst, "--to", "safetensors")
        found["from safetensors"] = lambda dst: convert(packed, dst)
    return found


def table(title: str, costs: dict[str, Cost]) -> Iterator[str]:
    yield f"{title:38s} {'seconds':>8s} {'/ cp -r':>8s} {'/ restore+save':>15s} {'MB':>7s}"
    for name, cost in costs.items():
        ratios = (cost.seconds / costs[other].seconds for other in ("cp -r", "restore + save"))
        copy, resave = ratios
        yield f"  {name:36s} {cost.seconds:8.2f} {copy:8.3f} {resave:15.4f} {cost.memory:7.0f}"


def verdicts(costs: dict[str, Cost]) -> Iterator[str]:
    for aim in AIMS:
        if aim.strategy in costs:
            ratio = costs[aim.strategy].seconds / costs[aim.against].seconds
            met = "met" if ratio <= aim.ratio and costs[aim.strategy].memory <= aim.memory else "MISSED"
            yield (
                f"  aim {met}: {aim.strategy} at most {aim.ratio:.2f} x {aim.against} and {aim.memory:.0f} MB;"
                f" is {ratio:.3f} x and {costs[aim.strategy].memory:.0f} MB"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=float, default=0.5, metavar="GB", help="of the large checkpoint (0.5)")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--leaves", type=int, nargs="*", default=[10, 1_000], help="counts of small leaves (10 1000)"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        place = Path(folder)
        src, packed = place / "src", place / "packed.safetensors"
        run(python(SAVE, src, 160, given.size * 1e9))
        run(python(PACK, src, packed))
        costs = measured(place, given.rounds, strategies(src, packed))
        print("\n".join(table(f"{given.size:g} GB, 160 leaves", costs)))
        print("\n".join(verdicts(costs)))
        shutil.rmtree(src)
        for leaves in given.leaves:
            run(python(SAVE, src, leaves, leaves * 4096))
            costs = measured(place, 1, strategies(src, None))
            print("\n".join(table(f"{leaves} leaves of 4 KB", costs)))
            shutil.rmtree(src)


if __name__ == "__main__":
    main()
