"""The catalog's examples end in the code that they stand for, and what is written by hand does not."""

import jax.numpy as jnp
import pytest
from flax import nnx
from migrate_norm.catalog.by_hand import BY_HAND
from migrate_norm.catalog.codes import CODES
from migrate_norm.catalog.findings import Severity
from migrate_norm.catalog.refused import REFUSED
from migrate_norm.codemod import FileResult, migrate_files

from .check import HEADER, load, refusals

_LINEN = [code for code, text in BY_HAND.items() if "nnx." not in text]
_BRIDGED = {"MN109", "MN110", "MN302"}
_X = jnp.ones((2, 4, 3))


def _migrated(text: str) -> FileResult:
    return migrate_files({"layer.py": (HEADER + text).encode()}).files[0]


@pytest.mark.parametrize("code", REFUSED)
def test_the_example_ends_in_its_code(code: str) -> None:
    file = _migrated(REFUSED[code])
    found = {d.code: d for d in file.diagnostics}
    assert code in found
    assert found[code].line > 5
    assert file.changed == (found[code].severity is Severity.NOTE)


@pytest.mark.parametrize("code", _LINEN)
def test_what_is_written_by_hand_is_migrated(code: str) -> None:
    file = _migrated(BY_HAND[code])
    assert file.changed
    assert {d.code for d in refusals(file)} <= ({"MN109"} if code == "MN107" else set())


@pytest.mark.parametrize("code", [code for code in BY_HAND if code not in _LINEN])
def test_what_is_written_by_hand_in_nnx_runs(code: str) -> None:
    module = load(f"{HEADER}from flax import nnx\n{BY_HAND[code]}")
    if code in _BRIDGED:
        assert module.Block(_X, rngs=nnx.Rngs(0))(_X).shape == (2, 4, 8)
    elif code == "MN303":
        assert module.Block(3, rngs=nnx.Rngs(0))(_X)[0].shape == (2, 4, 8)
    elif code == "MN301":
        assert [float(made(jnp.ones(3)).sum()) for made in module.made()] == [3.0, 3.0]
    elif code == "MN304":
        assert [float(y.sum()) for y in module.both(jnp.ones(3))] == [3.0, 6.0]
    elif code == "MN207":
        assert module.sown["x"][0].shape == module.y.shape
    elif code in ("MN108", "MN111"):
        module.frobnicate = jnp.sin
        assert module.Block(3, rngs=nnx.Rngs(0))(_X).shape == (2, 4, 8)
    else:
        assert module.checkpointed(jnp.sin)(0.0) == 0.0


def test_every_code_about_a_class_has_both() -> None:
    traced = {"MN112", "MN113"}  # a source alone does not end in these: tests/codemod/test_traced.py
    about_classes = {code for code in CODES if not code.startswith("MN9")} - traced
    assert set(REFUSED) == set(BY_HAND) == about_classes
