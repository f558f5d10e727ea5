# ruff: noqa: E501
"""Submodules whose setup says what the class above reads: `self.patches.count`, a plain attribute."""

import jax.numpy as jnp
import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
)

PATCHES = """\
class Patches(nn.Module):
    size: int
    side: int = 8
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        rows = self.side // self.size
        self.count = rows * rows
        self.grid = (rows, rows)
        self.projection = nn.Conv(4, (self.size, self.size), strides=self.size, dtype=self.dtype)

    def __call__(self, x):
        x = self.projection(x)
        return x.reshape(x.shape[0], -1, x.shape[-1])


"""
NNX_PATCHES = """\
class Patches(nnx.Module):
    def __init__(
        self,
        in_features: int,
        size: int,
        side: int = 8,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        rows = side // size
        self.count = rows * rows
        self.grid = (rows, rows)
        self.projection = nnx.Conv(
            in_features, 4, (size, size), strides=size, dtype=dtype, rngs=rngs
        )

    def __call__(self, x):
        x = self.projection(x)
        return x.reshape(x.shape[0], -1, x.shape[-1])


"""
EMBEDDINGS = """\
class Embeddings(nn.Module):
    size: int
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        self.patches = Patches(self.size, dtype=self.dtype)
        count = self.patches.count
        self.places = self.param("places", nn.initializers.normal(), (1, count + 1, 4))

    def __call__(self, x):
        x = self.patches(x.astype(self.patches.projection.dtype))
        x = jnp.concatenate([jnp.zeros((x.shape[0], 1, 4)), x], axis=1)
        return x + self.places * self.patches.grid[0]


"""
NNX_EMBEDDINGS = """\
class Embeddings(nnx.Module):
    def __init__(
        self,
        in_features: int,
        size: int,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.patches = Patches(in_features, size, dtype=dtype, rngs=rngs)
        count = self.patches.count
        self.places = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (1, count + 1, 4))
        )

    def __call__(self, x):
        x = self.patches(x.astype(self.patches.projection.dtype))
        x = jnp.concatenate([jnp.zeros((x.shape[0], 1, 4)), x], axis=1)
        return x + self.places * self.patches.grid[0]


"""
MODEL = """\
class Rows(nn.Module):
    grid: tuple[int, int]

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.grid[0] + self.grid[1])(x)


class Model(nn.Module):
    def setup(self):
        self.embeddings = Embeddings(2)
        self.rows = Rows(self.embeddings.patches.grid)
        self.shift = self.embeddings.patches.count - 1.0

    def __call__(self, x):
        return self.rows(self.embeddings(x)) + self.shift
"""
_IMAGES = f32(2, 8, 8, 3)


def test_transformed() -> None:
    before, after = PATCHES + EMBEDDINGS, NNX_PATCHES + NNX_EMBEDDINGS
    check_transformed(HEADER + before.rstrip() + "\n", NNX_HEADER + after.rstrip() + "\n")
    text = migrate(HEADER + PATCHES + EMBEDDINGS + MODEL)[0]
    assert "self.rows = Rows(4, self.embeddings.patches.grid, rngs=rngs)" in text


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_computes_the_same(dtype: object) -> None:
    call = Call("Embeddings", (3,), {"size": 2, "dtype": dtype}, (_IMAGES,))
    check_equivalent(HEADER + PATCHES + EMBEDDINGS, call)


def test_further_down() -> None:
    source = HEADER + PATCHES + EMBEDDINGS + MODEL
    check_equivalent(source, Call("Model", (3,), {}, (_IMAGES,)))


BASE = """\
class Sized(nn.Module):
    side: int = 8

    def setup(self):
        self.count = self.side * 2


class Patches(Sized):
    def __call__(self, x):
        return x


class Embeddings(nn.Module):
    def setup(self):
        self.patches = Patches(3)
        self.places = self.param("places", nn.initializers.normal(), (self.patches.count,))

    def __call__(self, x):
        return self.patches(x) + self.places
"""


def test_what_the_setup_of_a_base_says() -> None:
    check_equivalent(HEADER + BASE, Call("Embeddings", (), {}, (f32(6),)))


def _patches(old: str, new: str) -> str:
    assert old in PATCHES
    return HEADER + PATCHES.replace(old, new) + EMBEDDINGS


