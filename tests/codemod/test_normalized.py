# ruff: noqa: E501
"""Norms that people build of `_compute_stats` and `_normalize`, the private functions of Flax's own."""

import ast

import pytest
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.codemod.inlining.normalized import read_normalized
from migrate_norm.codemod.migrate import read_files
from migrate_norm.codemod.project import read_project
from migrate_norm.codemod.rewording import reworded, with_places
from migrate_norm.codemod.traced.records import Facts

from .check import Call, Refusal, check_equivalent, check_transformed, f32, migrate, name_of, refusals

_HEADER = """\
import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.linen.normalization import _canonicalize_axes, _compute_stats, _normalize


"""
_NNX_HEADER = "import jax\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
_FIELDS = """\
    axis: int = -1
    use_scale: bool = True
    scale_init: nn.initializers.Initializer = nn.initializers.ones
    dtype: jnp.dtype | None = None

    @nn.compact
    def __call__(self, x, train: bool = True):
        feature_axes = _canonicalize_axes(x.ndim, self.axis)
        reduction_axes = tuple(i for i in range(x.ndim) if i not in feature_axes)
        shape = [x.shape[ax] for ax in feature_axes]
        ra_mean = self.variable("batch_stats", "mean", jnp.zeros, shape)
        ra_var = self.variable("batch_stats", "var", jnp.ones, shape)
        if train:
            mean, var = _compute_stats(x, reduction_axes, self.dtype)
            if not self.is_initializing():
                ra_mean.value = 0.9 * ra_mean.value + 0.1 * mean
                ra_var.value = 0.9 * ra_var.value + 0.1 * var
        else:
            mean, var = ra_mean.value, ra_var.value
"""
_CALL = """\
        return _normalize(
            self,
            x,
            mean,
            var,
            reduction_axes,
            feature_axes,
            self.dtype,
            jnp.float32,
            1e-5,
            True,
            self.use_scale,
            nn.initializers.zeros,
            self.scale_init,
        )
"""
_NORM = f"class Norm(nn.Module):\n{_FIELDS}{_CALL}"
_NNX_NORM = """\
class Norm(nnx.Module):
    def __init__(
        self,
        num_features: int,
        axis: int = -1,
        use_scale: bool = True,
        scale_init: nnx.initializers.Initializer = nnx.initializers.ones,
        dtype: jnp.dtype | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.axis = axis
        self.dtype = dtype
        shape = [num_features]
        self.mean = nnx.BatchStat(jnp.zeros(shape))
        self.var = nnx.BatchStat(jnp.ones(shape))
        self.scale = (
            nnx.Param(scale_init(rngs.params(), [num_features], jnp.float32))
            if use_scale else None
        )
        self.bias = nnx.Param(
            nnx.initializers.zeros(rngs.params(), [num_features], jnp.float32)
        )

    def __call__(self, x, train: bool = True):
        feature_axes = nnx.nn.normalization._canonicalize_axes(x.ndim, self.axis)
        reduction_axes = tuple(i for i in range(x.ndim) if i not in feature_axes)
        if train:
            mean, var = nnx.nn.normalization._compute_stats(x, reduction_axes, self.dtype)
            self.mean[...] = 0.9 * self.mean[...] + 0.1 * mean
            self.var[...] = 0.9 * self.var[...] + 0.1 * var
        else:
            mean, var = self.mean[...], self.var[...]
        return nnx.nn.normalization._normalize(
            x,
            mean,
            var,
            self.scale[...]
            if self.scale is not None
            else None,
            self.bias[...],
            reduction_axes,
            feature_axes,
            self.dtype,
            1e-5,
        )
"""
_NET = """\


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = True):
        x = Norm()(nn.Dense(4)(x), train)
        return nn.Dense(3)(x)
"""
_CALLS = [
    Call("Norm", (5,), {}, (f32(2, 3, 5),)),
    Call("Norm", (3,), {"axis": 1, "use_scale": False}, (f32(2, 3, 5),), {"train": False}),
]


def test_scale_and_bias_are_spelled_out() -> None:
    check_transformed(_HEADER + _NORM, _NNX_HEADER + _NNX_NORM)
    check_equivalent(_HEADER + _NORM + _NET, *_CALLS, Call("Net", (5,), {}, (f32(2, 3, 5),)))


