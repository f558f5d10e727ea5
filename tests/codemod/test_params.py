"""`self.param` in compact methods: bound to a name, used inline, rebound, closed over."""

import jax.numpy as jnp
import pytest

from .check import (
    NNX_HEADER,
    Call,
    Case,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

TRANSFORMED = (
    Case(
        "dtypes-promoted",
        """\
class L(nn.Module):
    dtype: any = None

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.normal(), (x.shape[-1],))
        x, w = nn.dtypes.promote_dtype(
            x,
            w,
            dtype=self.dtype,
        )
        pair = (x, None)
        x, _ = nn.dtypes.promote_dtype(*pair, dtype=nn.dtypes.canonicalize_dtype(x, w))
        [x] = nn.dtypes.promote_dtype(x)
        x = nn.dtypes.promote_dtype(x, dtype=self.dtype)[0]
        w = nn.dtypes.promote_dtype(x, w)[-1]
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, dtype: any = None, *, rngs: nnx.Rngs):
        self.dtype = dtype
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (in_features,)))

    def __call__(self, x):
        w = self.w[...]
        x, w = nnx.nn.dtypes.promote_dtype(
            (x, w),
            dtype=self.dtype,
        )
        pair = (x, None)
        x, _ = nnx.nn.dtypes.promote_dtype((*pair,), dtype=nnx.nn.dtypes.canonicalize_dtype(x, w))
        [x] = nnx.nn.dtypes.promote_dtype((x,))
        x = nnx.nn.dtypes.promote_dtype((x,), dtype=self.dtype)[0]
        w = nnx.nn.dtypes.promote_dtype((x, w))[-1]
        return x * w
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"dtype": jnp.bfloat16}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "names-of-submodules",
        """\
import jax.numpy as jnp
from flax import linen as nn
from flax.linen.linear import PrecisionLike, _canonicalize_tuple, default_kernel_init


class L(nn.Module):
    features: int | tuple[int, ...]
    kernel_init: nn.initializers.Initializer = default_kernel_init
    bias_init: nn.initializers.Initializer = nn.attention.default_kernel_init
    precision: PrecisionLike = None

    @nn.compact
    def __call__(self, x):
        shape = (x.shape[-1], *_canonicalize_tuple(self.features))
        w = self.param('w', self.kernel_init, shape)
        b = self.param('b', self.bias_init, shape)
        return jnp.dot(x, w + b, precision=self.precision)
""",
        """\
import jax.numpy as jnp
from flax import nnx


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int | tuple[int, ...],
        kernel_init: nnx.initializers.Initializer = nnx.nn.linear.default_kernel_init,
        bias_init: nnx.initializers.Initializer = nnx.nn.linear.default_kernel_init,
        precision: nnx.nn.linear.PrecisionLike = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.precision = precision
        shape = (in_features, *nnx.nn.linear._canonicalize_tuple(features))
        self.w = nnx.Param(kernel_init(rngs.params(), shape))
        self.b = nnx.Param(bias_init(rngs.params(), shape))

    def __call__(self, x):
        return jnp.dot(x, self.w + self.b, precision=self.precision)
""",
        (Call("L", sizes=(6,), arguments={"features": 5}, inputs=(f32(4, 6),)),),
    ),
    Case(
        "constraint-of-logical-axes",
        """\
import flax.linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.with_logical_constraint(x, ("batch", "embed"))
        return nn.Dense(x.shape[-1] + 1)(x)
""",
        """\
import flax.linen as nn
from flax import nnx


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, in_features + 1, rngs=rngs)

    def __call__(self, x):
        x = nn.with_logical_constraint(x, ("batch", "embed"))
        return self.dense_0(x)
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-rebound",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        w = w * 2
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        w = self.w[...]
        w = w * 2
        return x * w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-augmented",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        w += 1
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        w = self.w[...]
        w += 1
        return x * w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-in-comparison",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.normal(), (x.shape[-1],))
        return jnp.where(w > 0, x, -x) + (w == w)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (in_features,)))

    def __call__(self, x):
        return jnp.where(self.w[...] > 0, x, -x) + (self.w[...] == self.w[...])
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-closure",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        f = lambda z: z * w
        def g(w):
            return w + 1
        return f(x) + g(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        f = lambda z: z * self.w
        def g(w):
            return w + 1
        return f(x) + g(x)
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-closure-shadow",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return sum(w for w in [x, x]) + w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        w = self.w[...]
        return sum(w for w in [x, x]) + w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-shared-twice",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        u = self.param('u', lambda key, s: jnp.ones(s), (x.shape[-1],))
        return jnp.stack([x * w, x * u])[0] + w.astype(jnp.float32) + jnp.sum(w)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))
        self.u = nnx.Param(jnp.ones((in_features,)))

    def __call__(self, x):
        return jnp.stack([x * self.w, x * self.u])[0] + self.w[...].astype(jnp.float32) + jnp.sum(self.w[...])
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-dict",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', lambda key: {'p': jnp.zeros(3), 'q': jnp.ones(3)})
        return x + a['p'].sum() + a['q'].sum()
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param({'p': jnp.zeros(3), 'q': jnp.ones(3)})

    def __call__(self, x):
        return x + self.a['p'].sum() + self.a['q'].sum()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-iter",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a, c = self.param('a', nn.initializers.ones, (2, x.shape[-1]))
        return x * a + c
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (2, in_features)))

    def __call__(self, x):
        a, c = self.a[...]
        return x * a + c
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-iter2",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('a', nn.initializers.ones, (2, x.shape[-1]))
        for v in w:
            x = x * v
        return x * len(w)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (2, in_features)))

    def __call__(self, x):
        for v in self.a[...]:
            x = x * v
        return x * len(self.a[...])
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "tuple-unpack-param",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a, c = self.param('a', nn.initializers.ones, (6,)), self.param('c', nn.initializers.zeros, (6,))
        return x * a + c
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
        self.c = nnx.Param(nnx.initializers.zeros(rngs.params(), (6,)))

    def __call__(self, x):
        a, c = self.a[...], self.c[...]
        return x * a + c
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "del-local",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('a', nn.initializers.ones, (6,))
        y = x * w
        del w
        return y
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    def __call__(self, x):
        w = self.a[...]
        y = x * w
        del w
        return y
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "star-import-names",
        """\
from flax.linen import Module, compact, initializers as I
import flax
import jax.numpy as jnp
class L(Module):

    @compact
    def __call__(self, x):
        w = self.param('a', I.ones, (6,))
        v = self.param('v', flax.linen.initializers.ones, (6,))
        return flax.linen.relu(x * w + v)
""",
        """\
from flax import nnx
import jax.numpy as jnp
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
        self.v = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    def __call__(self, x):
        return nnx.relu(x * self.a + self.v)
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-name-is-a-local-of-its-initializer",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        def init(key, shape):
            w = nn.initializers.normal()(key, (shape[0], 1))
            return w.reshape(shape)
        w = self.param('w', init, (x.shape[-1],))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        def init(key, shape):
            w = nnx.initializers.normal()(key, (shape[0], 1))
            return w.reshape(shape)
        self.w = nnx.Param(init(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-name-is-taken-before",
        """\
