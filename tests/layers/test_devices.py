"""Statistics shared by eight devices; JAX has to be told of them before it starts, so in another process."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_on_eight_devices() -> None:
    environment = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, "-W", "error", "-m", "tests.layers.on_eight_devices"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    results = json.loads(ran.stdout)
    assert len(results) == 28
    failed = {name: result for name, result in results.items() if result != "passed"}
    assert not failed, "\n\n".join(f"{name}\n{result}" for name, result in failed.items())
