"""PReLU: an activation with a parameter, whose arguments NNX has in another order."""

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32

NET = """\
class Half(nn.Module):
    act: Any = nn.relu

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(4)(x))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.PReLU(jnp.float32, 0.2)(x)
        for _ in range(2):
            x = nn.PReLU()(nn.Dense(4)(x))
        x = Half(act=nn.PReLU())(x)
        return nn.Sequential([nn.Dense(3), nn.PReLU(negative_slope_init=0.1), nn.Dense(2)])(x)
"""
NNX_NET = """\
class Half(nnx.Module):
    def __init__(self, in_features: int, act: Any = nnx.relu, *, rngs: nnx.Rngs):
        self.act = act
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        return self.act(self.dense_0(x))


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.prelu_0 = nnx.PReLU(param_dtype=jnp.float32, negative_slope_init=0.2)
        self.prelu = nnx.List()
        self.dense = nnx.List()
        for _ in range(2):
            self.prelu.append(nnx.PReLU())
            self.dense.append(nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4
        self.half_0 = Half(in_features, act=nnx.PReLU(), rngs=rngs)
        self.sequential_0 = nnx.Sequential(
            nnx.Linear(4, 3, rngs=rngs),
            nnx.PReLU(negative_slope_init=0.1),
            nnx.Linear(3, 2, rngs=rngs),
        )

    def __call__(self, x):
        x = self.prelu_0(x)
        for prelu, dense in zip(self.prelu, self.dense):
            x = prelu(dense(x))
        x = self.half_0(x)
        return self.sequential_0(x)
"""
CHOSEN = """\


class Made(nn.Module):
    act: Any = nn.PReLU

    @nn.compact
    def __call__(self, x):
        return Half(act=self.act())(x)
"""
_ANY = "from typing import Any\n\n"


def test_transformed() -> None:
    check_transformed(f"{_ANY}{HEADER}{NET}", f"{_ANY}{NNX_HEADER}{NNX_NET}")


def test_computes_the_same() -> None:
    calls = (Call(name, (5,), {}, (f32(2, 5),)) for name in ("Net", "Made"))
    check_equivalent(f"{_ANY}{HEADER}{NET}{CHOSEN}", *calls)
