"""Classes of the project that take a mode from their field or from their call, before and after."""

from .check import Call, Case, f32

BLOCK = """\
class Block(nn.Module):
    features: int = 4
    train: bool | None = None

    @nn.compact
    def __call__(self, x, train: bool | None = None):
        train = nn.merge_param("train", self.train, train)
        x = nn.Dense(self.features)(x)
        return nn.BatchNorm(use_running_average=not train)(x)


"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int = 4,
        train: bool | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.train_mode = train
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(features, rngs=rngs)

    def __call__(self, x, train: bool | None = None):
        train = first_from(
            train,
            self.train_mode,
            error_msg="train is given neither to the constructor nor to the call",
        )
        x = self.dense_0(x)
        return self.batch_norm_0(x, use_running_average=not train)


"""
_IMPORTS = (
    "import jax\nimport jax.numpy as jnp\nfrom flax import nnx\nfrom flax.nnx.module import first_from\n\n\n"
)
_HEADER = "import jax\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
_NET = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = True):
        x = Block(8, train=train)(x)
        twice = Block(8, train=train, name="twice")
        for i in range(2):
            x = Block(8, train=train and i > 0)(x)
        x = Block(8, train=False)(x)
        return twice(twice(x))
"""
_NNX_NET = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.block_0 = Block(in_features, 8, rngs=rngs)
        self.twice = Block(8, 8, rngs=rngs)
        self.block = nnx.List(Block(8, 8, rngs=rngs) for _ in range(2))
        self.block_2 = Block(8, 8, train=False, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.block_0(x, train=train)
        for i, block in enumerate(self.block):
            x = block(x, train=train and i > 0)
        x = self.block_2(x)
        return self.twice(self.twice(x, train=train), train=train)
"""
TRANSFORMED = (
    Case(
        "merged-mode",
        _HEADER + BLOCK + _NET,
        _IMPORTS + NNX_BLOCK + _NNX_NET,
        (
            Call("Net", (3,), {}, (f32(5, 3),)),
            Call("Net", (3,), {}, (f32(5, 3),), {"train": False}),
            Call("Block", (3,), {"train": True}, (f32(5, 3),)),
        ),
    ),
)