class L(nn.Module):
    twice: bool = False

    @nn.compact
    def __call__(self, x):
        if self.twice:
            w = jnp.full((6,), 2.0)
        else:
            w = jnp.ones((6,))
        w = self.param('w', lambda *_: w)
        b = self.param('b', lambda key: jnp.zeros(w.shape))
        return x * w + b
""",
        """\
class L(nnx.Module):
    def __init__(self, twice: bool = False, *, rngs: nnx.Rngs):
        if twice:
            w = jnp.full((6,), 2.0)
        else:
            w = jnp.ones((6,))
        self.w = nnx.Param((lambda *_: w)(rngs.params()))
        self.b = nnx.Param(jnp.zeros(self.w[...].shape))

    def __call__(self, x):
        w = self.w[...]
        return x * w + self.b
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"twice": True}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "param-rebound-before-another-is-made-from-it",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        n = self.param('n', nn.initializers.ones, (3,))
        n = 6
        return x * self.param('w', nn.initializers.ones, (n,))
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.n = nnx.Param(nnx.initializers.ones(rngs.params(), (3,)))
        n = 6
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (n,)))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

_BOUND_TWICE = {
    "on-a-condition": (
        "        w = jnp.zeros((3,))\n        if self.flag:\n"
        "            w = self.param('w', nn.initializers.ones, (3,))\n"
        "        b = self.param('b', lambda key: w + 1)\n        return x * b\n"
    ),
    "in-a-loop": (
        "        w = jnp.zeros((3,))\n        for i in range(2):\n"
        "            w = self.param(f'w_{i}', lambda key: w + 1)\n        return x * w\n"
    ),
    "read-later": (
        "        w = jnp.zeros((3,))\n        later = lambda key: w + 1\n"
        "        w = self.param('w', nn.initializers.ones, (3,))\n"
        "        return x * w * self.param('b', later)\n"
    ),
}


@pytest.mark.parametrize("body", _BOUND_TWICE.values(), ids=_BOUND_TWICE)
def test_a_read_that_may_mean_either_binding_is_refused(body: str) -> None:
    head = "class L(nn.Module):\n    flag: bool = True\n\n    @nn.compact\n    def __call__(self, x):\n"
    check_refused(with_header(head + body), "MN201")


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)
