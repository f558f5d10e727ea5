"""Static arguments of nn.jit, which counts the module as the first one, as nnx.jit does."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, load, run_in_tree_mode

NET = """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(3)(x))
        return nn.Dropout(0.5, deterministic=not train)(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return nn.jit(Block, static_argnums=(2,))()(x, train)
"""
NNX_NET = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.batch_norm_0 = nnx.BatchNorm(3, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x, train):
        x = self.batch_norm_0(self.dense_0(x), use_running_average=not train)
        return self.dropout_0(x, deterministic=not train)


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.jit_block_0 = Block(in_features, rngs=rngs)

    def __call__(self, x, train):
        return nnx.jit(Block.__call__, static_argnums=(2,))(self.jit_block_0, x, train)
"""


def test_transformed() -> None:
    check_transformed(HEADER + NET, NNX_HEADER + NNX_NET)


@pytest.mark.parametrize("train", [True, False])
def test_computes_the_same(train: bool) -> None:
    call = Call("Net", (4,), {}, (f32(2, 4), train))
    check_equivalent(HEADER + NET, call)
    run_in_tree_mode(load(NNX_HEADER + NNX_NET), call)
