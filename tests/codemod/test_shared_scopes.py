# ruff: noqa: E501
"""`nn.share_scope(self, child)`: the variables of a submodule stand among those of the class in Linen."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    name_of,
    with_header,
)

_X = f32(4, 3)

TRANSFORMED = (
    Case(
        "in-setup",
        """\
class Adapted(nn.Module):
    features: int
    rank: int = 2

    def setup(self):
        self.child = nn.Dense(self.features)
        nn.share_scope(self, self.child)

    @nn.compact
    def __call__(self, x):
        a = self.param("A", nn.initializers.normal(), (x.shape[-1], self.rank))
        b = self.param("B", nn.initializers.normal(), (self.rank, self.features))
        return self.child(x) + x @ a @ b
""",
        """\
class Adapted(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        rank: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.child = nnx.Linear(in_features, features, rngs=rngs)
        self.A = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (in_features, rank))
        )
        self.B = nnx.Param(nnx.initializers.normal()(rngs.params(), (rank, features)))

    def __call__(self, x):
        return self.child(x) + x @ self.A @ self.B
""",
        (Call("Adapted", (3,), {"features": 5}, (_X,)),),
    ),
    Case(
        "of-one-or-the-other-where-fields-name-the-variable",
        """\
class Product(nn.Module):
    shape: tuple[int, ...]
    name_of: str = "w"

    @nn.compact
    def __call__(self, x):
        return x @ self.param(self.name_of, nn.initializers.normal(), self.shape)


class Gated(nn.Module):
    hidden: int
    wide: bool = False

    @nn.compact
    def __call__(self, x):
        if self.wide:
            gate = Product((3, self.hidden), "wide")
        else:
            gate = Product((3, self.hidden), "gating")
        # as in older checkpoints
        nn.share_scope(self, gate)
        h = gate(x)
        linear = Product((self.hidden, 3), name_of="linear")
        nn.share_scope(self, linear)
        return Product((3, 3))(linear(nn.gelu(h)))


class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = nn.tanh(Gated(4)(x))
        return Gated(2, wide=True)(x)
""",
        """\
class Product(nnx.Module):
    def __init__(self, shape: tuple[int, ...], name_of: str = "w", *, rngs: nnx.Rngs):
        self.name_of = name_of
        setattr(
            self, name_of, nnx.Param(nnx.initializers.normal()(rngs.params(), shape))
        )

    def __call__(self, x):
        return x @ getattr(self, self.name_of)


class Gated(nnx.Module):
    def __init__(self, hidden: int, wide: bool = False, *, rngs: nnx.Rngs):
        self.wide = wide
        if wide:
            self.product_0 = Product((3, hidden), "wide", rngs=rngs)
        else:
            self.product_0 = Product((3, hidden), "gating", rngs=rngs)
        self.product_1 = Product((hidden, 3), name_of="linear", rngs=rngs)
        self.product_2 = Product((3, 3), rngs=rngs)

    def __call__(self, x):
        if self.wide:
            gate = self.product_0
        else:
            gate = self.product_0
        h = gate(x)
        return self.product_2(self.product_1(nnx.gelu(h)))


class Net(nnx.Module):
    def __init__(self, depth: int = 2, *, rngs: nnx.Rngs):
        self.gated = nnx.List(Gated(4, rngs=rngs) for _ in range(depth))
        self.gated_1 = Gated(2, wide=True, rngs=rngs)

    def __call__(self, x):
        for gated in self.gated:
            x = nnx.tanh(gated(x))
        return self.gated_1(x)
""",
        (Call("Gated", (), {"hidden": 5}, (_X,)), Call("Net", (), {}, (_X,))),
    ),
    Case(
        "counted-with-others",
        """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        first = nn.Dense(4, name="first")
        nn.share_scope(self, first)
        second = nn.Dense(5)
        norm = nn.BatchNorm(use_running_average=False, use_bias=False)
        nn.share_scope(self, norm)
        return norm(nn.Dense(4)(second(first(x))))
""",
        "",
        (Call("Net", (3,), {}, (_X,)),),
    ),
)

_NET = """\
class Net(nn.Module):
    inner: nn.Module | None = None

    def setup(self):
        self.a = nn.Dense(3)
        {setup}

    @nn.compact
    def __call__(self, x):
        {body}
"""


def _net(body: str, setup: str = "pass") -> str:
    return _NET.format(body=body, setup=setup)


_CALLED = "d = nn.Dense(3)\n        "
REFUSED = (
    Refusal("called-before", "MN102", _net(_CALLED + "y = d(x)\n        nn.share_scope(self, d)\n        return y")),
    Refusal("on-a-condition", "MN102", _net(_CALLED + "if x.ndim: nn.share_scope(self, d)\n        return d(x)")),
    Refusal("of-two-others", "MN102", _net(_CALLED + "nn.share_scope(self.a, d)\n        return d(x)")),
    Refusal("of-setup-in-a-call", "MN102", _net("nn.share_scope(self, self.a)\n        return self.a(x)")),
    Refusal("of-a-field", "MN102", _net("return self.inner(x)", "nn.share_scope(self, self.inner)")),
    Refusal(
        "behind-a-transform",
        "MN102",
        _net("d = nn.remat(nn.Dense)(3)\n        nn.share_scope(self, d)\n        return d(x)"),
    ),
    Refusal(
        "in-a-loop",
        "MN102",
        _net("for _ in range(2):\n            d = nn.Dense(3)\n            nn.share_scope(self, d)\n            x = d(x)\n        return x"),
    ),
    Refusal(
        "where-numbers-depend-on-configuration",
        "MN204",
        _net(_CALLED + "nn.share_scope(self, d)\n        if self.inner is None:\n            x = nn.Dense(3)(x)\n        return nn.Dense(3)(d(x))"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED[:2], ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


def test_the_mapping_says_where_they_were() -> None:
    _, _, mapping = migrate(with_header(TRANSFORMED[0].before))
    assert {(v.linen, v.nnx) for v in mapping.classes[0].variables} == {
        (("A",), ("A",)),
        (("B",), ("B",)),
        (("kernel",), ("child", "kernel")),
        (("bias",), ("child", "bias")),
    }


def test_of_two_that_may_have_a_variable_the_model_says_which() -> None:
    _, _, mapping = migrate(with_header(TRANSFORMED[2].before))
    (found,) = mapping.classes
    assert [(s.nnx, s.linen, s.kind) for s in found.slots] == [
        (("first",), "", ""),
        (("dense_0",), "Dense_0", ""),
        (("batch_norm_0",), "", ""),
        (("dense_1",), "Dense_1", ""),
    ]