def _embeddings(old: str, new: str) -> str:
    assert old in EMBEDDINGS
    return HEADER + PATCHES + EMBEDDINGS.replace(old, new)


_COUNT = "self.count = rows * rows"
REFUSED = (
    Refusal("set-in-a-loop", "MN101", _patches(_COUNT, "for count in range(17):\n            self.count = count")),
    Refusal("set-to-an-array-too", "MN101", _patches(_COUNT, f"{_COUNT}\n        if rows > 9:\n            self.count = jnp.arange(rows)")),
    Refusal("an-array", "MN101", _patches(_COUNT, "self.count = jnp.arange(rows).sum()")),
    Refusal("a-parameter", "MN101", _patches(_COUNT, "self.count = self.param('n', nn.initializers.ones, ())")),
    Refusal("a-field-with-an-array", "MN101", _patches("    dtype:", "    table: Any = dataclasses.field(default_factory=lambda: jnp.ones(3))\n    dtype:").replace("self.patches.count", "self.patches.table[0]").replace("import jax\n", "import dataclasses\nfrom typing import Any\n\nimport jax\n", 1)),
    Refusal("a-field-with-a-list", "MN101", _patches("    dtype:", "    sizes: list[int] = dataclasses.field(default_factory=lambda: [3])\n    dtype:").replace("self.patches.count", "self.patches.sizes[0]").replace("import jax\n", "import dataclasses\n\nimport jax\n", 1)),
    Refusal("a-field-that-holds-a-module", "MN101", _patches("    dtype:", "    inner: nn.Module | None = None\n    dtype:").replace("self.patches.count", "self.patches.inner")),
    Refusal("a-dtype-that-nnx-replaces", "MN101", HEADER + PATCHES.replace("nn.Conv(4, (self.size, self.size), strides=self.size,", "nn.Embed(4, 4,") + EMBEDDINGS),
    Refusal("a-layer", "MN101", _embeddings("self.patches.count", "len(self.patches.projection.kernel_size)")),
    Refusal("the-module-itself", "MN101", _embeddings("self.patches.count", "getattr(self.patches, 'count')")),
    Refusal("one-of-two", "MN101", _embeddings("Patches(self.size, dtype=self.dtype)", "Patches(self.size) if self.size else Patches(1)")),
    Refusal("one-that-is-changed-before-setup", "MN101", _patches("    def setup", "    def __post_init__(self):\n        self.side = 4\n        super().__post_init__()\n\n    def setup")),
    Refusal("one-that-only-some-call", "MN201", _embeddings("x = self.patches(x.astype(self.patches.projection.dtype))", "if self.size > 1:\n            x = self.patches(x)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Embeddings"}, file.diagnostics
    assert "class Embeddings(nn.Module)" in text


@pytest.mark.parametrize(
    "source",
    [
        _patches(_COUNT, "if rows > 1:\n            self.count = rows * rows"),
        _patches(
            _COUNT,
            "if rows > 1:\n            self.count = rows * rows\n        else:\n            self.count = 1",
        ),
        _patches(_COUNT, f"self.count = rows\n        {_COUNT}"),
        _embeddings("count = self.patches.count", "count = self.patches.side * 2"),
    ],
    ids=["set-on-a-condition", "on-either-side", "set-twice", "a-field"],
)
def test_what_may_be_read(source: str) -> None:
    check_equivalent(source, Call("Embeddings", (3,), {"size": 2}, (_IMAGES,)))


OPTIONAL = """\
class Embeddings(nn.Module):
    split: bool = True

    def setup(self):
        if self.split:
            self.patches = Patches(2)
            self.places = self.param("places", nn.initializers.normal(), (self.patches.count, 4))

    def __call__(self, x):
        return self.patches(x) + self.places if self.split else x
"""


def test_one_that_is_there_on_a_condition() -> None:
    source = HEADER + PATCHES + OPTIONAL
    calls = [Call("Embeddings", (3,), {"split": split}, (_IMAGES,)) for split in (True, False)]
    check_equivalent(source, *calls)
    twin = load(migrate(source)[0])
    assert not hasattr(twin.Embeddings(3, split=False, rngs=twin.nnx.Rngs(0)), "patches")
