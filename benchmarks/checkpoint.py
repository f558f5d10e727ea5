"""Converting a checkpoint against `cp -r` and against Orbax restore + save: wall time and peak memory of one run.

Run: python benchmarks/checkpoint.py [--size GB ...] [--leaves N ...] [--folder DIR]. Each strategy runs in a process
of its own, so that its peak memory is its own; they take turns, and times are medians of several rounds, with whatever
the page cache holds. Restore + save takes four times the size in memory: `--without "restore + save"` leaves it out.
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
from statistics import median
from typing import NamedTuple

from migrate_norm.catalog.mapping import ClassMapping, Mapping, VariableMapping

CLI = "from migrate_norm.cli.migrate_checkpoint import main; raise SystemExit(main({arguments!r}))"
SAVE = """
import sys, numpy as np, orbax.checkpoint as ocp
from pathlib import Path
rng = np.random.default_rng(0)
leaves, size, layers = int(sys.argv[2]), int(float(sys.argv[3])), int(sys.argv[4])
count = max(1, size // leaves // layers // 4)
rows = max(1, int(count**0.5))
shape = (rows, count // rows) if layers == 1 else (layers, rows, count // rows)
tree = {}
for i in range(leaves):
    folder = tree.setdefault(f"layers_{i // 4}", {})
    folder[f"w{i % 4}"] = rng.standard_normal(shape, np.float32)
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
LAYERS = 24
"""How many layers a stacked leaf has, as `nn.scan` makes it."""
RULE = VariableMapping("params", ("layers_{}", "w{}"), ("layers_{}", "{*}", "w{}"), "flax.nnx.Param")
LARGE = {"160 leaves": (160, 1), "one leaf": (1, 1), f"4 leaves of {LAYERS} layers": (4, LAYERS)}
"""The checkpoints of a given size: how many leaves, and how many layers in each."""


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


Strategies = dict[str, Callable[[Path], list[str]]]


def measured(place: Path, rounds: int, strategies: Strategies) -> dict[str, Cost]:
    """Returns the median time and the highest memory of each strategy; they take turns."""
    found: dict[str, list[Cost]] = {name: [] for name in strategies}
    for _ in range(rounds):
        for name, command in strategies.items():
            found[name].append(run(command(place / "target")))
            for path in place.glob("target*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return {
        name: Cost(median(c.seconds for c in costs), max(c.memory for c in costs))
        for name, costs in found.items()
    }


def strategies(src: Path, packed: Path | None = None, rules: Path | None = None) -> Strategies:
    found: Strategies = {
        "cp -r": lambda dst: ["cp", "-r", str(src), str(dst)],
        "restore + save": lambda dst: python(RESAVE, src, dst),
        "--link": lambda dst: convert(src, dst, "--link"),
        "--copy": lambda dst: convert(src, dst, "--copy"),
    }
    if packed:
        found["to safetensors"] = lambda dst: convert(src, dst, "--to", "safetensors")
        found["from safetensors"] = lambda dst: convert(packed, dst)
    if rules:
        found["unstack"] = lambda dst: convert(src, dst, "--mapping", rules)
    return found


def table(title: str, costs: dict[str, Cost]) -> Iterator[str]:
    yield f"{title:38s} {'seconds':>8s} {'/ cp -r':>8s} {'/ restore+save':>15s} {'MB':>7s}"
    for name, cost in costs.items():
        ratios = (_ratio(cost, costs.get(other)) for other in ("cp -r", "restore + save"))
        yield f"  {name:36s} {cost.seconds:8.2f} {next(ratios):>8s} {next(ratios):>15s} {cost.memory:7.0f}"


def _ratio(cost: Cost, other: Cost | None) -> str:
    return "-" if other is None else f"{cost.seconds / other.seconds:.3f}"


def verdicts(costs: dict[str, Cost]) -> Iterator[str]:
    for aim in AIMS:
        if aim.strategy in costs and aim.against in costs:
            ratio = costs[aim.strategy].seconds / costs[aim.against].seconds
            met = "met" if ratio <= aim.ratio and costs[aim.strategy].memory <= aim.memory else "MISSED"
            yield (
                f"  aim {met}: {aim.strategy} at most {aim.ratio:.2f} x {aim.against} and {aim.memory:.0f} MB;"
                f" is {ratio:.3f} x and {costs[aim.strategy].memory:.0f} MB"
            )


def large(place: Path, size: float, kind: str, given: argparse.Namespace) -> None:
    """Measures one kind of checkpoint of `size` GB."""
    leaves, layers = LARGE[kind]
    src, packed, rules = place / "src", place / "packed.safetensors", place / "mapping.json"
    run(python(SAVE, src, leaves, size * 1e9, layers))
    if layers > 1:
        rules.write_text(Mapping((ClassMapping("Stacked", (RULE,)),)).dumps())
        compare(place, f"{size:g} GB, {kind}", strategies(src, rules=rules), given.rounds, given)
    else:
        run(convert(src, packed, "--to", "safetensors"))
        compare(place, f"{size:g} GB, {kind}", strategies(src, packed), given.rounds, given)
    remove(place)


def small(place: Path, leaves: int, given: argparse.Namespace) -> None:
    """Measures many leaves of 4 KB, once."""
    run(python(SAVE, place / "src", leaves, leaves * 4096, 1))
    compare(place, f"{leaves} leaves of 4 KB", strategies(place / "src"), 1, given)
    remove(place)


def compare(place: Path, title: str, chosen: Strategies, rounds: int, given: argparse.Namespace) -> None:
    costs = measured(place, rounds, {name: run for name, run in chosen.items() if name not in given.without})
    print("\n".join(table(title, costs)))
    if rounds > 1:
        print("\n".join(verdicts(costs)), flush=True)


def remove(place: Path) -> None:
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--size", type=float, nargs="*", default=[0.5], metavar="GB", help="of large checkpoints (0.5)")
    add("--kind", nargs="*", default=list(LARGE), choices=LARGE, help="of large checkpoints (all)")
    add("--leaves", type=int, nargs="*", default=[10, 1_000], help="counts of small leaves (10 1000)")
    add(
        "--without",
        action="append",
        default=[],
        metavar="STRATEGY",
        help="not to run, such as --without=--link",
    )
    add("--folder", type=Path, help="where to work; a temporary folder by default")
    add("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for size in given.size:
            for kind in given.kind:
                large(Path(folder), size, kind, given)
        for leaves in given.leaves:
            small(Path(folder), leaves, given)


if __name__ == "__main__":
    main()
