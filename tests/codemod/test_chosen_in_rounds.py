# ruff: noqa: E501
"""`block = nn.remat(Block) if self.remat else Block`, which nn.scan or nn.vmap runs: a local function calls it."""

from typing import Any

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

BLOCK = """\
class Block(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x, det):
        h = nn.Dropout(0.1)(nn.Dense(self.dim)(x), deterministic=det)
        return x + h, h.mean()


"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, dim: int, *, rngs: nnx.Rngs):
        self.dropout_0 = nnx.Dropout(0.1, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, dim, rngs=rngs)

    def __call__(self, x, det):
        h = self.dropout_0(self.dense_0(x), deterministic=det)
        return x + h, h.mean()


"""
STACK = """\
class Stack(nn.Module):
    depth: int = 2
    dim: int = 4
    remat: bool = True
    scan: bool = True

    @nn.compact
    def __call__(self, x, det):
        x = nn.Dense(self.dim)(x)
        block = Block
        if self.remat:
            block = nn.remat(block, prevent_cse=False, static_argnums=(2,))
        if self.scan:
            scanned = nn.scan(
                block,
                variable_axes={"params": 0},
                split_rngs={"params": True, "dropout": True},
                in_axes=nn.broadcast,
                length=self.depth,
            )
            x, means = scanned(self.dim, name="layers")(x, det)
        else:
            for i in range(self.depth):
                x, means = block(self.dim, name=f"layer_{i}")(x, det)
        return x, means
"""
NNX_STACK = """\
class Stack(nnx.Module):
    def __init__(
        self,
        in_features: int,
        depth: int = 2,
        dim: int = 4,
        remat: bool = True,
        scan: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.remat = remat
        self.scan = scan
        self.dense_0 = nnx.Linear(in_features, dim, rngs=rngs)
        if scan:
            @nnx.split_rngs(splits=depth)
            @nnx.vmap(in_axes=0, out_axes=0)
            def create(rngs: nnx.Rngs):
                return Block(dim, dim, rngs=rngs)
            self.layers = create(rngs)
        else:
            self.layer = nnx.List(Block(dim, dim, rngs=rngs) for _ in range(depth))

    def __call__(self, x, det):
        x = self.dense_0(x)
        block = Block.__call__
        if self.remat:
            block = nnx.remat(block, prevent_cse=False, static_argnums=(2,))
        if self.scan:
            @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=(nnx.Carry, 0))
            def scan(x, layers):
                return block(layers, x, det)

            x, means = scan(x, self.layers)
        else:
            for layer in self.layer:
                x, means = block(layer, x, det)
        return x, means
"""
HEADS = """\
class Head(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


class Heads(nn.Module):
    count: int = 3
    remat: bool = False

    @nn.compact
    def __call__(self, x):
        head = nn.remat(Head) if self.remat else Head
        heads = nn.vmap(head, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=self.count)
        return heads(name="heads")(x)
"""
_VMAP = 'variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=self.count)'


def test_transformed() -> None:
    check_transformed(HEADER + BLOCK + STACK, NNX_HEADER + NNX_BLOCK + NNX_STACK)


@pytest.mark.parametrize("remat", [True, False])
def test_computes_the_same(remat: bool) -> None:
    def called(**arguments: Any) -> Call:
        return Call("Stack", (3,), {"remat": remat, **arguments}, (f32(2, 3),), {"det": remat})

    stacks = [called(), called(scan=False)]
    check_equivalent(
        f"{HEADER}{BLOCK}{STACK}\n\n{HEADS}", *stacks, Call("Heads", (3,), {"remat": remat}, (f32(2, 3),))
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"nn.vmap(nn.remat(Head) if self.remat else Head, {_VMAP}", "MN102"),
        (f"nn.vmap(Head, {_VMAP} if self.remat else Head", "MN102"),
    ],
    ids=["in-no-local", "the-vmap-itself"],
)
def test_other_choices_stay(body: str, code: str) -> None:
    old = HEADS.partition("        head = ")[0]
    check_refused(f"{HEADER}{old}        heads = {body}\n        return heads(name='heads')(x)\n", code)


def test_a_name_that_configuration_decides_stays() -> None:
    check_refused(HEADER + HEADS.replace('name="heads"', ""), "MN204")


def test_a_default_that_would_be_traced_stays() -> None:
    before = (BLOCK + STACK).replace("def __call__(self, x, det):", "def __call__(self, x, det=True):", 1)
    check_refused(
        HEADER + before.replace('"layers")(x, det)', '"layers")(x)').replace("static_argnums=(2,)", ""),
        "MN102",
    )
