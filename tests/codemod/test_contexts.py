"""Layers and variables that are made in a `with` of names and profiles: the constructor makes them without it."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    run_in_tree_mode,
)

BLOCKS = """\
class Net(nn.Module):
    n: int = 2
    last: bool = True

    @nn.compact
    def __call__(self, x):
        for i in range(self.n):
            # one of them
            with jax.named_scope(f"block_{i}"):
                d = x.shape[-1]
                x = nn.Dense(4)(x * self.param(f"w_{i}", nn.initializers.normal(), (d,)))
                if self.last:
                    with jax.profiler.TraceAnnotation("last"), jax.named_scope("norm"):
                        x = nn.LayerNorm()(x)
        with jax.named_scope("head"):
            return nn.Dense(5, name="head")(x)
"""
NNX_BLOCKS = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        n: int = 2,
        last: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.n = n
        self.last = last
        self.w = nnx.List()
        self.dense = nnx.List()
        self.layer_norm = nnx.List()
        features = in_features
        for _ in range(n):
            d = features
            self.dense.append(nnx.Linear(features, 4, rngs=rngs))
            self.w.append(nnx.Param(nnx.initializers.normal()(rngs.params(), (d,))))
            if last:
                self.layer_norm.append(nnx.LayerNorm(4, rngs=rngs))
            features = 4
        self.head = nnx.Linear(features, 5, rngs=rngs)

    def __call__(self, x):
        for i in range(self.n):
            # one of them
            with jax.named_scope(f"block_{i}"):
                x = self.dense[i](x * self.w[i])
                if self.last:
                    with jax.profiler.TraceAnnotation("last"), jax.named_scope("norm"):
                        x = self.layer_norm[i](x)
        with jax.named_scope("head"):
            return self.head(x)
"""
RETURNS = """\
class Net(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
        with jax.named_scope("stem"): x = nn.Dense(3)(x)
        with jax.named_scope("body"):
            x = nn.relu(x)
            if self.n > 1:
                return x
        with jax.named_scope("head"):
            head = nn.Dense(5)
        return head(x)
"""
NAMED = """\
class Net(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
        for i in range(self.n):
            with jax.named_scope("outer"):
                if i % 2:
                    x = nn.Dense(2, name=f"dense_{i}")(x)
                else:
                    with jax.named_scope("even"):
                        x = nn.Dense(2, use_bias=False, name=f"dense_{i}")(x)
                for j in range(2):
                    with jax.named_scope("inner"):
                        x = nn.Dense(2, name=f"dense_{i}_{j}")(x)
        return x
"""
PRECISION = """\
class Net(nn.Module):
    precision: str = "highest"

    @nn.compact
    def __call__(self, x):
        with jax.default_matmul_precision(self.precision):
            x = nn.Dense(4)(x)
            return x @ self.param("w", nn.initializers.normal(), (4, 4))
"""
NNX_PRECISION = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, precision: str = "highest", *, rngs: nnx.Rngs):
        self.precision = precision
        with jax.default_matmul_precision(precision):
            self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (4, 4)))

    def __call__(self, x):
        with jax.default_matmul_precision(self.precision):
            x = self.dense_0(x)
            return x @ self.w
"""
RULES = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        with nn.logical_axis_rules((("embed", "data"),)):
            names = ("embed", None)
            return nn.Dense(4, kernel_init=nn.with_logical_partitioning(nn.initializers.normal(), names))(x)
"""
TRANSFORMED = {"blocks": (BLOCKS, NNX_BLOCKS), "precision": (PRECISION, NNX_PRECISION)}
SAME = {"blocks": BLOCKS, "returns": RETURNS, "named": NAMED, "precision": PRECISION, "rules": RULES}
FIELDS = {"blocks": ({"n": 3}, {"n": 1, "last": False}), "returns": ({"n": 1},), "named": ({"n": 3},)}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_transformed(name: str) -> None:
    before, after = TRANSFORMED[name]
    check_transformed(HEADER + before, NNX_HEADER + after)


@pytest.mark.parametrize("name", SAME)
def test_computes_the_same(name: str) -> None:
    calls = [Call("Net", (2,), fields, (f32(3, 2),)) for fields in ({}, *FIELDS.get(name, ()))]
    check_equivalent(HEADER + SAME[name], *calls)
    run_in_tree_mode(load(migrate(HEADER + SAME[name])[0]), calls[0])


_SCOPE = 'with jax.named_scope("head"):'
OTHERS = (
    "jax.disable_jit()",
    "jax.default_device(None)",
    'jax.named_scope("head"), jax.enable_x64(True)',
    'jax.named_scope("head") as scope',
    "self.mesh",
    "jax.named_scope(nn.Dense(3)(x))",
)
REFUSED = tuple(Refusal(o, "MN201", HEADER + changed(RETURNS, (_SCOPE, f"with {o}:"))) for o in OTHERS)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_other_blocks_are_refused_by_their_name(refusal: Refusal) -> None:
    file = check_refused(refusal.before, refusal.code)
    said = "\n".join(d.message for d in file.diagnostics).replace("'", '"')
    assert f"stands inside `with {refusal.id}`" in said


LEFT = """\
class Net(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
        if self.n > 1:
            with jax.named_scope("short"):
                return nn.Dense(3)(x)
        return nn.Dense(5)(x)
"""


def test_a_block_that_returns_has_a_layer_less_behind_it() -> None:
    """Linen calls either of them `Dense_0`."""
    check_refused(HEADER + LEFT, "MN208")
