# ruff: noqa: E501
"""Attributes of setup that hold the one or the other module, as configuration decides."""

import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
    with_header,
)

INDICES = InputSpec("int32", (2, 5))

BRANCHES = """\
class Inner(nn.Module):

    @nn.compact
    def __call__(self, x):
        return nn.Dense(5)(x)


class L(nn.Module):
    kind: str = "dense"
    projects: bool = True

    def setup(self):
        if self.kind == "dense":
            self.mixer = nn.Dense(8)
        elif self.kind == "inner":
            self.mixer = Inner()
            self.scale = nn.Dense(5)
        else:
            self.mixer = nn.Conv(7, (3,))
        self.proj = nn.Dense(2) if self.projects else None
        self.out = nn.Dense(3)

    def __call__(self, x):
        x = self.mixer(x)
        if self.kind == "inner":
            x = self.scale(x)
        x = self.out(x)
        if self.proj is not None:
            x = self.proj(x)
        return x
"""
NNX_BRANCHES = """\
class Inner(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        kind: str = "dense",
        projects: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.kind = kind
        if kind == "dense":
            self.mixer = nnx.Linear(in_features, 8, rngs=rngs)
        elif kind == "inner":
            self.mixer = Inner(in_features, rngs=rngs)
            self.scale = nnx.Linear(
                8 if kind == "dense" else 5 if kind == "inner" else 7, 5, rngs=rngs
            )
        else:
            self.mixer = nnx.Conv(in_features, 7, (3,), rngs=rngs)
        self.proj = nnx.Linear(3, 2, rngs=rngs) if projects else None
        self.out = nnx.Linear(
            5 if kind == "inner" else 8 if kind == "dense" else 7, 3, rngs=rngs
        )

    def __call__(self, x):
        x = self.mixer(x)
        if self.kind == "inner":
            x = self.scale(x)
        x = self.out(x)
        if self.proj is not None:
            x = self.proj(x)
        return x
"""
HALVES = """\
ACT2FN = {"relu": nn.relu, "gelu": nn.gelu}


class Identity(nn.Module):
    @nn.compact
    def __call__(self, x, **kwargs):
        return x


class Short(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        return nn.BatchNorm(use_running_average=not train)(nn.Dense(6)(x))


class L(nn.Module):
    skip: bool = False
    act: str | None = "relu"

    def setup(self):
        self.d = nn.Dense(8)
        self.act_fn = ACT2FN[self.act] if self.act is not None else Identity()
        self.s = Short() if self.skip else Identity()
        self.t = None if self.skip else nn.Dense(3)
        self.u = nn.Dense(12, use_bias=False, kernel_init=nn.initializers.normal(0.01)) if self.skip else nn.Dense(11, kernel_init=nn.initializers.normal(0.01))
        self.e = nn.Dense(3)

    def __call__(self, x, train: bool = False):
        x = self.act_fn(self.d(x))
        x = self.e(self.u(self.s(x, train=train)))
        return self.t(x) if self.t is not None else x
"""
NNX_HALVES = """\
ACT2FN = {"relu": nnx.relu, "gelu": nnx.gelu}


class Identity(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def __call__(self, x, **kwargs):
        return x


class Short(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.batch_norm_0 = nnx.BatchNorm(6, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)

    def __call__(self, x, train: bool = False):
        return self.batch_norm_0(self.dense_0(x), use_running_average=not train)


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        skip: bool = False,
        act: str | None = "relu",
        *,
        rngs: nnx.Rngs,
    ):
        self.d = nnx.Linear(in_features, 8, rngs=rngs)
        self.act_fn = ACT2FN[act] if act is not None else Identity(rngs=rngs)
        self.s = Short(8, rngs=rngs) if skip else Identity(rngs=rngs)
        self.t = None if skip else nnx.Linear(3, 3, rngs=rngs)
        self.u = (
            nnx.Linear(
                6 if skip else 8,
                12,
                use_bias=False,
                kernel_init=nnx.initializers.normal(0.01),
                rngs=rngs,
            )
            if skip
            else nnx.Linear(
                6 if skip else 8,
                11,
                kernel_init=nnx.initializers.normal(0.01),
                rngs=rngs,
            )
        )
        self.e = nnx.Linear(12 if skip else 11, 3, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.act_fn(self.d(x))
        x = self.e(self.u(self.s(x, train=train)))
        return self.t(x) if self.t is not None else x
"""
TRANSFORMED = (
    Case(
        "branches", BRANCHES, NNX_BRANCHES,
        tuple(
            Call("L", (6,), {"kind": kind, "projects": projects}, (f32(2, 4, 6),))
            for kind, projects in (("dense", True), ("inner", False), ("conv", True))
        ),
    ),
    Case(
        "halves", HALVES, NNX_HALVES,
        tuple(
            Call("L", (6,), {"skip": skip, "act": act}, (f32(4, 6),), {"train": train})
            for skip, act, train in ((True, "relu", True), (False, None, False))
        ),
    ),
)  # fmt: skip
COMPUTES = (
    Case(
        "modes", """\
class Norm(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.Dropout(0.5, deterministic=not train)(x)


class Plain(nn.Module):
    def setup(self):
        self.norm = nn.LayerNorm()

    def __call__(self, x, train: bool):
        return self.norm(x)


class L(nn.Module):
    normalizes: bool = True

    def setup(self):
        if self.normalizes:
            self.norm = Norm()
        else:
            self.norm = Plain()

    def __call__(self, x, train: bool = False):
        return self.norm(x, train)
""", "",
        tuple(
            Call("L", (6,), {"normalizes": normalizes}, (f32(4, 6),), {"train": train})
            for normalizes, train in ((True, False), (False, False), (False, True))
        ),
    ),
    Case(
        "a-half-of-layers", """\
class L(nn.Module):
    deep: bool = True

    def setup(self):
        self.body = nn.Sequential([nn.Dense(5), nn.relu, nn.Dense(6)]) if self.deep else nn.Dense(4, name="flat")
        self.norm, self.out = nn.LayerNorm() if self.deep else None, nn.Dense(3)

    def __call__(self, x):
        x = self.out(self.body(x))
        if self.norm is not None:
            x = self.norm(x)
        return x
""", "", tuple(Call("L", (6,), {"deep": deep}, (f32(2, 6),)) for deep in (True, False)),
    ),
    Case(
        "names-and-sizes", """\
class L(nn.Module):
    wide: bool = True

    def setup(self):
        if self.wide:
            self.count = 8
        else:
            self.count = 4
        if self.wide:
            self.proj = nn.Dense(self.count, name="wide")
        else:
            self.proj = nn.Dense(self.count, use_bias=False, name="narrow")
        self.out = nn.Dense(3)

    def __call__(self, x):
        return self.out(self.proj(x))
""", "", (Call("L", (6,), {}, (f32(2, 6),)), Call("L", (6,), {"wide": False}, (f32(2, 6),))),
    ),
    Case(
        "cells", """\
class L(nn.Module):
    gated: bool = True

    def setup(self):
        self.cell = nn.GRUCell(4) if self.gated else nn.SimpleCell(4)

    def __call__(self, x):
        carry = self.cell.initialize_carry(jax.random.key(0), x.shape)
        carry, y = self.cell(carry, x)
        return y
""", "", tuple(Call("L", (6,), {"gated": gated}, (f32(2, 6),)) for gated in (True, False)),
    ),
    Case(
        "nested", """\
class L(nn.Module):
    projects: bool = True
    depth: int = 3

    def setup(self):
        if self.projects:
            self.proj = nn.Dense(6)
            if self.depth > 2:
                self.deep = nn.Dense(5)
        self.out = nn.Dense(2)

    def __call__(self, x):
        if self.depth > 2:
            if self.projects:
                x = self.deep(x)
        if self.projects:
            x = self.proj(x)
        return self.out(x)
""", "", tuple(Call("L", (6,), {"projects": p, "depth": d}, (f32(2, 6),)) for p, d in ((True, 3), (True, 2), (False, 3))),
    ),
    Case(
        "a-method", """\
class L(nn.Module):
    wide: bool = True

    def setup(self):
        if self.wide:
            self.embed = nn.Embed(8, 6)
        else:
            self.embed = nn.Embed(8, 3)

    def __call__(self, x):
        return self.embed.attend(self.embed(x))
""", "", tuple(Call("L", (), {"wide": wide}, (INDICES,)) for wide in (True, False)),
    ),
)  # fmt: skip


