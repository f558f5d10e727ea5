"""Arguments that a class does not have: Linen raises a TypeError there, and so does NNX."""

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from .check import Call, check_equivalent, check_refused, f32, listed, load, migrate, with_header

LAYERS = """\
class Inner(nn.Module):
    width: int

    def setup(self):
        self.dense = nn.Dense(self.width)

    def __call__(self, x):
        return self.dense(x)


class Broken(nn.Module):
    width: int

    def setup(self):
        self.inner = Inner(width=self.width, channels=self.width)

    def __call__(self, x):
        return self.inner(x)


class Model(nn.Module):
    width: int = 4
    breaks: bool = False

    def setup(self):
        layer = Broken if self.breaks else Inner
        self.layer = layer(self.width)
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.layer(x))
"""
_X = f32(2, 6)


def test_what_runs_computes_the_same() -> None:
    check_equivalent(with_header(LAYERS), Call("Model", (6,), {}, (_X,)))


def test_both_raise_the_same_error() -> None:
    text, file, _ = migrate(with_header(LAYERS))
    linen, twin = load(with_header(LAYERS)), load(text)
    with pytest.raises(TypeError, match="unexpected keyword argument 'channels'"):
        linen.Model(breaks=True).init(jax.random.key(0), jnp.ones((2, 6)))
    with pytest.raises(TypeError, match="unexpected keyword argument 'channels'"):
        twin.Model(6, breaks=True, rngs=nnx.Rngs(0))
    assert "raises a TypeError where it is constructed" in listed(file)
    assert "`Inner` has no argument `channels`" in listed(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("channels=", "in_features="),  # which NNX has
        ("channels=", "rngs="),
        ("Inner(width=self.width, channels=self.width)", "nn.remat(Inner)(width=self.width, channels=3)"),
        ("Inner(width=self.width, channels=self.width)", "Inner(**{'width': 3, 'channels': 3})"),
        ("Inner(width=self.width, channels=self.width)", "nn.Dense(self.width, channels=3)"),
        ("Inner(width=self.width, channels=self.width)", "Inner(self.width, self.width)"),
        ("layer(self.width)", "layer(width=self.width, channels=3)"),
    ],
)
def test_refused(old: str, new: str) -> None:
    assert old in LAYERS
    check = LAYERS.replace(old, new)
    text, file, _ = migrate(with_header(check))
    assert "class Model(nn.Module)" in text, listed(file)
    assert "MN101" in {d.code for d in file.diagnostics}


def test_a_class_with_a_constructor_of_its_own_is_not_known() -> None:
    own = LAYERS.replace("    width: int\n", "    def __init__(self, **more):\n        pass\n", 1)
    check_refused(with_header(own), "MN106")
