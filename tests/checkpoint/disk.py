"""What a folder holds, and a checkpoint as Orbax itself reads it."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

MAY_DIFFER = {"migrate-norm.json", "ocdbt.process_0", "commit_success.txt"}
"""Our manifest; where all values lie in the tree itself there are no data files of a process; and not all releases
of Orbax write the mark.
"""

Contents = dict[str, tuple[int, bytes]]


def save(path: Path, tree: Any) -> Path:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, tree)
    return path


def program(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs one of the programs in this folder, in a process of its own."""
    command = [sys.executable, "-m", f"{__package__}.{name}", *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)


def contents(folder: Path) -> Contents:
    """Every path below a folder with its mode, and a file's bytes."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def as_numpy(path: Path) -> dict[str, np.ndarray]:
    """Every array of a checkpoint by its path, restored by Orbax as NumPy."""
    handler = ocp.PyTreeCheckpointHandler()
    wanted = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), handler.metadata(path).tree)
    tree = handler.restore(path, args=ocp.args.PyTreeRestore(restore_args=wanted))
    return {jax.tree_util.keystr(keys): leaf for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]}


def as_bytes(path: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Every array of a checkpoint, so that NaNs compare too."""
    return {name: (str(v.dtype), v.shape, v.tobytes()) for name, v in as_numpy(path).items()}


def described(path: Path) -> dict[str, Any]:
    """The metadata files of a checkpoint, in one order."""
    arrays = json.loads((path / "array_metadatas" / "process_0").read_text())["array_metadatas"]
    return {
        "_METADATA": json.loads((path / "_METADATA").read_text()),
        "_sharding": json.loads((path / "_sharding").read_text()),
        "arrays": sorted(json.dumps(entry, sort_keys=True) for entry in arrays),
        "handler": json.loads((path / "_CHECKPOINT_METADATA").read_text())["item_handlers"],
        "names": sorted(entry.name for entry in path.iterdir() if entry.name not in MAY_DIFFER),
    }
