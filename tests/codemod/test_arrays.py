"""Fields that hold arrays: data of the module where a method reads them, unless that asks for their values."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from migrate_norm.checkpoint.nnx_leaves import targets_of

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    build,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    load,
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

HELD = (
    Case(
        "read-by-a-call",
        """\
class L(nn.Module):
    mask: jax.Array
    table: jnp.ndarray | None = None
    key: Any = field(default_factory=lambda: jax.random.PRNGKey(3))

    @staticmethod
    def noise(key, shape):
        return jax.random.normal(key, shape)

    @nn.compact
    def __call__(self, x):
        n = self.mask.shape[0]
        x = nn.Dense(n)(x) * self.mask
        if self.table is not None:
            x = jnp.einsum("ij,bj->bi", self.table.T, x)
        one, two = jax.random.split(self.key)
        x = x + L.noise(one, x.shape)
        return jnp.where(self.mask > 0, x, 0) if n > 1 else x


class M(nn.Module):
    mask: jax.Array
    deep: bool = True

    @nn.compact
    def __call__(self, x):
        flat = self.mask.reshape(-1)
        x = L(self.mask[:3], table=jnp.outer(self.mask[:3], flat[:3]))(x)
        if self.deep and x.shape[-1] > 2:
            x = x @ flat[:3, None]
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        mask: jax.Array,
        table: jnp.ndarray | None = None,
        key: Any | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.mask = nnx.data(mask)
        self.table = nnx.data(table)
        self.key = nnx.data(jax.random.PRNGKey(3) if key is None else key)
        n = mask.shape[0]
        self.dense_0 = nnx.Linear(in_features, n, rngs=rngs)

    @staticmethod
    def noise(key, shape):
        return jax.random.normal(key, shape)

    def __call__(self, x):
        n = self.mask.shape[0]
        x = self.dense_0(x) * self.mask
        if self.table is not None:
            x = jnp.einsum("ij,bj->bi", self.table.T, x)
        one, two = jax.random.split(self.key)
        x = x + L.noise(one, x.shape)
        return jnp.where(self.mask > 0, x, 0) if n > 1 else x


class M(nnx.Module):
    def __init__(
        self,
        in_features: int,
        mask: jax.Array,
        deep: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.mask = nnx.data(mask)
        self.deep = deep
        flat = mask.reshape(-1)
        self.l_0 = L(
            in_features, mask[:3], table=jnp.outer(mask[:3], flat[:3]), rngs=rngs
        )

    def __call__(self, x):
        flat = self.mask.reshape(-1)
        x = self.l_0(x)
        if self.deep and x.shape[-1] > 2:
            x = x @ flat[:3, None]
        return x
""",
        (
            Call("L", (6,), {"mask": jnp.arange(3.0)}, (f32(4, 6),)),
            Call("L", (6,), {"mask": jnp.arange(3.0), "key": _KEY}, (f32(4, 6),)),
            Call("L", (6,), {"mask": jnp.arange(2), "table": jnp.ones((2, 2))}, (f32(4, 6),)),
            Call("M", (6,), {"mask": jnp.arange(4.0)}, (f32(4, 6),)),
        ),
    ),
    Case(
        "read-by-what-inherits",
        """\
class A(nn.Module):
    start: jax.Array

    @nn.compact
    def __call__(self, x):
        return x * self.param("w", lambda _: self.start)


class B(A):
    def __call__(self, x):
        return super().__call__(x) + self.start
""",
        """\
class A(nnx.Module):
    def __init__(self, start: jax.Array, *, rngs: nnx.Rngs):
        self.w = nnx.Param(start)

    def __call__(self, x):
        return x * self.w


class B(A):
    def __init__(self, start: jax.Array, *, rngs: nnx.Rngs):
        super().__init__(start=start, rngs=rngs)
        self.start = nnx.data(start)

    def __call__(self, x):
        return super().__call__(x) + self.start
""",
        (
            Call("A", (), {"start": jnp.arange(6.0)}, (f32(4, 6),)),
            Call("B", (), {"start": jnp.arange(6.0)}, (f32(4, 6),)),
        ),
    ),
    Case(
        "under-transforms",
        """\
class Block(nn.Module):
    mask: jax.Array
    key: jax.Array

    @nn.compact
    def __call__(self, x, _):
        y = nn.Dense(3)(x) * self.mask
        return y + jax.random.normal(self.key, y.shape), None


class Stack(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        blocks = nn.scan(
            nn.remat(Block),
            variable_axes={"params": 0},
            split_rngs={"params": True},
            length=4,
        )(self.mask, jax.random.PRNGKey(1), name="blocks")
        x, _ = blocks(x, None)
        return x
""",
        """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        mask: jax.Array,
        key: jax.Array,
        *,
        rngs: nnx.Rngs,
    ):
        self.mask = nnx.data(mask)
        self.key = nnx.data(key)
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x, _):
        y = self.dense_0(x) * self.mask
        return y + jax.random.normal(self.key, y.shape), None


