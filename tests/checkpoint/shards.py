"""Saves a checkpoint whose arrays are sharded over all devices of all processes.

Run: python -m tests.checkpoint.shards FOLDER DEVICES [HOST:PORT,N,I]
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import jax

ROWS = 16


def main(folder: Path, devices: int, spec: str) -> None:
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import orbax.checkpoint as ocp
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    if spec:
        address, count, index = spec.split(",")
        jax.distributed.initialize(address, int(count), int(index))
    mesh = Mesh(np.asarray(jax.devices()), ("x",))

    def sharded(value: np.ndarray, *axes: str | None) -> "jax.Array":
        sharding = NamedSharding(mesh, PartitionSpec(*axes))
        return jax.make_array_from_callback(value.shape, sharding, lambda index: value[index])

    tree = {
        "params": {
            "Dense_0": {"kernel": sharded(values()["kernel"], "x"), "bias": sharded(values()["bias"])},
            "wide": sharded(values()["wide"], None, "x"),
        }
    }
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder, tree)


def values() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    return {
        "kernel": rng.normal(size=(ROWS, 64)).astype(np.float32),
        "bias": rng.normal(size=(5,)).astype(np.float32),
        "wide": rng.normal(size=(3, ROWS)).astype(np.float32),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
