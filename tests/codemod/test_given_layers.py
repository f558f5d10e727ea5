# ruff: noqa: E501
"""A layer that a field holds, or that the class builds where the field is None."""

import pytest
from migrate_norm.catalog.findings import Severity
from migrate_norm.equivalence import InputSpec

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    migrate,
    name_of,
    refusals,
)

CODER = """\
class Coder(nn.Module):
    width: int
    embed: Any = None
    tied: bool = False

    @nn.compact
    def __call__(self, ids):
        if self.embed is None:
            embed = nn.Embed(7, self.width)
        else:
            embed = self.embed
        x = nn.Dense(self.width)(embed(ids))
        if self.tied:
            return embed.attend(x)
        return nn.LayerNorm()(x)
"""
NNX_CODER = """\
class Coder(nnx.Module):
    def __init__(
        self,
        width: int,
        embed: Any = None,
        tied: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.embed = embed
        self.tied = tied
        if embed is None:
            self.embed_0 = nnx.Embed(7, width, rngs=rngs)
        self.dense_0 = nnx.Linear(width, width, rngs=rngs)
        if tied:
            return
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, ids):
        if self.embed is None:
            embed = self.embed_0
        else:
            embed = self.embed
        x = self.dense_0(embed(ids))
        if self.tied:
            return embed.attend(x)
        return self.layer_norm_0(x)
"""
MODEL = """\


class Model(nn.Module):
    width: int = 4
    shares: bool = True

    def setup(self):
        if self.shares:
            self.shared = nn.Embed(7, self.width)
        else:
            self.shared = None
        self.encoder = Coder(self.width, embed=self.shared)
        self.decoder = Coder(self.width, self.shared, tied=True)

    def __call__(self, ids):
        return self.encoder(ids).sum() * self.decoder(ids)
"""
NNX_SETUP = """\
    def __init__(self, width: int = 4, shares: bool = True, *, rngs: nnx.Rngs):
        if shares:
            self.shared = nnx.Embed(7, width, rngs=rngs)
        else:
            self.shared = None
        self.encoder = Coder(width, embed=self.shared, rngs=rngs)
        self.decoder = Coder(width, self.shared, tied=True, rngs=rngs)
"""
IMPORTS = "from typing import Any\n\n"
SOURCE = IMPORTS + HEADER + CODER
REVERSED = """\
        if self.embed is not None:
            embed = self.embed
        else:
            embed = nn.Embed(7, self.width)
"""
PAIR = CODER[CODER.index("        if self.embed") : CODER.index("        x = ")]
_IDS = InputSpec("int32", (2, 3))


def test_transformed() -> None:
    check_transformed(SOURCE, IMPORTS + NNX_HEADER + NNX_CODER)
    text, file, _ = migrate(SOURCE + MODEL)
    assert NNX_SETUP in text
    assert not refusals(file)
    notes = [d.message for d in file.diagnostics if d.severity is Severity.NOTE]
    assert any("as many features" in message for message in notes)


@pytest.mark.parametrize("pair", [PAIR, REVERSED], ids=["is None", "is not None"])
def test_computes_the_same(pair: str) -> None:
    calls = [Call("Coder", (), {"width": 4, "tied": tied}, (_IDS,)) for tied in (True, False)]
    check_equivalent(SOURCE.replace(PAIR, pair), *calls)


def test_computes_the_same_where_it_is_shared() -> None:
    calls = [Call("Model", (), {"shares": shares}, (_IDS,)) for shares in (True, False)]
    check_equivalent(SOURCE + MODEL, *calls)
    half = MODEL[MODEL.index("        if self.shares") : MODEL.index("        self.encoder")]
    inline = "        self.shared = nn.Embed(7, self.width) if self.shares else None\n"
    check_equivalent(SOURCE + MODEL.replace(half, inline), *calls)
    check_equivalent(_model("self.shared = None", "self.shared = None\n            self.more = 1"), *calls)
    # Linen counts another one from 0 or from 1, as configuration decides
    check_equivalent(_coder("embed(ids))", "embed(ids) + nn.Embed(9, self.width)(ids))") + MODEL, *calls)


def _coder(old: str, new: str) -> str:
    assert old in CODER
    return SOURCE.replace(old, new)


def _model(old: str, new: str) -> str:
    assert old in MODEL
    return SOURCE + MODEL.replace(old, new)


REFUSED = (
    Refusal("another-field-decides", "MN101", _coder("if self.embed is None", "if self.tied is None")),
    Refusal("another-condition", "MN101", _coder("if self.embed is None", "if self.embed is None and self.tied")),
    Refusal("another-field-is-given", "MN101", _coder("embed = self.embed\n", "embed = self.other\n").replace("tied: bool", "other: Any = None\n    tied: bool")),
    Refusal("bound-again", "MN101", _coder("        x = nn.Dense", "        if self.width > 3:\n            embed = nn.Embed(7, 4)\n        x = nn.Dense")),
    Refusal("handed-on", "MN101", _coder("embed(ids)", "jax.vmap(embed)(ids)")),
    Refusal("the-field-is-handed-on", "MN201", _coder("embed(ids)", "jax.vmap(self.embed)(ids)")),
    Refusal("in-a-loop", "MN101", _coder(PAIR, "        for _ in range(2):\n" + PAIR.replace("        ", "            "))),
    Refusal("more-than-one-statement", "MN101", _coder("            embed = self.embed\n", "            embed = self.embed\n            ids = ids + 1\n")),
    Refusal("another-layer", "MN101", _coder("nn.Embed(7, self.width)", "nn.Dense(self.width)")),
    Refusal("something-else-in-its-place", "MN105", _model("self.shared = None", "self.shared = jnp.zeros")),
    Refusal("assigned-again", "MN105", _model("        self.encoder", "        if self.width > 9:\n            self.shared = None\n        self.encoder")),
    Refusal("a-dense-in-its-place", "MN105", _model("nn.Embed(7, self.width)", "nn.Dense(self.width)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "class Coder(nn.Module)" in text or "class Model(nn.Module)" in text
