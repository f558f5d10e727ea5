"""A copy of Flax's BatchNorm gives the shape that it is given: what follows may count axes from the front."""

import pytest

from .check import HEADER, Call, check_equivalent, f32, migrate, refusals

NORM = """\
def _absolute_dims(rank, dims):
    return tuple([rank + dim if dim < 0 else dim for dim in dims])


class Norm(nn.Module):
    axis: int = -1
    epsilon: float = 1e-5
    momentum: float = 0.9
    use_scale: bool = True
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = jnp.asarray(x, jnp.float32)
        axis = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axis = _absolute_dims(x.ndim, axis)
        feature_shape = tuple(d if i in axis else 1 for i, d in enumerate(x.shape))
        reduced = tuple(d for i, d in enumerate(x.shape) if i in axis)
        gone = tuple(i for i in range(x.ndim) if i not in axis)
        initializing = self.is_mutable_collection("params")
        ra_mean = self.variable("batch_stats", "mean", jnp.zeros, reduced)
        ra_var = self.variable("batch_stats", "var", jnp.ones, reduced)
        if not train:
            mean, var = ra_mean.value, ra_var.value
        else:
            mean = jnp.mean(x, axis=gone, keepdims=False)
            mean2 = jnp.mean(jax.lax.square(x), axis=gone)
            if self.axis_name is not None and not initializing:
                both = jnp.concatenate([mean, mean2])
                mean, mean2 = jnp.split(jax.lax.pmean(both, axis_name=self.axis_name), 2)
            var = mean2 - jax.lax.square(mean)
            if not initializing:
                ra_mean.value = self.momentum * ra_mean.value + (1 - self.momentum) * mean
                ra_var.value = self.momentum * ra_var.value + (1 - self.momentum) * var
        y = x - mean.reshape(feature_shape)
        mul = jax.lax.rsqrt(var + self.epsilon)
        if self.use_scale:
            scale = self.param("scale", nn.initializers.ones, reduced).reshape(feature_shape)
            mul = mul * scale
        y = y * mul
        return jnp.asarray(y, jnp.float32)


class Block(nn.Module):
    features: int
    down: bool = False

    @nn.compact
    def __call__(self, x, train: bool):
        y = Norm()(nn.Conv(self.features, (3, 3))(x), train)
        if self.down:
            x = nn.Conv(self.features, (1, 1))(x)
        return nn.relu(y + x)


class Net(nn.Module):
    block: type[nn.Module] = Block
    rounds: int = 2

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Conv(4, (3, 3))(x)
        x = Norm(use_scale=False)(x, train)
        wide = self.block.__name__ == "Block"
        for i in range(2):
            x = self.block(features=6, down=i == 0 and wide)(x, train)
        return nn.Dense(3)(jnp.mean(x, axis=(1, 2)))
"""
MUTANTS = {
    "another-default": ("axis: int = -1", "axis: int = 1"),
    "another-axis-here": ("Norm(use_scale=False)", "Norm(use_scale=False, axis=1)"),
    "axes-bound-anew": ("        initializing = ", "        axis = (1,)\n        initializing = "),
    "one-axis-more": ("return jnp.asarray(y, jnp.float32)", "return jnp.asarray(y[None], jnp.float32)"),
    "a-product-of-matrices": ("y = y * mul", "y = y * mul @ mul"),
}
KNOWN = {
    "joined-with-more": ("jnp.concatenate([mean, mean2])", "jnp.concatenate([mean, mean2, mean])"),
    "a-loop": (
        "        y = y * mul",
        "        for _ in range(2):\n            y = y[None]\n        y = y * mul",
    ),
    "on-one-side": (
        "            mul = mul * scale",
        "            mul = mul * scale\n            y = y[None]",
    ),
    "returned-before": (
        "        y = y * mul",
        "        if self.axis_name:\n            return y[0]\n        y = y * mul",
    ),
}
"""What does not keep the shape of any input, and is followed with the axes and fields that each call has."""


@pytest.mark.parametrize(("old", "new"), [("", ""), *KNOWN.values()], ids=["kept", *KNOWN])
def test_computes_the_same(old: str, new: str) -> None:
    assert not old or NORM.count(old) == 1
    calls = [Call("Net", (3,), {}, (f32(2, 5, 5, 3),), {"train": train}) for train in (True, False)]
    check_equivalent(HEADER + (NORM.replace(old, new) if old else NORM), *calls)


@pytest.mark.parametrize(("old", "new"), MUTANTS.values(), ids=MUTANTS)
def test_refused(old: str, new: str) -> None:
    """The shape is not known, or not this one: at least what counts its axes stays Linen."""
    assert NORM.count(old) == 1
    text, file, _ = migrate(HEADER + NORM.replace(old, new))
    assert "Net" in {d.subject for d in refusals(file)}, text


NAMED = """\
class Named(nn.Module):
    layer: type[nn.Module] = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.layer(3)(x) + (self.layer.__name__ == "Dense")
"""


def test_the_name_of_a_layer() -> None:
    """It is another one in NNX."""
    _, file, _ = migrate(HEADER + NAMED)
    assert "MN101" in {d.code for d in refusals(file)}
