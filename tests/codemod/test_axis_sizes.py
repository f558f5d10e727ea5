# ruff: noqa: E501
"""Copies of Flax's BatchNorm, whose parameters have the size of the input along an axis that a field says."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_stable,
    check_transformed,
    f32,
    migrate,
    refusals,
)

_COUNT = """\
def _absolute_dims(rank, dims):
    return tuple([rank + dim if dim < 0 else dim for dim in dims])


"""
_NORM = """\
class Norm(nn.Module):
    axis: int = -1

    @nn.compact
    def __call__(self, x):
        axis = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axis = _absolute_dims(x.ndim, axis)
        feature_shape = tuple(d if i in axis else 1 for i, d in enumerate(x.shape))
        reduced = tuple(d for i, d in enumerate(x.shape) if i in axis)
        mean = jnp.mean(x, axis=tuple(i for i in range(x.ndim) if i not in axis))
        running = self.variable("batch_stats", "mean", jnp.zeros, reduced)
        scale = self.param("scale", nn.initializers.ones, reduced)
        return (x - (mean + running.value).reshape(feature_shape)) * scale.reshape(feature_shape)
"""
_NNX_NORM = """\
class Norm(nnx.Module):
    def __init__(self, num_features: int, axis: int = -1, *, rngs: nnx.Rngs):
        self.axis = axis
        reduced = (num_features,)
        self.mean = nnx.BatchStat(jnp.zeros(reduced))
        self.scale = nnx.Param(nnx.initializers.ones(rngs.params(), reduced))

    def __call__(self, x):
        axis = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axis = _absolute_dims(x.ndim, axis)
        feature_shape = tuple(d if i in axis else 1 for i, d in enumerate(x.shape))
        mean = jnp.mean(x, axis=tuple(i for i in range(x.ndim) if i not in axis))
        return (x - (mean + self.mean[...]).reshape(feature_shape)) * self.scale[...].reshape(feature_shape)
"""
_NET = """\


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x)
        x = Norm()(x)
        x = nn.Dense(5)(x)
        return Norm(axis=-1)(x)
"""
_NNX_NET = """\


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.norm_0 = Norm(4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, 5, rngs=rngs)
        self.norm_1 = Norm(5, axis=-1, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        x = self.norm_0(x)
        x = self.dense_1(x)
        return self.norm_1(x)
"""
_PACKED = """\
        axis = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axis = _absolute_dims(x.ndim, axis)
"""
_FLAX = HEADER.replace("\n\n\n", "\nfrom flax.linen.normalization import _canonicalize_axes\n\n\n")
_LISTED = "[x.shape[a] for a in axis]"
_TAKEN = "tuple(d for i, d in enumerate(x.shape) if i in axis)"
_CALLS = (
    Call("Norm", (5,), {}, (f32(2, 3, 5),)),
    Call("Norm", (3,), {"axis": 1}, (f32(2, 3, 5),)),
    Call("Norm", (2,), {"axis": -3}, (f32(2, 3, 5),)),
)


def test_one_size_is_asked_for() -> None:
    before = HEADER + _COUNT + _NORM + _NET
    check_transformed(before, NNX_HEADER + _COUNT + _NNX_NORM + _NNX_NET)
    check_equivalent(before, *_CALLS, Call("Net", (3,), {}, (f32(2, 3),)))


ALIKE = {
    "of-flax": _FLAX + _NORM.replace(_PACKED, "        axis = _canonicalize_axes(x.ndim, self.axis)\n").replace(_TAKEN, _LISTED),
    "counted-by-length": HEADER + _COUNT + _NORM.replace("(x.ndim, axis)", "(len(x.shape), axis)").replace(_TAKEN, _LISTED),
    "of-one": HEADER + _COUNT.replace("[rank", "rank").replace("dims])", "dims)") + _NORM.replace(_PACKED, "        axis = _absolute_dims(x.ndim, (self.axis,))\n"),
}  # fmt: skip


@pytest.mark.parametrize("source", ALIKE.values(), ids=ALIKE.keys())
def test_spelled_in_other_ways(source: str) -> None:
    text, file, _ = migrate(source)
    assert "num_features: int" in text, text
    check_stable(file)
    check_equivalent(source, *_CALLS[:2])


WHOLE = {
    "several-axes": _NORM.replace("axis: int", "axis: tuple[int, ...]").replace("= -1", "= (-1,)"),
    "not-declared": _NORM.replace("axis: int", "axis: jnp.ndarray"),
    "always-given": _NORM.replace("axis: int = -1", "axis: int"),
    "counted-otherwise": _NORM.replace("reduced = ", "axis = _next(axis)\n        reduced = "),
    "set-by-init": _NORM.replace("    @nn", "    def __post_init__(self):\n        self.axis = 0\n        super().__post_init__()\n\n    @nn"),
    "overridden": _NORM + "\n\nclass Second(Norm):\n    axis: int = 1\n",
    "all-but-these": _NORM.replace("reduced = tuple(d for i, d in enumerate(x.shape) if i in axis)", "reduced = tuple(d for i, d in enumerate(x.shape) if i not in axis)"),
    "rank-of-another": _NORM.replace("(self, x)", "(self, x, y)").replace("(x.ndim, axis)", "(y.ndim, axis)"),
    "replaced-before": _NORM.replace("        axis = self", "        x = x[0]\n        axis = self"),
    "size-of-the-batch-too": _NORM.replace("ones, reduced)", "ones, (x.shape[0], *reduced))[0]"),
}  # fmt: skip


@pytest.mark.parametrize("source", WHOLE.values(), ids=WHOLE.keys())
def test_anything_else_is_asked_for_as_before(source: str) -> None:
    count = _COUNT + "def _next(axis):\n    return (axis[0] - 1,)\n\n\n"
    text, _, _ = migrate(HEADER + count + source)
    assert "num_features" not in text, text


@pytest.mark.parametrize("axis", ["1", "0", "self.n"])
def test_another_axis_is_not_taken_for_the_last(axis: str) -> None:
    net = _NET.replace("axis=-1", f"axis={axis}").replace(
        "Module):\n    @nn", "Module):\n    n: int = 1\n\n    @nn"
    )
    text, file, _ = migrate(HEADER + _COUNT + _NORM + net)
    assert [d.code for d in refusals(file) if "Net stays" in d.message] == ["MN108"], text


def test_a_call_of_init_gives_the_last_axis_alone() -> None:
    script = "\n\nx = jnp.ones((2, 3, 5))\nnorm = Norm({})\nvariables = norm.init(jax.random.key(0), x)\n"
    text, _, _ = migrate(HEADER + _COUNT + _NORM + script.format(""))
    assert "norm = Norm(x.shape[-1], rngs=nnx.Rngs(0))" in text, text
    other, file, _ = migrate(HEADER + _COUNT + _NORM + script.format("axis=1"))
    assert "Norm(x.shape" not in other, other
    assert refusals(file), other
