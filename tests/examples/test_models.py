"""Each model of `examples/` goes from Linen to NNX: source, checkpoint, proof."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .load import EXAMPLES


def _runner() -> ModuleType:
    sys.path.insert(0, str(EXAMPLES))
    try:
        spec = importlib.util.spec_from_file_location("example_run", EXAMPLES / "run.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(EXAMPLES))


RUN = _runner()
TO_ROUNDING = frozenset({"transformer", "vit"})  # models with a layer that rounds otherwise in flax.nnx


@pytest.mark.parametrize("folder", RUN.MODELS)
def test_model(folder: str, tmp_path: Path) -> None:
    done = RUN.run(folder, tmp_path)
    assert done.leaves > 5
    if folder in TO_ROUNDING:
        assert done.difference < 1e-5
    else:
        assert done.difference == 0.0
        assert set(done.verdicts) == {"PROVED"}
    assert len(done.verdicts) == len(RUN.MODELS[folder].modes)


def test_every_folder_is_run() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/linen.py")}
    assert folders == set(RUN.MODELS) | {"tutorial_layer_norm", "tutorial_batch_norm"}


def test_a_source_that_became_something_else_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlp").mkdir()
    (tmp_path / "mlp" / "linen.py").write_text((EXAMPLES / "mlp" / "linen.py").read_text())
    (tmp_path / "mlp" / "nnx.py").write_text("from flax import nnx\n")
    monkeypatch.setattr(RUN, "HERE", tmp_path)
    with pytest.raises(ValueError, match="something else"):
        RUN.migrated("mlp")
