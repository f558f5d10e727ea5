"""Residual branches that are dropped by whole samples, and scaled where configuration says so."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, with_header

BLOCKS = """\
class DropPath(nn.Module):
    rate: float = 0.0

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        if self.rate == 0.0 or deterministic:
            return x
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        kept = jnp.floor(1.0 - self.rate + jax.random.uniform(self.make_rng("dropout"), shape=shape))
        return x / (1.0 - self.rate) * kept


class Block(nn.Module):
    width: int
    heads: int = 2
    scale: float = 0.1

    def setup(self):
        self.query = nn.Dense(self.width)
        self.out = nn.Dense(self.width)
        self.drop_path = DropPath(0.5)
        if self.scale > 0:
            self.gamma = self.param("gamma", nn.initializers.ones, (self.width,))
        else:
            self.gamma = None

    def __call__(self, x, deterministic: bool = True):
        y = self.query(x).reshape(x.shape[:2] + (self.heads, self.width // self.heads))
        y = self.out(y.reshape(x.shape[:2] + (-1,)))
        if self.gamma is not None:
            y = self.gamma.astype(y.dtype) * y
        return self.drop_path(y, deterministic) + x


class Model(nn.Module):
    width: int = 6
    depth: int = 2
    scale: float = 0.1

    def setup(self):
        self.blocks = [Block(self.width, scale=self.scale) for _ in range(self.depth)]
        self.head = nn.Dense(3)

    def __call__(self, x, deterministic: bool = True):
        for block in self.blocks:
            x = block(x, deterministic)
        return self.head(x)
"""
_X = f32(2, 5, 6)


def test_computes_the_same() -> None:
    calls = [{}, {"scale": 0.0}, {"depth": 0}]
    check_equivalent(with_header(BLOCKS), *(Call("Model", (6,), given, (_X,)) for given in calls))


def test_one_axis_too_many_is_followed_with_those_of_the_call() -> None:
    text = BLOCKS.replace("x.shape[0],) +", "*x.shape[:2],) +")
    check_equivalent(with_header(text), Call("Model", (6,), {}, (_X,)))


def test_random_numbers_are_drawn_as_before() -> None:
    check_equivalent(
        with_header(BLOCKS), Call("DropPath", (), {"rate": 0.5}, (_X,), {"deterministic": False})
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if self.gamma is not None", "if self.gamma is None"),
    ],
)
def test_an_unknown_number_of_axes(old: str, new: str) -> None:
    assert old in BLOCKS
    text, file, _ = migrate(with_header(BLOCKS.replace(old, new)))
    assert "class Model(nn.Module)" in text, listed(file)
