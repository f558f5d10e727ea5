"""Wrappers of weights, before and after, and calls to compare with."""

from .check import NNX_HEADER, Call, Case, f32

_X, _IMAGE = f32(4, 6), f32(2, 8, 8, 3)


def _after(layers: str) -> str:
    return NNX_HEADER.rstrip() + f"\nfrom migrate_norm.layers.nnx import {layers}\n\n\n"


TRANSFORMED = (
    Case(
        "critic",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.SpectralNorm(nn.Conv(self.f, (3, 3)), n_steps=2)(x, update_stats=train)
        x = nn.leaky_relu(x, 0.2)
        x = nn.SpectralNorm(nn.Conv(5, (2, 2), name="second"), epsilon=1e-9)(x, update_stats=train)
        x = x.mean(axis=(1, 2))
        return nn.SpectralNorm(nn.Dense(1, use_bias=False), name="out")(x, update_stats=train)
""",
        _after("SpectralNorm")
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.spectral_norm_0 = SpectralNorm(
            nnx.Conv(in_features, f, (3, 3), rngs=rngs), n_steps=2, rngs=rngs
        )
        self.spectral_norm_1 = SpectralNorm(
            nnx.Conv(f, 5, (2, 2), rngs=rngs), epsilon=1e-9, rngs=rngs
        )
        self.out = SpectralNorm(nnx.Linear(5, 1, use_bias=False, rngs=rngs), rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.spectral_norm_0(x, update_stats=train)
        x = nnx.leaky_relu(x, 0.2)
        x = self.spectral_norm_1(x, update_stats=train)
        x = x.mean(axis=(1, 2))
        return self.out(x, update_stats=train)
""",
        (
            Call("L", sizes=(3,), inputs=(_IMAGE,)),
            Call("L", sizes=(3,), inputs=(_IMAGE,), kwargs={"train": True}),
        ),
    ),
    Case(
        "weights",
        """\
class L(nn.Module):
    scaled: bool = True

    @nn.compact
    def __call__(self, x):
        h = nn.WeightNorm(nn.Dense(5), use_scale=self.scaled)(x)
        norm = nn.WeightNorm(layer_instance=nn.Dense(3), feature_axes=None)
        return norm(nn.relu(h)) + nn.Dense(3)(h)
""",
        _after("WeightNorm")
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, scaled: bool = True, *, rngs: nnx.Rngs):
        self.weight_norm_0 = WeightNorm(
            nnx.Linear(in_features, 5, rngs=rngs), use_scale=scaled, rngs=rngs
        )
        self.weight_norm_1 = WeightNorm(
            layer_instance=nnx.Linear(5, 3, rngs=rngs), feature_axes=None, rngs=rngs
        )
        self.dense_2 = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        h = self.weight_norm_0(x)
        return self.weight_norm_1(nnx.relu(h)) + self.dense_2(h)
""",
        (
            Call("L", sizes=(6,), inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"scaled": False}, inputs=(_X,)),
        ),
    ),
    Case(
        "in-setup",
        """\
class L(nn.Module):
    def setup(self):
        self.a = nn.SpectralNorm(nn.Dense(4))
        self.b = nn.WeightNorm(nn.ConvTranspose(4, (2, 2)), name="bb")

    def __call__(self, x, train: bool):
        return self.b(self.a(x, update_stats=train))
""",
        _after("SpectralNorm, WeightNorm")
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = SpectralNorm(nnx.Linear(in_features, 4, rngs=rngs), rngs=rngs)
        self.b = WeightNorm(nnx.ConvTranspose(4, 4, (2, 2), rngs=rngs), rngs=rngs)

    def __call__(self, x, train: bool):
        return self.b(self.a(x, update_stats=train))
""",
        (
            Call("L", sizes=(3,), inputs=(_IMAGE,), kwargs={"train": False}),
            Call("L", sizes=(3,), inputs=(_IMAGE,), kwargs={"train": True}),
        ),
    ),
    Case(
        "of-a-child",
        """\
class Critic(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x, train: bool):
        return nn.SpectralNorm(nn.Dense(self.f))(x, update_stats=train)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        x = Critic(5)(x, train)
        return Critic(2, name="head")(nn.tanh(x), train=train)
""",
        _after("SpectralNorm")
        + """\
class Critic(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.spectral_norm_0 = SpectralNorm(
            nnx.Linear(in_features, f, rngs=rngs), rngs=rngs
        )

    def __call__(self, x, train: bool):
        return self.spectral_norm_0(x, update_stats=train)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.critic_0 = Critic(in_features, 5, rngs=rngs)
        self.head = Critic(5, 2, rngs=rngs)

    def __call__(self, x, train: bool):
        x = self.critic_0(x, train)
        return self.head(nnx.tanh(x), train=train)
""",
        (Call("L", sizes=(6,), inputs=(_X,), kwargs={"train": True}),),
    ),
)
