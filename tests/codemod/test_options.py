"""Skip comments, TODO comments, names as Linen had them, notes, and a collection that two files share."""

import pytest
from migrate_norm.catalog.findings import Outcome, Severity
from migrate_norm.codemod import Options, migrate_files

from .check import check_refused, check_transformed, migrate

_LAYER = """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))
"""
_BIG = "class Big(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.ConvLocal(3, 3)(x)\n"
_HEAD = "from flax import linen as nn\n\n\n"


@pytest.mark.parametrize(
    "before",
    [
        "# migrate-norm: skip\n" + _HEAD + _LAYER,
        _HEAD + "# migrate-norm: skip\n" + _LAYER,
        _HEAD + _LAYER.replace("Module):", "Module):  # migrate-norm: skip"),
    ],
    ids=["file", "above the class", "behind the class line"],
)
def test_skip(before: str) -> None:
    check_refused(before, "MN402")


def test_a_skip_comment_is_about_its_own_class() -> None:
    text, file, _ = migrate(_HEAD + "# migrate-norm: skip\n" + _BIG + "\n\n" + _LAYER)
    assert _BIG in text
    assert "class L(nnx.Module):" in text
    assert {d.code for d in file.diagnostics} == {"MN402"}


def test_todo_is_left_once() -> None:
    text, _, _ = migrate(_HEAD + _BIG, todo=True)
    comment = "# TODO(migrate-norm: MN109): Big stays Linen: it builds nn.ConvLocal: "
    first, _, rest = text.removeprefix(_HEAD).partition("\n")
    assert first.startswith(comment)
    assert rest == _BIG
    assert migrate(text, todo=True)[0] == text


def test_linen_names() -> None:
    before = """\
from flax import linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        for i in range(2):
            x = x * self.param(f"w_{i}", nn.initializers.ones, (3,))
        return x
"""
    after = """\
from flax import nnx


class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for i in range(2):
            setattr(
                self, f"w_{i}", nnx.Param(nnx.initializers.ones(rngs.params(), (3,)))
            )

    def __call__(self, x):
        for i in range(2):
            x = x * getattr(self, f"w_{i}")
        return x
"""
    check_transformed(before, after, linen_names=True)


def test_a_class_that_writes_at_init_is_migrated_with_a_note() -> None:
    before = """\
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
        return x - mean.value
"""
    _, file, _ = migrate(before)
    assert file.changed
    assert [(d.code, d.severity, d.line) for d in file.diagnostics] == [("MN211", Severity.NOTE, 9)]


def test_two_files_look_a_shared_collection_up() -> None:
    before = """\
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.variable("shared_stats", "count", jnp.zeros, ()).value
"""
    files = migrate_files({"a.py": before.encode(), "b.py": before.encode()}, Options()).files
    first, second = ({"__name__": file.path} for file in files)
    for file, space in zip(files, (first, second), strict=True):
        exec(compile(file.after, file.path, "exec"), space)
    assert first["SharedStats"] is second["SharedStats"]


def test_the_census_of_a_file_of_which_a_part_stays() -> None:
    _, file, _ = migrate(_HEAD + _BIG + "\n\n" + _LAYER)
    counted = [(s.name.rpartition(".")[2], s.outcome) for s in file.symbols]
    stays = ["Module", "compact", "ConvLocal"]
    moves = ["Module", "compact", "param", "ones"]
    assert counted == [*((n, Outcome.REFUSED) for n in stays), *((n, Outcome.MIGRATED) for n in moves)]
