"""Fields that hold arrays: followed where the constructor alone reads them, refused where a module would keep them."""

import jax
import jax.numpy as jnp
import pytest

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
)

IMPORTS = "from dataclasses import field\nfrom typing import Any\n\n"
_KEY = jax.random.key(3)

TRANSFORMED = (
    Case(
        "keys-for-initial-values",
        """\
class E(nn.Module):
    f: int
    rng: Any = field(default_factory=lambda: jax.random.PRNGKey(0))

    @nn.compact
    def __call__(self, x):
        one, two = jax.random.split(self.rng)
        w = jax.random.normal(one, (x.shape[-1], self.f))
        w = self.param("w", lambda *_: w)
        return x @ w + self.param("b", lambda *_: jax.random.normal(two, (self.f,)))


class L(nn.Module):
    rng: Any = field(default_factory=lambda: jax.random.PRNGKey(0))

    @nn.compact
    def __call__(self, x):
        one, two = jax.random.split(self.rng)
        return nn.Dense(3, kernel_init=lambda *_: jax.random.normal(two, (6, 3)))(x) * E(3, rng=one)(x).sum()
""",
        """\
class E(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int,
        rng: Any | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        rng = jax.random.PRNGKey(0) if rng is None else rng
        one, two = jax.random.split(rng)
        w = jax.random.normal(one, (in_features, f))
        self.w = nnx.Param((lambda *_: w)(rngs.params()))
        self.b = nnx.Param((lambda *_: jax.random.normal(two, (f,)))(rngs.params()))

    def __call__(self, x):
        w = self.w[...]
        return x @ w + self.b


class L(nnx.Module):
    def __init__(self, in_features: int, rng: Any | None = None, *, rngs: nnx.Rngs):
        rng = jax.random.PRNGKey(0) if rng is None else rng
        one, two = jax.random.split(rng)
        self.dense_0 = nnx.Linear(
            in_features,
            3,
            kernel_init=lambda *_: jax.random.normal(two, (6, 3)),
            rngs=rngs,
        )
        self.e_0 = E(in_features, 3, rng=one, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x) * self.e_0(x).sum()
""",
        (
            Call("E", (6,), {"f": 3}, (f32(4, 6),)),
            Call("L", (6,), {}, (f32(4, 6),)),
            Call("L", (6,), {"rng": _KEY}, (f32(4, 6),)),
        ),
    ),
    Case(
        "keys-split-in-a-loop",
        """\
class E(nn.Module):
    f: int
    scale: float = 1.0
    rng: Any = field(default_factory=lambda: jax.random.PRNGKey(0))

    @nn.compact
    def __call__(self, x):
        w = jax.random.normal(self.rng, (self.f,)) * self.scale
        return nn.Dense(self.f)(x) * self.param("w", lambda *_: w)


class L(nn.Module):
    f: int = 6
    deep: bool = True
    rng: Any = field(default_factory=lambda: jax.random.PRNGKey(0))

    @nn.compact
    def __call__(self, x):
        left = self.rng
        for i in range(2):
            left, key = jax.random.split(left)
            x = E(self.f, scale=1.0 + i, rng=key)(x)
        if self.deep:
            left, key = jax.random.split(left)
            x = x + E(self.f, rng=key)(x)
        return x
""",
        """\
class E(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int,
        scale: float = 1.0,
        rng: Any | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        rng = jax.random.PRNGKey(0) if rng is None else rng
        w = jax.random.normal(rng, (f,)) * scale
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.w = nnx.Param((lambda *_: w)(rngs.params()))

    def __call__(self, x):
        return self.dense_0(x) * self.w


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int = 6,
        deep: bool = True,
        rng: Any | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.deep = deep
        rng = jax.random.PRNGKey(0) if rng is None else rng
        left = rng
        self.e = nnx.List()
        for i in range(2):
            left, key = jax.random.split(left)
            self.e.append(E(in_features, f, scale=1.0 + i, rng=key, rngs=rngs))
            in_features = f
        if deep:
            left, key = jax.random.split(left)
            self.e_1 = E(in_features, f, rng=key, rngs=rngs)

    def __call__(self, x):
        for e in self.e:
            x = e(x)
        if self.deep:
            x = x + self.e_1(x)
        return x
""",
        (
            Call("L", (6,), {}, (f32(4, 6),)),
            Call("L", (5,), {"deep": False, "rng": _KEY}, (f32(4, 5),)),
        ),
    ),
    Case(
        "in-setup",
        """\
class L(nn.Module):
    start: jax.Array
    scale: jax.Array | None = None

    def setup(self):
        self.w = self.param("w", lambda _: jnp.exp(self.start))
        self.d = nn.Dense(3, bias_init=nn.initializers.constant(self.start[0]))

    def __call__(self, x):
        return self.d(x * self.w)


class M(L):
    def __call__(self, x):
        return super().__call__(x) + 1
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        start: jax.Array,
        scale: jax.Array | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.w = nnx.Param(jnp.exp(start))
        self.d = nnx.Linear(
            in_features, 3, bias_init=nnx.initializers.constant(start[0]), rngs=rngs
        )

    def __call__(self, x):
        return self.d(x * self.w)


class M(L):
    def __call__(self, x):
        return super().__call__(x) + 1
""",
        (
            Call("L", (6,), {"start": jnp.arange(6.0)}, (f32(4, 6),)),
            Call("M", (6,), {"start": jnp.arange(6.0)}, (f32(4, 6),)),
        ),
    ),
)