class Stack(nnx.Module):
    def __init__(self, in_features: int, mask: jax.Array, *, rngs: nnx.Rngs):
        @nnx.split_rngs(splits=4)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(in_features, mask, jax.random.PRNGKey(1), rngs=rngs)

        self.blocks = create(rngs)

    def __call__(self, x):
        @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
        @nnx.remat
        def scan(x, block):
            x, _ = block(x, None)
            return x

        x = scan(x, self.blocks)
        return x
""",
        (Call("Stack", (3,), {"mask": jnp.arange(3.0)}, (f32(4, 3),)),),
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


CALLED = """\
class L(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3)(x) * self.mask
        return x
"""


def _called(statements: str, extra: str = "") -> str:
    body = statements.replace("\n", "\n        ")
    return extra + CALLED.replace("        return x\n", f"        {body}\n        return x\n")


_ASKS = "def scaled(x, mask):\n    return x if mask[0] > 0 else -x\n\n\n"

REFUSED = (
    Refusal("asked-behind-the-loop", "MN105", _read("return x", "return x if left[0] > 0 else -x")),
    Refusal("asked-in-a-condition", "MN105", _called("if self.mask[0] > 0:\n    x = -x")),
    Refusal("asked-by-way-of-a-local", "MN105", _called("low = jnp.min(self.mask)\nassert low > 0")),
    Refusal("asked-in-a-comprehension", "MN105", _called("x = sum(x * m for m in self.mask if m)")),
    Refusal("asked-whether-it-is-true", "MN105", _called("on = not self.mask.any()\nx = x * on")),
    Refusal("one-of-two-questions", "MN105", _called("x = -x if x.sum() > 0 and self.mask[0] else x")),
    Refusal("as-an-index", "MN105", _called("x = x[:, self.mask]")),
    Refusal("as-a-size", "MN105", _called("x = jnp.broadcast_to(x, self.mask)")),
    Refusal("as-a-number", "MN105", _called("x = x * int(self.mask[0])")),
    Refusal("as-a-list", "MN105", _called("x = x * self.mask.tolist()[0]")),
    Refusal("where-it-is-not-zero", "MN105", _called("x = x.take(jnp.nonzero(self.mask)[0])")),
    Refusal("where-alone", "MN105", _called("x = x.take(jnp.where(self.mask)[0])")),
    Refusal("for-numpy", "MN105", "import numpy as np\n" + _called("x = x * np.asarray(self.mask)")),
    Refusal("for-a-function-that-asks", "MN105", _called("x = scaled(x, self.mask)", _ASKS)),
    Refusal(
        "for-a-function-inside-that-asks",
        "MN105",
        _called("def f(m):\n    return 1 if m[0] > 0 else 2\nx = x * f(self.mask)"),
    ),
    Refusal("for-something", "MN105", "import somewhere\n" + _called("x = x * somewhere.scale(self.mask)")),
    Refusal(
        "for-a-method",
        "MN105",
        _called("x = self.scaled(x, self.mask)")
        + """
    def scaled(self, x, mask):
        return x if mask[0] > 0 else -x
