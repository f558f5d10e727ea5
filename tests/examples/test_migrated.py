"""The migrated files beside the Linen ones are what a fresh run makes of them."""

import pytest
from migrate_norm.codemod import Options, migrate_files

from .load import EXAMPLES


@pytest.mark.parametrize("folder", ["tutorial_layer_norm", "tutorial_batch_norm"])
def test_nnx_is_what_the_codemod_makes_of_linen(folder: str) -> None:
    source = (EXAMPLES / folder / "linen.py").read_bytes()
    (file,) = migrate_files({"linen.py": source}, Options(line_length=110)).files
    assert file.diagnostics == ()
    assert file.after.decode() == (EXAMPLES / folder / "nnx.py").read_text(encoding="utf-8")