_ARGUMENTS = "self, x, mean, var, reduction_axes, feature_axes, self.dtype, jnp.float32, 1e-5, True, self.use_scale, nn.initializers.zeros, self.scale_init"
_NAMED = (
    "bias_init=nn.initializers.zeros, scale_init=self.scale_init, use_scale=self.use_scale, use_bias=False"
)


def _with(call: str) -> str:
    return _HEADER + f"class Norm(nn.Module):\n{_FIELDS}        {call}\n"


LAID_OUT = {
    "on-one-line": _with(f"return _normalize({_ARGUMENTS})"),
    "by-name": _with(f"return _normalize({_ARGUMENTS.partition(', True')[0]}, {_NAMED})"),
    "on-some-lines": _with("return _normalize(\n            " + _ARGUMENTS.replace("mean, var,", "mean, var,\n            ").replace("1e-5,", "1e-5,\n            ") + "\n        )"),
    "hanging": _with("return _normalize(" + _ARGUMENTS.replace("1e-5, ", "1e-5,\n                          ") + ")"),
    "one-to-a-line": _HEADER + _NORM.replace("            self.use_scale,\n", "            True,\n"),
    "without-either": _with(f"return _normalize({_ARGUMENTS})").replace("True, self.use_scale", "False, False"),
    "in-an-expression": _with(f"return 2 * nn.normalization._normalize({_ARGUMENTS}) + x"),
    "last-axis": _with(f"return _normalize({_ARGUMENTS.replace('feature_axes', '(-1,)')})"),
}  # fmt: skip


@pytest.mark.parametrize("source", LAID_OUT.values(), ids=LAID_OUT.keys())
def test_however_it_is_laid_out(source: str) -> None:
    text, file, _ = migrate(source)
    assert not refusals(file), file.diagnostics
    assert max(map(len, text.splitlines())) <= max(map(len, source.splitlines())) + 10, text
    size = 5 if "num_features" in text else (2, 3, 5)
    check_equivalent(source, Call("Norm", (size,), {}, (f32(2, 3, 5),)))


@pytest.mark.parametrize("layout", [f"({_ARGUMENTS})", _CALL.partition("_normalize")[2].strip()])
def test_what_ran_is_found_where_it_stands(layout: str) -> None:
    source = _with(f"return _normalize{layout} + nn.Dense(1)(x)")
    read, names, _ = read_files({"layer.py": source.encode()})
    found = read_normalized(read_project([*read.values()], names))
    anew = reworded(found)
    facts = with_places(Facts(), found, anew)
    assert [*map(facts.recorded, _ends(anew["layer.py"].tree))] == _ends(read["layer.py"].tree)
    assert migrate_files({"layer.py": source.encode()}, Options(), Facts()).mapping.classes


def _ends(tree: ast.AST) -> list[tuple[str, int, int]]:
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    asked = [c for c in calls if ast.unparse(c.func) in ("nn.Dense", "nn.Dense(1)", "_canonicalize_axes")]
    return [("layer.py", c.end_lineno or 0, c.end_col_offset or 0) for c in asked]


REFUSED = (
    Refusal("another-module", "MN102", _with(f"return _normalize({_ARGUMENTS.replace('self, x', 'other, x')})").replace("(self, x,", "(self, x, other,")),
    Refusal("other-order-of-axes", "MN102", _with(f"return _normalize({_ARGUMENTS.replace('feature_axes', '(2, 1)')})")),
    Refusal("axes-bound-again", "MN102", _with(f"feature_axes = feature_axes[::-1]\n        return _normalize({_ARGUMENTS})")),
    Refusal("no-float32", "MN102", _with(f"return _normalize({_ARGUMENTS}, False)")),
    Refusal("with-a-comment", "MN102", _HEADER + _NORM.replace("            mean,\n", "            mean,  # of the batch\n")),
    Refusal("computed-argument", "MN102", _with(f"return _normalize({_ARGUMENTS.replace('x, mean', 'x, jnp.abs(mean)')})")),
    Refusal("masked", "MN102", _with(f"mean, var = _compute_stats(x, reduction_axes, None, mask=x > 0)\n        return _normalize({_ARGUMENTS})")),
    Refusal("twice", "MN208", _with(f"x = _normalize({_ARGUMENTS})\n        return _normalize({_ARGUMENTS})")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    text, file, _ = migrate(case.before)
    assert text == case.before
    assert case.code in {d.code for d in refusals(file)}, file.diagnostics
