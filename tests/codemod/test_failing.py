"""Arguments that a class does not have: Linen raises a TypeError there, and so does NNX."""

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from .check import Call, check_equivalent, check_refused, f32, listed, load, migrate, refusals, with_header

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


@pytest.mark.parametrize(
    "method",
    [
        "def init(self, key):\n        return super().init(key, jnp.ones((1, 3)))",
        "def apply(self, variables, x):\n        return 2 * super().apply(variables, x)",
        "def param(self, name, *args):\n        return 2 * super().param(name, *args)",
        "@property\n    def variables(self):\n        return {}",
    ],
)
def test_a_class_that_replaces_what_nn_module_gives_it_stays(method: str) -> None:
    own = LAYERS.replace("    width: int\n", f"    width: int\n\n    {method}\n", 1)
    check_refused(with_header(own), "MN106")


UNSET = """\
class Gated(nn.Module):
    width: int

    def setup(self):
        hidden = self.width * 2
        hidden = (self.hidden + 7) // 8 * 8
        self.first = nn.Dense(2 * hidden)
        self.last = nn.Dense(self.width)

    def __call__(self, x):
        x, gate = jnp.split(self.first(x), 2, axis=-1)
        return self.last(nn.silu(x) * gate)


class Model(nn.Module):
    width: int = 4
    gated: bool = False

    def setup(self):
        self.layer = Gated(self.width) if self.gated else nn.Dense(self.width)
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.layer(x))
"""


def test_an_attribute_that_nothing_sets() -> None:
    check_equivalent(with_header(UNSET), Call("Model", (6,), {}, (_X,)))
    text, file, _ = migrate(with_header(UNSET))
    linen, twin = load(with_header(UNSET)), load(text)
    with pytest.raises(AttributeError, match='has no attribute "hidden"'):
        linen.Model(gated=True).init(jax.random.key(0), jnp.ones((2, 6)))
    with pytest.raises(AttributeError, match="has no attribute 'hidden'"):
        twin.Model(6, gated=True, rngs=nnx.Rngs(0))
    assert "raises an AttributeError where it is constructed" in listed(file)
    assert "nothing sets `self.hidden`" in listed(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(self.hidden + 7)", "(self.hidden if self.width > 3 else 7)"),
        ("(self.hidden + 7)", "(self.width > 3 and self.hidden)"),
        ("        hidden = (self", "        if self.width > 3:\n            hidden = (self"),
        ("        hidden = (self", "        object.__setattr__(self, 'hidden', 3)\n        hidden = (self"),
        ("class Gated(nn.Module)", "class Mixed:\n    hidden = 3\n\n\nclass Gated(Mixed, nn.Module)"),
        ("self.hidden", "self.name"),
        ("self.hidden", "self.scope"),
        ("self.hidden", "self.variables"),
        ("self.hidden", "self._id"),
        ("class Gated(nn.Module)", "from elsewhere import Base\n\n\nclass Gated(Base)"),
        ("class Model", "class Below(Gated):\n    hidden: int = 3\n\n\nclass Model"),
    ],
)
def test_an_attribute_that_may_be_there(old: str, new: str) -> None:
    assert old in UNSET
    _, file, _ = migrate(with_header(UNSET.replace(old, new)))
    assert "raises an AttributeError" not in listed(file)
    assert refusals(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("width: int\n", "width: int\n    hidden: int = 3\n"),
        ("hidden = self.width", "self.hidden = self.width"),
    ],
)
def test_an_attribute_that_is_set(old: str, new: str) -> None:
    text = UNSET.replace(old, new, 1)
    _, file, _ = migrate(with_header(text))
    assert "raises an AttributeError" not in listed(file)
    check_equivalent(with_header(text), Call("Gated", (6,), {"width": 8}, (_X,)))
