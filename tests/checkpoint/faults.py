"""Faults at random: bits that flip, processes that are killed, disks that are full. Prints how often what happened.

Run: python -m tests.checkpoint.faults [--flips N] [--kills N] [--full N] [--seed N]; the tests run a few of each.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from migrate_norm.checkpoint import CheckpointError, check_checkpoint, convert_checkpoint
from migrate_norm.checkpoint.errors import ConversionError
from migrate_norm.checkpoint.locate import locate
from migrate_norm.checkpoint.source import opened

from .disk import contents
from .sources import SOURCES

FORMS = (
    *("StandardCheckpointer", "zarr3", "a folder for each array", "a folder for each array, zarr3"),
    *("msgpack", "safetensors with dots", "npz"),
)
REFUSED, EQUAL, SAME, WRONG = "refused", "every leaf equal", "every leaf as the damaged SRC has it", "WRONG"
Leaf = tuple[str, tuple[int, ...], bytes] | str
Values = dict[tuple[str, ...], Leaf]


def variables(size: int = 20_000) -> Any:
    rng = np.random.default_rng(5)
    params = {
        f"layers_{i}": {"kernel": rng.normal(size=(size // 100, 100)).astype(np.float32)} for i in range(3)
    }
    return {
        "params": {**params, "bias": np.ones(3, np.float32)},
        "batch_stats": {"mean": np.zeros(7, np.float16)},
    }


def values(path: Path) -> Values:
    """Every leaf as it can be read; for one that cannot, a word instead."""
    with opened(locate(path).path) as source:
        return {tuple(map(str, leaf.disk)): _value(source, leaf.disk) for leaf in source.leaves}


def _value(source: Any, leaf: Any) -> Leaf:
    try:
        data = [np.ascontiguousarray(piece).tobytes() for piece in source.pieces(leaf, 1 << 20)]
    except CheckpointError:
        return "unreadable"
    shape, dtype = source.data(leaf)
    return dtype, shape, b"".join(data)


def without_value(found: Values) -> Values:
    return {path[:-1] if path[-1] == "value" else path: leaf for path, leaf in found.items()}


def converted(found: Values) -> Values:
    """Leaves under their new paths: without the collection, or `model` instead of it beside a leaf that has none.

    A flipped bit in the header of a safetensors file can make such a leaf of `params.bias`: `params,bias`.
    """
    beside = any(len(path) == 1 for path in found)
    start = ("model",) if beside else ()
    return {(*start, *path[1:]) if len(path) > 1 else path: leaf for path, leaf in found.items()}


def flipped(src: Path, rng: random.Random) -> str:
    """Flips one bit of one file, each file being as likely as any other; returns its name."""
    files = [src] if src.is_file() else sorted(path for path in src.rglob("*") if path.is_file())
    file = rng.choice([path for path in files if path.stat().st_size])
    data = bytearray(file.read_bytes())
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)
    file.write_bytes(data)
    return file.name


def cut(src: Path, rng: random.Random) -> str:
    """Cuts the end off one file; returns its name."""
    files = [src] if src.is_file() else sorted(path for path in src.rglob("*") if path.is_file())
    file = rng.choice([path for path in files if path.stat().st_size])
    file.write_bytes(file.read_bytes()[: rng.randrange(file.stat().st_size)])
    return file.name


def damaged(
    whole: Path, folder: Path, rng: random.Random, damage: Callable[[Path, random.Random], str]
) -> str:
    """Converts a damaged copy; says how that ended. What cannot be told from sound data has to come out as it is.

    Half of the runs compare decoded values too, and then nothing may come out that cannot be read.
    """
    deep = rng.random() < 0.5
    src, place = folder / "src", folder / "place"
    shutil.copytree(whole, src) if whole.is_dir() else shutil.copy(whole, src)
    place.mkdir()
    name = damage(src, rng)
    before = contents(src) if src.is_dir() else {"": (0, src.read_bytes())}
    try:
        convert_checkpoint(src, place / "dst", compare_values=deep)
    except (CheckpointError, ConversionError):
        end = REFUSED if not list(place.iterdir()) else f"{WRONG}: {name} left {list(place.iterdir())}"
    else:
        wanted, sound = converted(values(src)), converted(values(whole))
        found = without_value(values(place / "dst"))
        end = (
            EQUAL
            if found == sound
            else SAME
            if found == wanted and not (deep and "unreadable" in found.values())
            else f"{WRONG}: {name} differs"
        )
    after = contents(src) if src.is_dir() else {"": (0, src.read_bytes())}
    shutil.rmtree(folder)
    return end if before == after else f"{WRONG}: {name}: SRC was changed"


def flips(folder: Path, count: int, seed: int) -> Counter[str]:
    return _damages(folder, count, seed, flipped)


def cuts(folder: Path, count: int, seed: int) -> Counter[str]:
    return _damages(folder, count, seed, cut)


def _damages(
    folder: Path, count: int, seed: int, damage: Callable[[Path, random.Random], str]
) -> Counter[str]:
    rng, found = random.Random(seed), Counter[str]()
    tree = variables(200)
    whole = {form: SOURCES[form](folder / f"whole {i}", tree) for i, form in enumerate(FORMS)}
    for _ in range(count):
        form = rng.choice(FORMS)
        work = folder / "work"
        work.mkdir()
        found[damaged(whole[form], work, rng, damage)] += 1
    return found


def command(*arguments: object) -> list[str]:
    code = "from migrate_norm.cli.migrate_checkpoint import main; raise SystemExit(main())"
    return [sys.executable, "-c", code, *map(str, arguments)]


def kills(folder: Path, count: int, seed: int) -> Counter[str]:
    """Kills a conversion at random moments: DST has to be absent or complete, and the next run to succeed."""
    rng, found = random.Random(seed), Counter[str]()
    forms = ("StandardCheckpointer", "a folder for each array", "msgpack")
    sources = [SOURCES[form](folder / f"src {i}", variables()) for i, form in enumerate(forms)]
    before = {src: contents(src) if src.is_dir() else src.read_bytes() for src in sources}
    start = time.perf_counter()
    subprocess.run(command(sources[0], folder / "warm"), check=True, capture_output=True)
    usual = time.perf_counter() - start
    for number in range(count):
        src, dst = rng.choice(sources), folder / f"dst {number}"
        process = subprocess.Popen(command(src, dst), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, 1.0) * usual)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found[_after_kill(src, dst)] += 1
    changed = [src for src in sources if before[src] != (contents(src) if src.is_dir() else src.read_bytes())]
    return found + Counter({f"{WRONG}: SRC was changed": len(changed)})


def _after_kill(src: Path, dst: Path) -> str:
    end = "killed, DST complete" if dst.exists() else "killed, DST absent"
    left = dst.with_name(f".{dst.name}.migrate-norm").exists()
    if not dst.exists():
        convert_checkpoint(src, dst)
        end += ", leftovers cleaned by the next run" if left else ""
    good = without_value(values(dst)) == {path[1:]: leaf for path, leaf in values(src).items()}
    sound = good and not any(one.faults for one in check_checkpoint(dst))
    if dst.with_name(f".{dst.name}.migrate-norm").exists() and not end.startswith("killed, DST complete"):
        sound = False
    return end if sound else f"{WRONG}: {end}"


def full_disks(folder: Path, count: int, seed: int) -> Counter[str]:
    """Runs where no file can grow beyond a random size: refused, and nothing left."""
    rng, found = random.Random(seed), Counter[str]()
    sources = [SOURCES[form](folder / f"src {i}", variables()) for i, form in enumerate(FORMS)]
    for number in range(count):
        src, place = rng.choice(sources), folder / f"place {number}"
        place.mkdir()
        code = [sys.executable, "-m", f"{__package__}.full_disk", str(src), str(place / "dst")]
        limit = int(10 ** rng.uniform(0, 5.3))
        done = subprocess.run([*code, str(limit)], capture_output=True, text=True, check=False)
        left = sorted(path.name for path in place.iterdir())
        if done.returncode == 2 and not left and len(done.stderr.splitlines()) == 1:
            found["refused, nothing left"] += 1
        elif done.returncode == 0 and left[:1] == ["dst"] and not check_checkpoint(place / "dst")[0].faults:
            found["it fitted"] += 1
        else:
            found[f"{WRONG}: {done.returncode} {left} {done.stderr[-300:]}"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, count in (("flips", 1000), ("cuts", 300), ("kills", 200), ("full", 20), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=count)
    given = parser.parse_args()
    runs = {"flips": flips, "cuts": cuts, "kills": kills, "full": full_disks}
    wrong = 0
    for name, run in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            found = run(Path(folder), getattr(given, name), given.seed)
        wrong += sum(count for end, count in found.items() if end.startswith(WRONG))
        sys.stdout.write(f"{name}: {dict(found)}\n")
        sys.stdout.flush()
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
