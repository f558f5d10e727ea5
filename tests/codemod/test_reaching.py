# ruff: noqa: E501
"""A local name that several partials are bound to, each of which is called where it is the last one."""

import pytest

from .check import (
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)  # fmt: skip

HEADER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
_X = f32(2, 6)

SIDES = Case("on-each-side", """\
class Head(nn.Module):
    groups: int = 2
    named: bool = False

    def setup(self):
        if self.groups > 0:
            norm = partial(nn.GroupNorm, self.groups, epsilon=1e-4)
            self.first = norm(name="GroupNorm_0") if self.named else norm()
            self.last = norm()
        else:
            norm = partial(nn.RMSNorm, epsilon=1e-3)
            self.first = norm()
            self.last = norm()

    def __call__(self, x):
        return self.last(jnp.tanh(self.first(x)))
""", """\
class Head(nnx.Module):
    def __init__(
        self,
        in_features: int,
        groups: int = 2,
        named: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        if groups > 0:
            norm = partial(nnx.GroupNorm, num_groups=groups, epsilon=1e-4)
            self.first = (
                norm(in_features, rngs=rngs) if named else norm(in_features, rngs=rngs)
            )
            self.last = norm(in_features, rngs=rngs)
        else:
            norm = partial(nnx.RMSNorm, epsilon=1e-3)
            self.first = norm(in_features, rngs=rngs)
            self.last = norm(in_features, rngs=rngs)

    def __call__(self, x):
        return self.last(jnp.tanh(self.first(x)))
""", tuple(Call("Head", (6,), given, (_X,)) for given in ({}, {"groups": 0}, {"named": True}, {"groups": 0, "named": True})))  # fmt: skip

TURNS = Case("one-after-the-other", """\
class Head(nn.Module):
    deep: bool = True

    @nn.compact
    def __call__(self, x, train):
        layer = partial(nn.Dense, 4)
        x = layer()(x)
        layer = partial(nn.Dense, 8, use_bias=False)
        if self.deep:
            norm = partial(nn.BatchNorm, use_running_average=not train)
            x = norm()(x)
        else:
            norm = partial(nn.LayerNorm, epsilon=1e-3)
            x = norm()(nn.Dense(3)(x))
        for _ in range(2):
            x = jnp.tanh(x)
        return layer()(x)
""", """\
class Head(nnx.Module):
    def __init__(self, in_features: int, deep: bool = True, *, rngs: nnx.Rngs):
        self.deep = deep
        layer = partial(nnx.Linear, out_features=4)
        self.dense_0 = layer(in_features, rngs=rngs)
        layer = partial(nnx.Linear, out_features=8, use_bias=False)
        if deep:
            norm = nnx.BatchNorm
            self.batch_norm_0 = norm(4, rngs=rngs)
        else:
            norm = partial(nnx.LayerNorm, epsilon=1e-3)
            self.layer_norm_0 = norm(3, rngs=rngs)
            self.dense_1 = nnx.Linear(4, 3, rngs=rngs)
        self.dense_2 = layer(4 if deep else 3, rngs=rngs)

    def __call__(self, x, train):
        x = self.dense_0(x)
        if self.deep:
            x = self.batch_norm_0(x, use_running_average=not train)
        else:
            x = self.layer_norm_0(self.dense_1(x))
        for _ in range(2):
            x = jnp.tanh(x)
        return self.dense_2(x)
""", ())  # fmt: skip

ANEW = Case("anew-of-itself", """\
class Head(nn.Module):
    norm: type = nn.LayerNorm
    dense: type = nn.Dense

    @nn.compact
    def __call__(self, x):
        norm = self.norm
        norm = partial(norm, use_bias=False)
        dense = self.dense
        x = norm()(x)
        x = dense(4)(x)
        dense = partial(dense, use_bias=False)
        x = dense(5)(x)
        dense = partial(dense, 7)
        return dense()(x)
""", """\
class Head(nnx.Module):
    def __init__(
        self,
        in_features: int,
        norm: type = nnx.LayerNorm,
        dense: type = nnx.Linear,
        *,
        rngs: nnx.Rngs,
    ):
        norm = partial(norm, use_bias=False)
        self.layer_norm_0 = norm(in_features, rngs=rngs)
        self.dense_0 = dense(in_features, 4, rngs=rngs)
        dense = partial(dense, use_bias=False)
        self.dense_1 = dense(4, 5, rngs=rngs)
        dense = partial(dense, out_features=7)
        self.dense_2 = dense(5, rngs=rngs)

    def __call__(self, x):
        x = self.layer_norm_0(x)
        x = self.dense_0(x)
        x = self.dense_1(x)
        return self.dense_2(x)
""", (Call("Head", (6,), {}, (_X,)),))  # fmt: skip