LOOP = """\
class L(nn.Module):
    rng: Any = field(default_factory=lambda: jax.random.PRNGKey(0))

    @nn.compact
    def __call__(self, x):
        left = self.rng
        for i in range(2):
            left, key = jax.random.split(left)
            x = nn.Dense(6, bias_init=nn.initializers.constant(key[0]))(x)
        return x
"""


def _read(old: str, new: str) -> str:
    assert old in LOOP
    return LOOP.replace(old, new)


REFUSED = (
    Refusal(
        "split-and-drawn-from", "MN105", _read("return x", "return x + jax.random.normal(left, x.shape)")
    ),
    Refusal("drawn-from-in-the-loop", "MN105", _read("(x)\n", "(x) + jax.random.normal(key, x.shape)\n")),
    Refusal("asked-behind-the-loop", "MN105", _read("return x", "return x if left[0] > 0 else -x")),
    Refusal("handed-on", "MN105", _read("return x", "return x, left")),
    Refusal(
        "read-by-a-call",
        "MN105",
        """\
class L(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x) * self.mask
""",
    ),
    Refusal(
        "read-by-a-call-and-made-by-a-factory",
        "MN105",
        """\
class L(nn.Module):
    mask: Any = field(default_factory=lambda: jnp.ones(3))

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x) * self.mask
""",
    ),
    Refusal(
        "kept-by-setup",
        "MN105",
        """\
class L(nn.Module):
    rng: jax.Array

    def setup(self):
        rng = self.rng
        self.key = rng
        self.w = self.param("w", lambda _: jax.random.normal(self.key, (6,)))

    def __call__(self, x):
        return x * self.w
""",
    ),
    Refusal(
        "kept-in-a-list",
        "MN105",
        """\
class L(nn.Module):
    rng: jax.Array

    def setup(self):
        self.keys = [self.rng, None]
        self.w = self.param("w", lambda _: jax.random.normal(self.keys[0], (6,)))

    def __call__(self, x):
        return x * self.w
""",
    ),
    Refusal(
        "computed-by-setup",
        "MN105",
        """\
class L(nn.Module):
    mask: jax.Array

    def setup(self):
        self.half = self.mask / 2

    def __call__(self, x):
        return x * self.half
""",
    ),
    Refusal(
        "kept-by-a-layer",
        "MN105",
        """\
class L(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        return nn.LayerNorm(epsilon=self.mask)(x)
""",
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    imports = IMPORTS.replace("from dataclasses import field\n", "") if "field(" in case.before else IMPORTS
    check_transformed(IMPORTS + HEADER + case.before, imports + NNX_HEADER + case.after)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(IMPORTS + HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(IMPORTS + HEADER + case.before, case.code)


_FAMILY = """\
class K(nn.Module):
    mask: Any = None

    def __call__(self, x):
        return x * self.mask


class L(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        half = self.mask / 2
        return K(half)(x) * self.param("w", lambda _: self.mask)


class A(nn.Module):
    start: jax.Array

    @nn.compact
    def __call__(self, x):
        return x * self.param("w", lambda _: self.start)


class B(A):
    def double(self, x):
        return 2 * x + self.start
"""


def test_an_array_is_kept_neither_by_what_is_built_nor_by_what_inherits() -> None:
    text, file, _ = migrate(IMPORTS + HEADER + _FAMILY)
    assert {d.subject: d.code for d in refusals(file) if d.code == "MN105"} == {"L": "MN105", "B": "MN105"}
    assert {d.subject for d in refusals(file) if d.code == "MN302"} == {"K"}
    assert "return K(half)(x) * " in text
    assert "class A(nn.Module)" in text


_POLICY = """class Policy(nn.Module):
    width: int = 3
    init_mean: jax.Array | None = None
    tables: "Optional[jnp.ndarray]" = None

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        if self.init_mean is not None:
            x += self.init_mean
        return x


class Agent(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Policy(4)(x)


"""


def test_an_array_that_nobody_gives() -> None:
    _, file, _ = migrate(HEADER + _POLICY)
    assert "`init_mean` is None wherever it is constructed here: an array would be a leaf of" in listed(file)
    check_equivalent(HEADER + _POLICY, Call("Agent", (5,), {}, (f32(2, 5),)))


@pytest.mark.parametrize(
    "more",
    [
        "def act(x):\n    return Policy(init_mean=jnp.ones(3))\n",
        "def act(x):\n    return Policy(3, jnp.ones(3))\n",
        "def act(settings):\n    return Policy(**settings)\n",
        "def act(make):\n    return make(init_mean=jnp.ones(3))\n",
        "def act(policy):\n    return policy.clone(init_mean=jnp.ones(3))\n",
        "class Wide(Policy):\n    init_mean: jax.Array | None = None\n\n\nwide = Wide(init_mean=jnp.ones(3))\n",
        "from functools import partial\n\nMean = partial(Policy, init_mean=jnp.ones(3))\nmean = Mean()\n",
    ],
    ids=["by-name", "by-place", "unpacked", "of-something", "cloned", "inherited", "partial"],
)
def test_an_array_that_somebody_gives(more: str) -> None:
    _, file, _ = migrate(HEADER + _POLICY + more)
    assert ("Policy", "MN105") in {(d.subject, d.code) for d in refusals(file)}, listed(file)
