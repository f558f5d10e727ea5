"""Wrappers of weights that a loop makes: Linen counts them and the layers inside, whose names are in the wrappers'."""

import pytest
from migrate_norm.catalog.mapping import loads

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32, migrate

CRITIC = """\
class Critic(nn.Module):
    features: tuple[int, ...] = (8, 16)

    @nn.compact
    def __call__(self, x, train: bool):
        for f in self.features:
            x = nn.SpectralNorm(nn.Conv(f, (4, 4), (2, 2)))(x, update_stats=train)
            x = nn.leaky_relu(x)
        x = x.mean((1, 2))
        return nn.SpectralNorm(nn.Dense(1))(x, update_stats=train)
"""
NNX_CRITIC = """\
class Critic(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (8, 16),
        *,
        rngs: nnx.Rngs,
    ):
        self.spectral_norm = nnx.List()
        for f in features:
            self.spectral_norm.append(
                SpectralNorm(
                    nnx.Conv(in_features, f, (4, 4), (2, 2), rngs=rngs), rngs=rngs
                )
            )
            in_features = f
        self.spectral_norm_1 = SpectralNorm(
            nnx.Linear(in_features, 1, rngs=rngs), rngs=rngs
        )

    def __call__(self, x, train: bool):
        for spectral_norm in self.spectral_norm:
            x = spectral_norm(x, update_stats=train)
            x = nnx.leaky_relu(x)
        x = x.mean((1, 2))
        return self.spectral_norm_1(x, update_stats=train)
"""
ROUNDS = """\
class Mixed(nn.Module):
    widths: tuple[int, ...] = (4, 5)
    wide: bool = False

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.SpectralNorm(nn.Dense(3))(x, update_stats=train)
        if self.wide:
            x = nn.Dense(7)(x)
        for f in self.widths:
            x = nn.Dense(f)(x)
            x = nn.SpectralNorm(nn.Dense(f), n_steps=2)(x, update_stats=train)
            x = nn.SpectralNorm(nn.Dense(f, use_bias=False))(x, update_stats=train)
            x = nn.WeightNorm(nn.Dense(f))(x)
        return nn.SpectralNorm(nn.Dense(1))(x, update_stats=train)


class Above(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        x = Mixed((2, 5))(x, train)
        for _ in range(2):
            x = Mixed((2, 3, 4), True)(x, train)
        return x


class Named(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        for i in range(2):
            x = nn.SpectralNorm(nn.Dense(4, name=f"dense_{i}"), name=f"norm_{i}")(x, update_stats=train)
        for i in range(2):
            x = nn.SpectralNorm(nn.Dense(4), name=f"more_{i}")(x, update_stats=train)
        return x


class Listed(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        norms = [nn.SpectralNorm(nn.Dense(f)) for f in (3, 5)]
        return [norm(x, update_stats=train) for norm in norms]
"""
SOMETIMES = """\
class Sometimes(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        for i in range(2):
            x = nn.SpectralNorm(nn.Dense(4))(x, update_stats=train)
            if i < 1:
                x = nn.SpectralNorm(nn.Dense(4))(x, update_stats=train)
        return x
"""
X, IMAGE = f32(2, 6), f32(1, 8, 8, 3)


def test_transformed() -> None:
    imported = f"{NNX_HEADER.rstrip()}\nfrom migrate_norm.layers.nnx import SpectralNorm\n\n\n"
    check_transformed(HEADER + CRITIC, imported + NNX_CRITIC)


@pytest.mark.parametrize("train", [True, False])
def test_computes_the_same(train: bool) -> None:
    check_equivalent(
        f"{HEADER}{CRITIC}\n\n{ROUNDS}",
        Call("Critic", (3,), {}, (IMAGE,), {"train": train}),
        *(Call("Mixed", (6,), {"wide": wide}, (X,), {"train": train}) for wide in (True, False)),
        *(Call(name, (6,), {}, (X,), {"train": train}) for name in ("Above", "Named", "Listed")),
    )


def test_the_mapping_file_keeps_whose_name_it_is() -> None:
    mapping = migrate(HEADER + CRITIC)[2]
    assert "layer_instance" in {slot.beside for slot in mapping.classes[0].slots}
    assert loads(mapping.dumps()) == mapping


def test_one_that_some_rounds_make_stays() -> None:
    check_refused(HEADER + SOMETIMES, "MN204")
