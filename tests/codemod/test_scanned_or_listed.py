# ruff: noqa: E501
"""Blocks that are scanned on one side of a condition, and made one by one on the other: as in big_vision's ViT."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

SOURCE = """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, deterministic=True):
        y = nn.Dense(x.shape[-1])(nn.LayerNorm()(x))
        return x + y, y


class Encoder(nn.Module):
    depth: int
    scan: bool = False

    @nn.compact
    def __call__(self, x, deterministic=True):
        if self.scan:
            x, _ = nn.scan(
                Block,
                variable_axes={"params": 0},
                split_rngs={"params": True},
                in_axes=nn.broadcast,
                length=self.depth,
            )(name="block")(x, deterministic)
        else:
            for lyr in range(self.depth):
                block_cur = Block(name=f"block_{lyr}")
                x, _ = block_cur(x, deterministic)
        return nn.LayerNorm(name="norm")(x)
"""
NNX = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, in_features, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x, deterministic=True):
        y = self.dense_0(self.layer_norm_0(x))
        return x + y, y


class Encoder(nnx.Module):
    def __init__(
        self,
        in_features: int,
        depth: int,
        scan: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.scan = scan
        if scan:
            @nnx.split_rngs(splits=depth)
            @nnx.vmap(in_axes=0, out_axes=0)
            def create(rngs: nnx.Rngs):
                return Block(in_features, rngs=rngs)
            self.block = create(rngs)
        else:
            self.block = nnx.List(Block(in_features, rngs=rngs) for _ in range(depth))
        self.norm = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x, deterministic=True):
        if self.scan:
            @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
            def scan(x, block):
                x, _ = block(x, deterministic)
                return x

            x = scan(x, self.block)
        else:
            for block in self.block:
                x, _ = block(x, deterministic)
        return self.norm(x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    calls = (Call("Encoder", (4,), {"depth": 2, "scan": scan}, (f32(2, 3, 4),)) for scan in (False, True))
    check_equivalent(HEADER + SOURCE, *calls)


def _with(old: str, new: str) -> str:
    assert old in SOURCE
    return HEADER + SOURCE.replace(old, new)


REFUSED = (
    Refusal("one-after-the-other", "MN208", _with("        else:\n            for lyr", "        if self.depth:\n            for lyr")),
    Refusal("the-same-side", "MN208", _with("        else:\n            for lyr", "            for lyr")),
    Refusal("two-lists", "MN208", _with('            x, _ = nn.scan(\n                Block,\n                variable_axes={"params": 0},\n                split_rngs={"params": True},\n                in_axes=nn.broadcast,\n                length=self.depth,\n            )(name="block")(x, deterministic)', '            for lyr in range(self.depth):\n                x, _ = Block(name=f"block_{lyr + 1}")(x, deterministic)')),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
