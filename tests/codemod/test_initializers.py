"""Initial values: functions of every kind, and partitioned parameters."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

TRANSFORMED = (
    Case(
        "inits2",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        def mine(key, shape, dtype=jnp.float32):
            return jax.random.normal(key, shape, dtype) * d
        def other(key):
            k1, k2 = jax.random.split(key)
            return mine(k1, (d,)) + mine(k2, (d,))
        a = self.param('a', mine, (d,))
        c = self.param('c', other)
        k = self.param('k', init_fn=mine, shape=(d,), dtype=jnp.float32)
        return x * a + c + k + mine(jax.random.key(0), (d,))
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, *, rngs: nnx.Rngs):
        def mine(key, shape, dtype=jnp.float32):
            return jax.random.normal(key, shape, dtype) * d
        def other(key):
            k1, k2 = jax.random.split(key)
            return mine(k1, (d,)) + mine(k2, (d,))
        self.a = nnx.Param(mine(rngs.params(), (d,)))
        self.c = nnx.Param(other(rngs.params()))
        self.k = nnx.Param(mine(rngs.params(), shape=(d,), dtype=jnp.float32))

    def __call__(self, x):
        d = x.shape[-1]
        def mine(key, shape, dtype=jnp.float32):
            return jax.random.normal(key, shape, dtype) * d
        return x * self.a + self.c + self.k + mine(jax.random.key(0), (d,))
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-in-local-functions",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, y):
        def low(key, shape):
            bound = x.shape[-1] ** -0.5
            return jax.random.uniform(key, shape, minval=-bound)
        def wide(key):
            d = y.shape[-1]
            return low(key, (d,)) * d
        a = self.param('a', low, (6,))
        b = self.param('b', wide)
        return x * a + (y * b).sum(-1, keepdims=True)
""",
        """\
class L(nnx.Module):
    def __init__(self, x_features: int, y_features: int, *, rngs: nnx.Rngs):
        def low(key, shape):
            bound = x_features ** -0.5
            return jax.random.uniform(key, shape, minval=-bound)
        def wide(key):
            d = y_features
            return low(key, (d,)) * d
        self.a = nnx.Param(low(rngs.params(), (6,)))
        self.b = nnx.Param(wide(rngs.params()))

    def __call__(self, x, y):
        return x * self.a + (y * self.b).sum(-1, keepdims=True)
""",
        (Call("L", sizes=(6, 3), inputs=(f32(4, 6), f32(4, 3))),),
    ),
    Case(
        "partition",
        """\
class L(nn.Module):
    i: any = nn.initializers.ones

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        a = self.param('a', nn.with_partitioning(nn.initializers.ones, ('m',)), (d,))
        c = self.param('c', nn.with_logical_partitioning(nn.initializers.normal(), ('e',)), (d,), unbox=True)
        e = self.param('e', nn.with_partitioning(self.i, (None,)), (d,))
        return x * a + c + e
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, i: any = nnx.initializers.ones, *, rngs: nnx.Rngs):
        self.a = nnx.Param(
            nnx.initializers.ones(rngs.params(), (d,)),
            out_sharding=('m',),
            eager_sharding=False,
        )
        self.c = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (d,)),
            out_sharding=('e',),
            eager_sharding=False,
        )
        self.e = nnx.Param(
            i(rngs.params(), (d,)), out_sharding=(None,), eager_sharding=False
        )

    def __call__(self, x):
        return x * self.a + self.c + self.e
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "partition-of-layers",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.f, kernel_init=nn.with_partitioning(nn.initializers.ones, ('a', None)))(x)
        for k in range(2):
            x = nn.Dense(self.f, bias_init=nn.with_logical_partitioning(nn.initializers.ones, ('b',)), name=f'd_{k}')(x)
        return nn.LayerNorm(scale_init=nn.with_partitioning(nn.initializers.ones, ('a',)))(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(
            in_features,
            f,
            kernel_init=nnx.with_partitioning(
                nnx.initializers.ones, ('a', None), eager_sharding=False
            ),
            rngs=rngs,
        )
        self.d = nnx.List(
            nnx.Linear(
                f,
                f,
                bias_init=nnx.with_partitioning(
                    nnx.initializers.ones, ('b',), eager_sharding=False
                ),
                rngs=rngs,
            )
            for _ in range(2)
        )
        self.layer_norm_0 = nnx.LayerNorm(
            f,
            scale_init=nnx.with_partitioning(
                nnx.initializers.ones, ('a',), eager_sharding=False
            ),
            rngs=rngs,
        )

    def __call__(self, x):
        x = self.dense_0(x)
        for d in self.d:
            x = d(x)
        return self.layer_norm_0(x)
""",
        (Call("L", sizes=(5,), inputs=(f32(2, 5),)),),
    ),
    Case(
        "starred",
        """\
class L(nn.Module):
    args: tuple = ((6,),)

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.initializers.ones, *self.args)
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, args: tuple = ((6,),), *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), *args))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

REFUSED = (
    Refusal(
        "sizes-in-a-local-function-of-what-is-assigned-again",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        def low(key, shape):
            return jax.random.normal(key, shape) * x.shape[-1] ** -0.5
        x = jnp.concatenate([x, x], -1)
        return x * self.param('a', low, (12,))
""",
    ),
    Refusal(
        "partition-field",
        "MN210",
        """\
class L(nn.Module):
    i: any = nn.with_partitioning(nn.initializers.ones, ('m',))

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        a = self.param('a', self.i, (d,))
        return x * a
""",
    ),
    Refusal(
        "partition-with-a-mesh",
        "MN210",
        """\
class L(nn.Module):
    i: any = None

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, kernel_init=nn.with_partitioning(nn.initializers.ones, ('m', None), self.i))(x)
""",
    ),
    Refusal(
        "partition-of-a-local",
        "MN210",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        i = nn.with_partitioning(nn.initializers.ones, ('m', None))
        return nn.Dense(3, kernel_init=i)(x)
""",
    ),
    Refusal(
        "partition-below-a-vmap",
        "MN210",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        i = nn.initializers.ones
        d = nn.vmap(nn.Dense, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=3)
        return d(3, kernel_init=nn.with_partitioning(i, ('m', None)))(x)
""",
    ),
    Refusal(
        "partition-unbox",
        "MN210",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.with_partitioning(nn.initializers.ones, ('m',)), (6,), unbox=False)
        return x * a.unbox()
""",
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