SIZE = Case("a-size-that-is-bound-anew", """\
class Head(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x):
        width = partial(nn.Dense, self.width)
        x = width()(x)
        return nn.Dense(3)(x)
""", """\
class Head(nnx.Module):
    def __init__(self, in_features: int, width: int = 5, *, rngs: nnx.Rngs):
        self.width = width
        width = partial(nnx.Linear, out_features=self.width)
        self.dense_0 = width(in_features, rngs=rngs)
        self.dense_1 = nnx.Linear(self.width, 3, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.dense_1(x)
""", (Call("Head", (6,), {}, (_X,)),))  # fmt: skip


@pytest.mark.parametrize("case", [SIDES, TURNS, ANEW, SIZE], ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", [SIDES, ANEW, SIZE], ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _call(body: str, more: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return (
        HEADER
        + f"class Head(nn.Module):\n    deep: bool = True\n\n    @nn.compact\n    def __call__(self, x, norm=None):\n{lines}{more}"
    )


_LAYER, _RMS = "norm = partial(nn.LayerNorm, epsilon=1e-3)", "norm = partial(nn.RMSNorm, epsilon=1e-2)"
REFUSED = (
    Refusal("again-on-a-condition", "MN101", _call(f"{_LAYER}\nif self.deep:\n    {_RMS}\nreturn norm()(x)")),
    Refusal("again-in-a-round-before", "MN101", _call(f"{_LAYER}\nfor _ in range(2):\n    x = norm()(x)\n    {_RMS}\nreturn x")),
    Refusal("read-behind-one-side", "MN101", _call(f"{_RMS}\nif self.deep:\n    {_LAYER}\n    x = norm()(x)\nreturn norm()(x)")),
    Refusal("in-a-try", "MN101", _call(f"{_RMS}\ntry:\n    {_LAYER}\nexcept ValueError:\n    x = norm()(x)\nreturn x")),
    Refusal("behind-a-with", "MN101", _call(f"{_RMS}\nwith jnp.scope():\n    {_LAYER}\nreturn norm()(x)")),
    Refusal("by-a-with", "MN101", _call(f"{_RMS}\nwith jnp.scope() as norm:\n    x = norm()(x)\nreturn x")),
    Refusal("in-a-tuple", "MN101", _call(f"{_RMS}\nnorm, y = partial(nn.LayerNorm), 1\nreturn norm()(x)")),
    Refusal("in-a-function", "MN101", _call(f"{_RMS}\ndef f(x):\n    return norm()(x)\n{_LAYER}\nreturn jnp.use(f)(x)")),
    Refusal("by-a-function", "MN101", _call(f"def f():\n    nonlocal norm\n    {_RMS}\n{_LAYER}\nf()\nreturn norm()(x)")),
    Refusal("deleted", "MN101", _call(f"{_RMS}\ny = norm()(x)\ndel norm\nreturn norm()(y)")),
    Refusal("in-a-while", "MN101", _call(f"{_LAYER}\nwhile x.sum() > 1:\n    x = norm()(x)\n    {_RMS}\nreturn x")),
    Refusal("anew-of-itself-on-a-condition", "MN101", _call(f"{_LAYER}\nif self.deep:\n    norm = partial(norm, use_bias=False)\nreturn norm()(x)")),
    Refusal("anew-of-itself-in-each-round", "MN101", _call(f"{_LAYER}\nfor _ in range(2):\n    norm = partial(norm, use_bias=False)\n    x = norm()(x)\nreturn x")),
    Refusal("by-a-comprehension", "MN101", _call(f"{_LAYER}\nx = norm()(x)\nreturn jnp.stack([norm()(x) for norm in self.norms])")),
    Refusal("in-a-loop-over-others", "MN101", _call(f"{_LAYER}\nfor norm in self.norms:\n    x = norm()(x)\nreturn x")),
    Refusal("a-rate-that-is-another-behind", "MN201", _call("rate = 0.5\nif norm:\n    x = nn.Dropout(rate, deterministic=False)(x)\nrate = 0.3\nx = nn.Dropout(rate, deterministic=False)(x)\nreturn nn.Dense(3)(x)")),
    Refusal("handed-on-from-one-side", "MN101", _call(f"if self.deep:\n    {_LAYER}\n    x = norm()(x)\nelse:\n    {_RMS}\n    x = jnp.use(norm)\nreturn x")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)


def test_computes_the_same_in_turn() -> None:
    before = with_header(
        TURNS.before.replace("nn.BatchNorm, use_running_average=not train", "nn.RMSNorm"), HEADER
    )
    check_equivalent(before, *(Call("Head", (6,), {"deep": deep}, (_X, True)) for deep in (True, False)))
