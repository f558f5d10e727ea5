# ruff: noqa: E501
"""Classes whose submodules or methods stand behind transforms, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

_X = f32(4, 6)
_MODES = tuple(Call("L", sizes=(6,), inputs=(_X,), kwargs={"train": train}) for train in (False, True))
_BLOCK = """\
class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x, train):
        y = nn.Dense(self.f)(x)
        y = nn.BatchNorm(use_running_average=not train)(y)
        y = nn.Dropout(0.5, deterministic=not train)(y)
        return nn.Dense(6)(jnp.tanh(y))


"""
_NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(f, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)
        self.dense_1 = nnx.Linear(f, 6, rngs=rngs)

    def __call__(self, x, train):
        y = self.dense_0(x)
        y = self.batch_norm_0(y, use_running_average=not train)
        y = self.dropout_0(y, deterministic=not train)
        return self.dense_1(jnp.tanh(y))


"""

REMAT = (
    Case(
        "remat-at-once",
        _BLOCK
        + """\
class L(nn.Module):
    cse: bool = True

    @nn.compact
    def __call__(self, x, train):
        x = nn.remat(Block, static_argnums=(2,), prevent_cse=self.cse)(5)(x, train)
        return nn.checkpoint(nn.Dense, policy=jax.checkpoint_policies.dots_saveable)(3)(x)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, cse: bool = True, *, rngs: nnx.Rngs):
        self.cse = cse
        self.checkpoint_block_0 = Block(in_features, 5, rngs=rngs)
        self.checkpoint_dense_0 = nnx.Linear(6, 3, rngs=rngs)

    def __call__(self, x, train):
        x = nnx.remat(Block.__call__, static_argnums=(2,), prevent_cse=self.cse)(self.checkpoint_block_0, x, train)
        return nnx.remat(nnx.Linear.__call__, policy=jax.checkpoint_policies.dots_saveable)(self.checkpoint_dense_0, x)
""",
        _MODES,
    ),
    Case(
        "remat-through-a-local",
        _BLOCK
        + """\
class L(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x, train):
        remat_block = nn.remat(Block, static_argnums=(2,))
        for i in range(self.depth):
            x = remat_block(5, name=f"layer_{i}")(x, train)
        for _ in range(2):
            x = remat_block(4)(x, train)
        last = nn.remat(Block, static_argnums=2)(3, name="last")
        return last(x, train)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.layer = nnx.List()
        for _ in range(depth):
            self.layer.append(Block(in_features, 5, rngs=rngs))
            in_features = 6
        self.checkpoint_block = nnx.List()
        for _ in range(2):
            self.checkpoint_block.append(Block(in_features, 4, rngs=rngs))
            in_features = 6
        self.last = Block(in_features, 3, rngs=rngs)

    def __call__(self, x, train):
        remat_block = nnx.remat(Block.__call__, static_argnums=(2,))
        for layer in self.layer:
            x = remat_block(layer, x, train)
        for checkpoint_block in self.checkpoint_block:
            x = remat_block(checkpoint_block, x, train)
        last = nnx.remat(Block.__call__, static_argnums=2)
        return last(self.last, x, train)
""",
        _MODES,
    ),
    Case(
        "remat-on-a-condition",
        _BLOCK
        + """\
class L(nn.Module):
    remat: bool = True

    @nn.compact
    def __call__(self, x, train):
        block = Block
        if self.remat:
            block = nn.remat(block, static_argnums=(2,))
        x = block(5, name="a")(x, train)
        other = nn.remat(Block, static_argnums=(2,)) if self.remat else Block
        return other(4, name="b")(x, train)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, remat: bool = True, *, rngs: nnx.Rngs):
        self.remat = remat
        self.a = Block(in_features, 5, rngs=rngs)
        self.b = Block(6, 4, rngs=rngs)

    def __call__(self, x, train):
        block = Block.__call__
        if self.remat:
            block = nnx.remat(block, static_argnums=(2,))
        x = block(self.a, x, train)
        other = nnx.remat(Block.__call__, static_argnums=(2,)) if self.remat else Block.__call__
        return other(self.b, x, train)
""",
        (*_MODES, Call("L", (6,), {"remat": False}, (_X,), {"train": True})),
    ),
    Case(
        "remat-in-setup",
        _BLOCK
        + """\
class L(nn.Module):
    def setup(self):
        block = nn.remat(Block, static_argnums=(2,))
        self.one = block(3)
        self.more = [block(4) for _ in range(2)]

    def __call__(self, x, train):
        x = self.one(x, train)
        for layer in self.more:
            x = layer(x, train)
        return self.more[0](x, train)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.one = Block(in_features, 3, rngs=rngs)
        self.more = nnx.List(Block(6, 4, rngs=rngs) for _ in range(2))

    def __call__(self, x, train):
        x = nnx.remat(Block.__call__, static_argnums=(2,))(self.one, x, train)
        for layer in self.more:
            x = nnx.remat(Block.__call__, static_argnums=(2,))(layer, x, train)
        return nnx.remat(Block.__call__, static_argnums=(2,))(self.more[0], x, train)
""",
        _MODES,
    ),
    Case(
        "remat-that-counts-without-the-module",
        "import jax.numpy as jnp\nfrom flax import linen as nn\nfrom flax.linen import partitioning\n\n\n"
        + _BLOCK
        + """\
class L(nn.Module):
    def setup(self):
        self.block = partitioning.remat(Block, static_argnums=(1,))(4)

    @nn.compact
    def __call__(self, x, train):
        x = partitioning.remat(Block, prevent_cse=False, static_argnums=[1])(5)(x, train)
        return self.block(x, train)
""",
        "import jax.numpy as jnp\nfrom flax import nnx\n\n\n"
        + _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.block = Block(6, 4, rngs=rngs)
        self.core_remat_static_block_0 = Block(in_features, 5, rngs=rngs)

    def __call__(self, x, train):
        x = nnx.remat(Block.__call__, prevent_cse=False, static_argnums=(2,))(self.core_remat_static_block_0, x, train)
        return nnx.remat(Block.__call__, static_argnums=(2,))(self.block, x, train)
""",
        _MODES,
    ),
    Case(
        "remat-as-a-decorator",
        """\
from functools import partial

import jax.numpy as jnp
from flax import linen as nn


class Block(nn.Module):
    @partial(nn.remat, static_argnums=(2,), prevent_cse=False)
    @nn.compact
    def __call__(self, x, train):
        y = nn.BatchNorm(use_running_average=not train)(nn.Dense(5)(x))
        return nn.Dropout(0.5, deterministic=not train)(y)


class L(nn.Module):
    def setup(self):
        self.w = self.param("w", nn.initializers.normal(), (5,))
        self.block = Block()

    @nn.checkpoint
    def scale(self, x, y=None):
        return jnp.sin(x) * self.w if y is None else x

    @nn.jit
    def double(self, x):
        return x * self.w

    def __call__(self, x, train):
        return self.double(self.scale(self.block(x, train)))
""",
        """\
import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.batch_norm_0 = nnx.BatchNorm(5, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)

    @nnx.remat(static_argnums=(2,), prevent_cse=False)
    def __call__(self, x, train):
        y = self.batch_norm_0(self.dense_0(x), use_running_average=not train)
        return self.dropout_0(y, deterministic=not train)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (5,)))
        self.block = Block(in_features, rngs=rngs)

    @nnx.remat
    def scale(self, x, y=None):
        return jnp.sin(x) * self.w if y is None else x

    @nnx.jit
    def double(self, x):
        return x * self.w

    def __call__(self, x, train):
        return self.double(self.scale(self.block(x, train)))
""",
        _MODES,
    ),
    Case(
        "jit-of-a-class",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.jit(nn.remat(nn.Dense))(3)(nn.jit(nn.Dense)(4)(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.jit_checkpoint_dense_0 = nnx.Linear(4, 3, rngs=rngs)
        self.jit_dense_0 = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        return nnx.jit(nnx.remat(nnx.Linear.__call__))(self.jit_checkpoint_dense_0, nnx.jit(nnx.Linear.__call__)(self.jit_dense_0, x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
)
