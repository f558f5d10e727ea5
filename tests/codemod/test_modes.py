"""Migrated classes run in tree mode as in graph mode, without a warning."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SCRIPT = """
from tests.codemod import test_conditions, test_fields, test_initializers, test_names, test_params, test_setup
from tests.codemod import test_sizes, test_sizes_followed, test_variables
from tests.codemod.check import NNX_HEADER, load, run_once, with_header

count = 0
tables = [
    test_conditions, test_fields, test_initializers, test_names, test_params, test_setup, test_sizes,
    test_sizes_followed, test_variables,
]
for table in tables:
    for case in table.TRANSFORMED:
        twin = load(with_header(case.after, NNX_HEADER))
        for call in case.calls[:1]:
            run_once(twin, call)
            count += 1
print("ran", count)
"""


def test_tree_mode() -> None:
    modes = {"NNX_GRAPH_MODE": "false", "NNX_GRAPH_UPDATES": "false", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT],
        cwd=_ROOT,
        env=os.environ | modes,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 40