def _half(value: str, call: str = "x = self.d(x)") -> str:
    return f"""\
class L(nn.Module):
    first: bool = True

    def setup(self):
        self.w = self.param("w", nn.initializers.zeros, (6,))
        self.d = {value}

    def __call__(self, x, train: bool = False):
        {call}
        return x + self.w
"""


def _branches(yes: str, no: str, call: str, after: str = "", classes: str = "") -> str:
    return f"""\
{classes}class L(nn.Module):
    first: bool = True
    other: bool = True

    def setup(self):
        if self.first:
            {yes}
        else:
            {no}
{after}
    def __call__(self, x, train: bool = False):
        {call}
        return x
"""


COUNTED = """\
class A(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


class B(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4, use_bias=False)(x)


"""
ELSEWHERE = """\
class A(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


class B(nn.Module):
    def setup(self):
        self.dense = nn.Dense(4, name="Dense_0")

    def __call__(self, x):
        return self.dense(x)


"""
HOLDER = """\
class Holder(nn.Module):
    inner: nn.Module

    @nn.compact
    def __call__(self, x):
        return self.inner(x)


"""
LOOKS = 'x = self.d(x) + self.d.variables["params"]["kernel"].sum()'
TIED = "self.d = Tied(6)"
TIED_DENSE = """\
class Tied(nn.Module):
    words: int

    @nn.compact
    def __call__(self, x, kernel):
        return x @ kernel + self.param("bias", nn.initializers.normal(), (self.words,))


"""
TWO = ("self.d = nn.Dense(6)", "self.d = nn.Dense(6, use_bias=False)")
REFUSED = (
    Refusal("no-branches", "MN101", _branches(*TWO, "x = self.d(x)", "        self.d = nn.Dense(6)\n")),
    Refusal("not-a-module", "MN101", _branches(TWO[0], "self.d = jnp.tanh", "x = self.d(x)")),
    Refusal("handed-on", "MN101", _branches(*TWO, "x = jax.jit(self.d)(x)")),
    Refusal("handed-to-a-field", "MN105", _branches(*TWO, "x = self.held(x)", "        self.held = Holder(self.d)\n", HOLDER)),
    Refusal("called-for-one-alone", "MN201", _branches(TWO[0], "pass", "x = self.d(x) if self.other else x")),
    Refusal("in-some-calls", "MN201", _branches(*TWO, "x = self.d(x) if train else x")),
    Refusal("the-other-answer", "MN201", _branches(TWO[0], "pass", "x = self.d(x) if not self.first else x")),
    Refusal("an-argument-of-one", "MN101", _branches("self.d = nn.Dropout(0.5)", TWO[1], "x = self.d(x, not train)")),
    Refusal("a-mode-of-one", "MN101", _branches("self.d = nn.Dropout(0.5)", TWO[1], "x = self.d(x)")),
    Refusal("lists", "MN101", _branches("self.d = [nn.Dense(6) for _ in range(2)]", "self.d = [nn.Dense(6)]", "x = self.d[0](x)")),
    Refusal("under-a-transform", "MN101", _branches("self.d = nn.remat(nn.Dense)(6)", TWO[1], "x = self.d(x)")),
    Refusal("counted", "MN204", _branches("self.d = A()", "self.d = B()", "x = self.d(x)", "", COUNTED)),
    Refusal("elsewhere", "MN204", _branches("self.d = A()", "self.d = B()", "x = self.d(x)", "", ELSEWHERE)),
    Refusal("a-half-of-a-parameter", "MN101", _half("nn.Dense(6) if self.first else self.w")),
    Refusal("a-half-not-known", "MN101", _half("make() if self.first else nn.Dense(6)")),
    Refusal("three-halves", "MN101", _half("nn.Dense(6) if self.first else nn.Dense(5) if self.w.ndim else nn.Dense(3)")),
    Refusal("a-half-under-a-transform", "MN101", _half("nn.remat(nn.Dense)(6) if self.first else None", "x = self.d(x) if self.d is not None else x")),
    Refusal("a-half-handed-on", "MN101", _half("nn.Dense(6) if self.first else nn.relu", "x = jax.jit(self.d)(x)")),
    Refusal("looked-into", "MN101", _branches(*TWO, LOOKS)),
    Refusal("called-for-the-other-in-a-call", "MN101", _branches("self.d = nn.Dropout(0.5)", TWO[1], "x = self.d(x, True) if train else self.d(x)")),
    Refusal("called-for-the-other-in-a-method", "MN101", _branches("self.d = nn.Dropout(0.5)", TWO[1], "x = self.drop(x) if self.first else self.d(x)", "\n    def drop(self, x):\n        return self.d(x, True)\n")),
    Refusal("called-for-the-other-by-another-answer", "MN101", _branches("self.d = nn.Dropout(0.5)", TWO[1], "x = self.d(x, True) if self.other else self.d(x)")),
    Refusal("one-that-no-call-comes-to", "MN101", _branches(*TWO, "x = self.d(x) if self.first else x")),
    Refusal("what-decides-changes", "MN101", _branches(*TWO, "x = self.d(jnp.concatenate([x, x], -1)) if not self.first else self.d(x)").replace("    first: bool = True\n", "").replace("    def setup(self):\n", "    def setup(self):\n        self.first = self.other\n").replace("        else:\n", "        else:\n            self.first = True\n", 1)),
    Refusal("a-half-looked-into", "MN101", _half("nn.Dense(6) if self.first else nn.Dense(6, use_bias=False)", LOOKS)),
    Refusal("a-half-or-none-looked-into", "MN101", _half("nn.Dense(6) if self.first else None", "if self.d is not None:\n            " + LOOKS)),
    Refusal("a-half-with-a-mode", "MN101", _half("nn.Dropout(0.5) if self.first else nn.LayerNorm()", "x = self.d(x, not train)")),
    Refusal("asked-anew", "MN201", """\
class L(nn.Module):
    first: bool = True

    def setup(self):
        self.has = self.first
        if self.has:
            self.d = nn.Dense(6)
        self.has = False

    def __call__(self, x):
        if self.has:
            x = self.d(x)
        return x
"""),
)  # fmt: skip


