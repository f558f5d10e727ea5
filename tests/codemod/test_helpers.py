"""Functions outside of classes that create variables on the module they are given."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

_SCALE = """\
def scaled(mdl: nn.Module, x, init=nn.initializers.ones):
    scale = mdl.param("scale", init, (x.shape[-1],))
    return x * scale


"""

_NORMALIZE = """\
def _axes(rank, axes):
    axes = axes if isinstance(axes, tuple) else (axes,)
    return tuple(a % rank for a in axes)


def _normalize(mdl, x, mean, var, feature_axes, param_dtype, use_bias, scale_init):
    feature_axes = _axes(x.ndim, feature_axes)
    wide = [1] * x.ndim
    narrow = []
    for ax in feature_axes:
        wide[ax] = x.shape[ax]
        narrow.append(x.shape[ax])
    y = (x - mean) * jax.lax.rsqrt(var + 1e-5)
    y *= mdl.param("scale", scale_init, narrow, param_dtype).reshape(wide)
    if use_bias:
        y += mdl.param("bias", nn.initializers.normal(), narrow, param_dtype).reshape(wide)
    return y


class Layer(nn.Module):
    axes: int | tuple[int, ...] = -1
    use_bias: bool = True

    @nn.compact
    def __call__(self, x, train=True):
        feature_axes = _axes(x.ndim, self.axes)
        others = tuple(i for i in range(x.ndim) if i not in feature_axes)
        shape = [x.shape[ax] if ax in feature_axes else 1 for ax in range(x.ndim)]
        mean = self.variable("batch_stats", "mean", jnp.zeros, shape)
        var = self.variable("batch_stats", "var", jnp.ones, shape)
        if train:
            mu, sigma2 = x.mean(others, keepdims=True), x.var(others, keepdims=True)
            if not self.is_initializing():
                mean.value = 0.9 * mean.value + 0.1 * mu
                var.value = 0.9 * var.value + 0.1 * sigma2
        else:
            mu, sigma2 = mean.value, var.value
        return _normalize(self, x, mu, sigma2, self.axes, jnp.float32, self.use_bias, nn.initializers.ones)


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x):
        return _normalize(self, x, 0.0, 1.0, -1, jnp.float32, use_bias=True, scale_init=nn.initializers.ones)
"""


def test_a_helper_becomes_two() -> None:
    check_transformed(
        "from flax import linen as nn\n\n\n" + _SCALE + "class Layer(nn.Module):\n    @nn.compact\n"
        "    def __call__(self, x):\n        return scaled(self, x)\n",
        '''\
from flax import nnx


def scaled_variables(
    mdl: nnx.Module,
    in_features: int,
    init=nnx.initializers.ones,
    *,
    rngs: nnx.Rngs,
):
    """Creates the variables that `scaled` reads."""
    mdl.scale = nnx.Param(init(rngs.params(), (in_features,)))


def scaled(mdl: nnx.Module, x, init=nnx.initializers.ones):
    return x * mdl.scale


class Layer(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        scaled_variables(self, in_features, rngs=rngs)

    def __call__(self, x):
        return scaled(self, x)
''',
    )


def test_the_form_of_flax_itself_computes_the_same() -> None:
    shape = (2, 3, 4)
    check_equivalent(
        HEADER + _NORMALIZE,
        Call("Layer", (shape,), {}, (f32(*shape),), {"train": True}),
        Call("Layer", (shape,), {"axes": (0, -1), "use_bias": False}, (f32(*shape),), {"train": False}),
        Call("Plain", (shape,), {}, (f32(*shape),)),
    )


_BIG = """\
class Big(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.sow("intermediates", "x", x)
        return nn.Dense(2)(scaled(self, x))
"""


@pytest.mark.parametrize(
    "rest",
    ["y = scaled(None, 3)\n", _BIG, "table = {'scaled': scaled}\n"],
    ids=["called elsewhere", "by a class that stays", "handed on"],
)
def test_a_helper_that_somebody_else_uses_stays_with_its_classes(rest: str) -> None:
    layer = "class Layer(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return scaled(self, x)\n\n\n"
    check_refused("from flax import linen as nn\n\n\n" + _SCALE + layer + rest, "MN107")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return mdl.param('w', lambda key: x.mean(0)) * x", "MN202"),
        ("mdl.other = 1\n    return mdl.param('w', nn.initializers.ones, (3,)) * x", "MN107"),
        ("return mdl.param(x.name, nn.initializers.ones, (3,)) * x", "MN107"),
    ],
    ids=["from data", "does more", "computed name"],
)
def test_a_helper_that_cannot_be_split(body: str, code: str) -> None:
    layer = (
        "class Layer(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return f(self, x)\n"
    )
    check_refused(f"from flax import linen as nn\n\n\ndef f(mdl, x):\n    {body}\n\n\n{layer}", code)


_NAMED = """\
def added(self, kind, width, name):
    if kind == "learned":
        return self.param(name, nn.initializers.normal(), (1, width))
    elif kind == "fixed":
        return jnp.ones((1, width))
    else:
        raise ValueError(f"Unknown kind: {kind}")


class Layer(nn.Module):
    kind: str = "learned"

    @nn.compact
    def __call__(self, x):
        x = x + added(self, self.kind, x.shape[-1], "before")
        x = nn.Dense(4)(x)
        return x + added(self, self.kind, 4, name="behind")
"""
_NNX_NAMED = '''\
def added_variables(self, kind, width, name, *, rngs: nnx.Rngs):
    """Creates the variables that `added` reads."""
    if kind == "learned":
        setattr(
            self, name, nnx.Param(nnx.initializers.normal()(rngs.params(), (1, width)))
        )


def added(self, kind, width, name):
    if kind == "learned":
        return getattr(self, name)[...]
    elif kind == "fixed":
        return jnp.ones((1, width))
    else:
        raise ValueError(f"Unknown kind: {kind}")


class Layer(nnx.Module):
    def __init__(self, in_features: int, kind: str = "learned", *, rngs: nnx.Rngs):
        self.kind = kind
        added_variables(self, kind=kind, width=in_features, name="before", rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        added_variables(self, kind=kind, width=4, name="behind", rngs=rngs)

    def __call__(self, x):
        x = x + added(self, self.kind, x.shape[-1], "before")
        x = self.dense_0(x)
        return x + added(self, self.kind, 4, name="behind")
'''


def test_a_helper_that_is_told_the_name_of_its_variable() -> None:
    check_transformed(HEADER + _NAMED, NNX_HEADER + _NNX_NAMED)
    each = (Call("Layer", (3,), {"kind": kind}, (f32(2, 3),)) for kind in ("learned", "fixed"))
    check_equivalent(HEADER + _NAMED, *each)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"before")', "self.kind)", "MN204"),
        ('"before")', '"a.b")', "MN204"),
        ('"before")', '"behind")', "MN208"),
        ('"before")', '"train")', "MN208"),
        ("    if kind ==", "    name = name + '_'\n    if kind ==", "MN107"),
    ],
    ids=["of a field", "no name", "the same twice", "a name of the module", "bound again"],
)
def test_a_name_that_no_attribute_can_have(old: str, new: str, code: str) -> None:
    check_refused(HEADER + _NAMED.replace(old, new, 1), code)
