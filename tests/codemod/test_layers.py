"""`layers/nnx` is what the codemod makes of `layers/linen`, and the lessons beside their migrated twins."""

from pathlib import Path

import pytest
from migrate_norm.codemod import Options, migrate_files

from .check import check_stable, refusals

_ROOT = Path(__file__).parents[2]
_LAYERS = ("batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm")
_LESSONS = ("tutorial_batch_norm", "tutorial_layer_norm")


@pytest.mark.parametrize("name", _LAYERS)
def test_layer_is_what_the_codemod_makes_of_it(name: str) -> None:
    before = (_ROOT / "layers" / "linen" / f"{name}.py").read_bytes()
    file = migrate_files({f"{name}.py": before}, Options(line_length=110)).files[0]
    assert not refusals(file)
    assert file.after == (_ROOT / "layers" / "nnx" / f"{name}.py").read_bytes()
    check_stable(file, line_length=110)


@pytest.mark.parametrize("lesson", _LESSONS)
def test_lesson_is_what_the_codemod_makes_of_it(lesson: str) -> None:
    folder = _ROOT / "examples" / lesson
    before = (folder / "linen.py").read_bytes()
    file = migrate_files({"linen.py": before}, Options(line_length=110)).files[0]
    assert not refusals(file)
    assert file.after == (folder / "nnx.py").read_bytes()
    check_stable(file, line_length=110)
