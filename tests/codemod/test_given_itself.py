# ruff: noqa: E501
"""Methods that create variables, on their module or on one that they are given: `self._normalize(self, x, ...)`."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
    with_header,
)

_NORM = with_header(
    """\
class Norm(nn.Module):
    epsilon: float = 1e-6
    use_scale: bool = True
    scale_init: nn.initializers.Initializer = nn.initializers.ones

    @nn.compact
    def __call__(self, x):
        axes = (-1,)
        square = self._square(x, axes)
        return self._normalize(self, x, square, axes, self.epsilon, self.use_scale, self.scale_init)

    def _square(self, x, axes):
        return jnp.mean(x**2, axes)

    def _normalize(self, mdl, x, square, axes, epsilon, use_scale, scale_init):
        shape = [1] * x.ndim
        features = []
        for axis in axes:
            shape[axis] = x.shape[axis]
            features.append(x.shape[axis])
        square = jnp.expand_dims(square, -1)
        mul = jax.lax.rsqrt(square + epsilon)
        if use_scale:
            # one for each feature
            scale = mdl.param("scale", scale_init, features)
            mul *= scale.reshape(shape)
        return x * mul
"""
)
_WRITTEN = with_header(
    """\
class Norm(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, ...],
        epsilon: float = 1e-6,
        use_scale: bool = True,
        scale_init: nnx.initializers.Initializer = nnx.initializers.ones,
        *,
        rngs: nnx.Rngs,
    ):
        self.epsilon = epsilon
        self.use_scale = use_scale
        axes = (-1,)
        features = []
        for axis in axes:
            features.append(in_shape[axis])
        if use_scale:
            # one for each feature
            self.scale = nnx.Param(scale_init(rngs.params(), features))

    def __call__(self, x):
        axes = (-1,)
        square = self._square(x, axes)
        shape = [1] * x.ndim
        for axis in axes:
            shape[axis] = x.shape[axis]
        square = jnp.expand_dims(square, -1)
        mul = jax.lax.rsqrt(square + self.epsilon)
        if self.use_scale:
            mul *= self.scale[...].reshape(shape)
        return x * mul

    def _square(self, x, axes):
        return jnp.mean(x**2, axes)
""",
    NNX_HEADER,
)
_X = f32(2, 5, 3)
_CALL = "self._normalize(self, x, square, axes, self.epsilon, self.use_scale, self.scale_init)"


def test_is_migrated() -> None:
    check_transformed(_NORM, _WRITTEN)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("mdl.param", "self.param")],
        [("mdl, x, square", "x, square"), ("self._normalize(self, x", "self._normalize(x"), ("mdl.param", "self.param")],
        [("return self._normalize", "y = self._normalize"), ("scale_init)\n\n    def _sq", "scale_init)\n        return y + square.sum()\n\n    def _sq")],
        [("square = self._square(x, axes)", "square = self._square(x, axes)\n        x = (lambda: square.sum())() + x")],
        [("return self._normalize(self, x, square", "return self._normalize(mdl=self, x=x, square=square"), ("axes, self.epsilon, self.use_scale, self.scale_init)", "axes=axes, epsilon=self.epsilon, use_scale=self.use_scale, scale_init=self.scale_init)")],
    ],
    ids=["as-it-is", "on-itself", "self-alone", "goes-on", "closure", "by-name"],
)  # fmt: skip
def test_computes_the_same(changes: list[tuple[str, str]], graph: bool) -> None:
    call = Call("Norm", ((2, 5, 3),), {}, (_X,))
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(changed(_NORM, *changes), call, call._replace(arguments={"use_scale": False}))


@pytest.mark.parametrize(
    "again", ["square.sum()", "(lambda: square.sum())()", "sum(square.sum() for _ in x)"]
)
def test_what_is_read_behind_the_call_keeps_its_name(again: str) -> None:
    """What a function of the method reads later is not bound anew, nor what another argument still reads."""
    later = [("return self._normalize", "y = self._normalize"), ("_init)\n\n    def _sq", f"_init)\n        return y + {again}\n\n    def _sq")]  # fmt: skip
    text, file, _ = migrate(changed(_NORM, *later))
    assert not refusals(file), listed(file)
    assert "square_1 = jnp.expand_dims(square" in text, text


def test_what_another_argument_reads_is_not_hidden() -> None:
    twice = [("square, axes, self.epsilon", "square, axes, square.mean()"), ("square = jnp.expand_dims(square", "square = 2 * jnp.expand_dims(square")]  # fmt: skip
    _, file, _ = migrate(changed(_NORM, *twice))
    assert not refusals(file), listed(file)
    check_equivalent(changed(_NORM, *twice), Call("Norm", ((2, 5, 3),), {}, (_X,)))


_OTHER = ("axes = (-1,)\n", "axes = (-1,)\n        other = nn.Dense(3)\n        x = other(x)\n")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("MN107", [("        shape = [1]", "        mdl = mdl or self\n        shape = [1]")]),
        ("MN107", [("return self._normalize(self", "normalize = self._normalize\n        return normalize(self")]),
        ("MN107", [("return self._normalize", "return jax.jit(self._normalize)(self)\n        return self._normalize")]),
        ("MN107", [("    def _square", "    def keep(self, x):\n        return self._normalize(self, x, 1, 2, 3, 4, 5)\n\n    def _square")]),
        ("MN107", [("class Norm", "def again(norm, x):\n    return norm._normalize(norm, x, 1, 2, 3, 4, 5)\n\n\nclass Norm")]),
        ("MN107", [("return x * mul", "return OTHER(mdl, x * mul)"), ("class Norm", "OTHER = max\n\n\nclass Norm")]),
        ("MN107", [("    def _normalize", "    @jax.named_call\n    def _normalize")]),
        ("MN101", [_OTHER, ("_normalize(self, x", "_normalize(other, x")]),
    ],
    ids=["bound-anew", "held", "wrapped", "other-method", "outside", "handed-on", "decorated", "another"],
)  # fmt: skip
def test_is_refused(code: str, changes: list[tuple[str, str]]) -> None:
    check_refused(changed(_NORM, *changes), code)
