"""Converts damaged copies of a checkpoint, one after the other; prints as JSON how each conversion ended.

A program of its own: when one array cannot be read, Orbax leaves reads behind that fail in other threads.
Run: python -m tests.checkpoint.damage FOLDER
"""

import json
import shutil
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
from migrate_norm.checkpoint import CheckpointError, convert_checkpoint

from .disk import contents, save

FILES = ("_METADATA", "_sharding", "manifest.ocdbt", "d", "ocdbt.process_0", "array_metadatas/process_0")


def damage(file: Path, how: str) -> None:
    data = file.read_bytes()
    file.unlink()
    if how != "deleted":
        file.write_bytes(data[: len(data) // 2] if how == "cut" else b"")


def biggest(folder: Path) -> Path:
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def outcome(src: Path, place: Path) -> str:
    before = contents(src)
    try:
        convert_checkpoint(src, place / "nnx")
        said = "converted"
    except CheckpointError as error:
        said = str(error)
    if contents(src) != before:
        said = f"SRC CHANGED; {said}"
    left = sorted(path.name for path in place.iterdir())
    return said if left == (["nnx"] if said == "converted" else []) else f"LEFT {left}; {said}"


def main(folder: Path) -> None:
    params = {"w": jax.random.normal(jax.random.key(0), (50_000,)), "b": jnp.ones(3)}
    whole = save(folder / "whole", {"params": params})
    found: dict[str, str] = {}
    for name in FILES:
        for how in ("cut", "emptied", "deleted"):
            case = f"{how} {name}"
            src, place = folder / f"{case} src".replace("/", "_"), folder / f"{case} dst".replace("/", "_")
            shutil.copytree(whole, src)
            place.mkdir()
            damage(src / name if (src / name).is_file() else biggest(src / name), how)
            found[case] = outcome(src, place)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