_EACH = tuple(Call("L", (6,), {"first": first}, (f32(2, 6),)) for first in (True, False))
EACH = (
    Case("calls-of-their-own", _branches(TIED, "self.d = nn.Dense(7)", "x = self.d(x, x.T @ jnp.ones((2, 6))) if self.first else self.d(x)", "", TIED_DENSE), "", _EACH),
    Case("sizes-of-their-own", _branches(*TWO, "x = self.d(jnp.concatenate([x, x], -1)) if not self.first else self.d(x)"), "", _EACH),
    Case("a-call-of-both-before", _branches(*TWO, "x = self.d(x)\n        if not self.first:\n            x = self.d(2 * x)"), "", _EACH),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", [*TRANSFORMED, *COMPUTES, *EACH], ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


_APART = """\
class Wide(nn.Module):
    @nn.compact
    def __call__(self, x, features):
        return nn.Dense(features)(x) + self.param("shift", nn.initializers.ones, (1,))


class Net(nn.Module):
    size: int
    noisy: bool = False
    train: bool = False

    def setup(self):
        if self.noisy:
            self.net = Wide()
        else:
            self.net = nn.Dense(self.size)

    def __call__(self, x):
        if self.noisy:
            x = self.net(x, self.size)
        else:
            x = self.net(x)
        return x
"""


def test_each_has_calls_of_its_own() -> None:
    text, file, _ = migrate(HEADER + _APART)
    assert "            self.net = Wide(in_features, size, rngs=rngs)" in text, listed(file)
    calls = (Call("Net", (6,), {"size": 3, "noisy": noisy}, (f32(4, 6),)) for noisy in (False, True))
    check_equivalent(HEADER + _APART, *calls)


def test_a_call_behind_another_question_may_be_one_of_either() -> None:
    before = _APART.replace("if self.noisy:\n            x", "if self.train:\n            x")
    _, file, _ = migrate(HEADER + before)
    assert "Net" in {d.subject for d in refusals(file)}, listed(file)
