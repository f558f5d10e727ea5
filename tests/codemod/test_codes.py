"""The catalog's examples end in the code that they stand for."""

import pytest
from migrate_norm.catalog.codes import CODES
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import migrate_files

_HEADER = "import jax\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
_WITH_EXAMPLE = [code for code in CODES.values() if code.example]


@pytest.mark.parametrize("code", _WITH_EXAMPLE, ids=lambda code: code.id)
def test_the_example_ends_in_its_code(code) -> None:
    before = (_HEADER + code.example).encode()
    file = migrate_files({"layer.py": before}).files[0]
    found = {d.code: d for d in file.diagnostics}
    assert code.id in found
    assert found[code.id].line > 5
    assert file.changed == (found[code.id].severity is Severity.NOTE)


def test_every_code_about_a_class_has_an_example_or_needs_more_than_one() -> None:
    several = {"MN104", "MN107", "MN110", "MN208", "MN209", "MN210", "MN301", "MN302", "MN401", "MN402"}
    without = {code.id for code in CODES.values() if not code.example and not code.id.startswith("MN9")}
    assert without == several
