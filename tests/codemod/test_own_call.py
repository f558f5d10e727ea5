"""`jax.grad(self)(x)`, read as `jax.grad(self.__call__)(x)`; what `jax.vmap` is given stays as it is."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    run_in_tree_mode,
)

_X, _SCALES = f32(4, 3), f32(5)
ENERGY = """\
class Energy(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, scale):
        x = nn.tanh(nn.Dense(self.features)(x))
        return jnp.sum(x * scale)

    def at_each(self, x, scales):
        # of each scale
        return jax.vmap(self, in_axes=(None, 0))(x, scales)

    def force(self, x, scales):
        energy, force = jax.value_and_grad(self)(x, scales[0])
        return energy * -force
"""
AFTER = """\
class Energy(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x, scale):
        x = nnx.tanh(self.dense_0(x))
        return jnp.sum(x * scale)

    def at_each(self, x, scales):
        # of each scale
        return jax.vmap(self, in_axes=(None, 0))(x, scales)

    def force(self, x, scales):
        energy, force = jax.value_and_grad(self.__call__)(x, scales[0])
        return energy * -force
"""
_CALLS = [Call("Energy", (3,), {"features": 6}, (_X, _SCALES), method=name) for name in ("at_each", "force")]


def test_transformed() -> None:
    check_transformed(HEADER + ENERGY, NNX_HEADER + AFTER)


def test_the_same_values() -> None:
    check_equivalent(HEADER + ENERGY, *_CALLS)
    twin = load(migrate(HEADER + ENERGY)[0])
    for call in _CALLS:
        run_in_tree_mode(twin, call)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("another-function", "MN107", ENERGY.replace("jax.vmap(self,", "vmap(self,")),
        Refusal("second", "MN107", ENERGY.replace("jax.vmap(self,", "jax.vmap(print, self,")),
        Refusal(
            "a-transform-that-keeps-it", "MN107", ENERGY.replace("value_and_grad(self)", "tree.map(self)")
        ),
    ],
    ids=name_of,
)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