""",
    ),
    Refusal(
        "what-a-property-gives",
        "MN105",
        _called("x = x if self.low > 0 else -x")
        + "\n    @property\n    def low(self):\n        return self.mask.min()\n",
    ),
    Refusal(
        "what-a-method-gives",
        "MN105",
        _called("x = x if self.low() > 0 else -x") + "\n    def low(self):\n        return self.mask.min()\n",
    ),
    Refusal("of-numpy", "MN105", "import numpy as np\n" + CALLED.replace("jax.Array", "np.ndarray")),
    Refusal("or-a-number", "MN105", CALLED.replace("jax.Array", "jax.Array | float = 1.0")),
    Refusal(
        "under-vmap",
        "MN105",
        CALLED
        + """

class V(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        L3 = nn.vmap(L, variable_axes={"params": 0}, split_rngs={"params": True}, axis_size=3)
        return L3(self.mask, name="l")(x)
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


@pytest.mark.parametrize("case", TRANSFORMED + HELD, ids=name_of)
def test_transformed(case: Case) -> None:
    imports = IMPORTS.replace("from dataclasses import field\n", "") if "field(" in case.before else IMPORTS
    check_transformed(IMPORTS + HEADER + case.before, imports + NNX_HEADER + case.after)


@pytest.mark.parametrize("case", TRANSFORMED + HELD, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(IMPORTS + HEADER + case.before, *case.calls)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", HELD, ids=name_of)
def test_works_under_transforms(case: Case, graph: bool) -> None:
    """In both modes it is made, called and differentiated under jit, and its params are those of Linen."""
    before = IMPORTS + HEADER + case.before
    linen, twin = load(before), load(migrate(before)[0])
    for call in case.calls:
        x = jnp.ones(call.inputs[0].shape)
        shapes = jax.eval_shape(getattr(linen, call.name)(**call.arguments).init, _KEY, x)
        with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
            model = nnx.jit(lambda call=call: build(twin, call))()
            shown = model(x)
            assert jnp.allclose(nnx.jit(lambda model, x: model(x))(model, x), shown, rtol=1e-5)
            graphdef, params, rest = nnx.split(model, nnx.Param, ...)
            assert {v.shape for v in jax.tree.leaves(params)} == {v.shape for v in jax.tree.leaves(shapes)}
            grads = jax.grad(lambda p, g=graphdef, r=rest, x=x: nnx.merge(g, p, r)(x).sum())(params)
            assert len(jax.tree.leaves(grads)) == len(jax.tree.leaves(shapes))
            assert not left_over(model, shapes)


def left_over(model: nnx.Module, shapes: Any) -> set[str]:
    """What a Linen checkpoint would have to hold and does not."""
    return {t.leaf.collection for t in targets_of(model)} - set(shapes)


@pytest.mark.parametrize(
    "statements",
    [
        "x = x * jnp.where(self.mask > 0, self.mask, 1).T",
        "if x.sum() > self.mask[0]:\n    x = -x",
        "for m in self.mask:\n    x = x + m",
        "x = x.at[0].add(self.mask)",
        "x = jax.vmap(lambda row, m: row * m, in_axes=(0, None))(x, self.mask)",
        "x = x.reshape(-1, len(self.mask))",
        "x = x + self.mask.astype(x.dtype).reshape(1, 3)",
        "x = x + nn.relu(self.mask[None])",
    ],
)
def test_may_be_read(statements: str) -> None:
    text, file, _ = migrate(IMPORTS + HEADER + _called(statements))
    assert not refusals(file), listed(file)
    assert "self.mask = nnx.data(mask)" in text


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


class P(nn.Module):
    mask: jax.Array
    held: nn.Module

    @nn.compact
    def __call__(self, x):
        return H(self.mask)(x) + self.clone(held=None).name


class H(nn.Module):
    mask: jax.Array

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x) * self.mask
"""


def test_an_array_is_kept_neither_by_what_may_hold_another_thing_nor_through_a_bridge() -> None:
    text, file, _ = migrate(IMPORTS + HEADER + _FAMILY)
    assert {d.subject for d in refusals(file) if d.code == "MN105"} == {"L"}, listed(file)
    assert {d.subject for d in refusals(file) if d.code == "MN302"} == {"K", "H"}
    assert "return K(half)(x) * " in text
    assert "class H(nn.Module)" in text


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
    text, file, _ = migrate(HEADER + _POLICY + more)
    assert not [d for d in file.diagnostics if d.code == "MN105"], listed(file)
    assert "self.init_mean = init_mean" not in text
