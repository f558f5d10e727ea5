"""`self.variable` of every collection: reads, writes, guards, and what only Linen's apply knows."""

import jax.numpy as jnp
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
    migrate,
    name_of,
    refusals,
    with_header,
)

TRANSFORMED = (
    Case(
        "snapshot-batch-stat",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        m = self.variable('batch_stats', 'm', jnp.zeros, (x.shape[-1],))
        old = m.value
        m.value = 0.9 * m.value + 0.1 * x.mean(0)
        return x - old + m.value
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.m = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x):
        old = self.m[...]
        self.m[...] = 0.9 * self.m[...] + 0.1 * x.mean(0)
        return x - old + self.m[...]
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "value-snapshot",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        m = self.variable('batch_stats', 'm', jnp.zeros, (d,)).value
        self.put_variable('batch_stats', 'm', m * 0.9 + x.mean(0))
        return x - m
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, *, rngs: nnx.Rngs):
        self.m = nnx.BatchStat(jnp.zeros((d,)))

    def __call__(self, x):
        m = self.m[...]
        self.m[...] = m * 0.9 + x.mean(0)
        return x - m
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "variable-tuple",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.variable('s', 'a', jnp.zeros, (x.shape[-1],))
        c = self.variable('s', 'c', lambda: jnp.zeros((), jnp.int32))
        a.value, c.value = a.value + x.sum(0), c.value + 1
        return x + a.value * c.value
""",
        '''\
@nnx.register_variable_name("s")
class S(nnx.Variable):
    """Linen's collection `s`."""


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = S(jnp.zeros((in_features,)))
        self.c = S(jnp.zeros((), jnp.int32))

    def __call__(self, x):
        self.a[...], self.c[...] = self.a[...] + x.sum(0), self.c[...] + 1
        return x + self.a[...] * self.c[...]
''',
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "variable-aug",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.variable('s', 'a', jnp.zeros, (x.shape[-1],))
        a.value += x.mean(0)
        a.value = a.value if x.ndim == 2 else a.value * 2
        return x + a.value
""",
        '''\
@nnx.register_variable_name("s")
class S(nnx.Variable):
    """Linen's collection `s`."""


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = S(jnp.zeros((in_features,)))

    def __call__(self, x):
        self.a[...] += x.mean(0)
        self.a[...] = self.a[...] if x.ndim == 2 else self.a[...] * 2
        return x + self.a[...]
''',
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "two-inline-params",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        return x * self.param('a', nn.initializers.ones, (6,)) + self.param('b', nn.initializers.zeros, (6,))
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
        self.b = nnx.Param(nnx.initializers.zeros(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.a + self.b
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "guards",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        initializing = not self.has_variable('batch_stats', 'mean')
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if initializing:
            return x
        m.value = m.value + x.mean(0)
        return x - m.value
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.mean = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x):
        self.mean[...] = self.mean[...] + x.mean(0)
        return x - self.mean[...]
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "guards2",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, train=True):
        is_initialized = self.has_variable('batch_stats', 'mean')
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if train and is_initialized and not self.is_initializing():
            m.value = m.value + x.mean(0)
        return x - m.value if not train or self.is_initializing() else x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.mean = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x, train=True):
        if train:
            self.mean[...] = self.mean[...] + x.mean(0)
        return x - self.mean[...] if not train else x
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), inputs=(f32(4, 6),), kwargs={"train": False}),
        ),
    ),
    Case(
        "guard-else",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, train=True):
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if self.is_initializing():
            y = x
        elif train:
            m.value = m.value + x.mean(0)
            y = x - m.value
        else:
            y = x * 3
        return y
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.mean = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x, train=True):
        if train:
            self.mean[...] = self.mean[...] + x.mean(0)
            y = x - self.mean[...]
        else:
            y = x * 3
        return y
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), inputs=(f32(4, 6),), kwargs={"train": False}),
        ),
    ),
    Case(
        "no-guard-train",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        m.value = m.value * .9 + x.mean(0)
        return x - m.value
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.mean = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x):
        self.mean[...] = self.mean[...] * .9 + x.mean(0)
        return x - self.mean[...]
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "mutable-collection-params",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        if not self.is_mutable_collection('params'):
            x = x * 2
        return x - w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        x = x * 2
        return x - self.w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "has-variable-params",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        had = self.has_variable('params', 'w')
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x - w if had else x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x - self.w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "cache-has-variable",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        ready = self.has_variable('cache', 'i')
        i = self.variable('cache', 'i', lambda: jnp.array(0, dtype=jnp.int32))
        if ready:
            x = x + i.value
            i.value = i.value + 1
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.i = nnx.Cache(jnp.array(0, dtype=jnp.int32))

    def __call__(self, x):
        x = x + self.i[...]
        self.i[...] = self.i[...] + 1
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "cache-zeros-x",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        ready = self.has_variable('cache', 'k')
        k = self.variable('cache', 'k', jnp.zeros, x.shape, x.dtype)
        if ready:
            k.value = k.value + x
        return x + k.value
""",
        """\
class L(nnx.Module):
    def __init__(self, in_dtype, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.k = nnx.Cache(jnp.zeros(in_shape, in_dtype))

    def __call__(self, x):
        self.k[...] = self.k[...] + x
        return x + self.k[...]
""",
        (Call("L", sizes=(jnp.float32, (4, 6)), inputs=(f32(4, 6),)),),
    ),
    Case(
        "cache-lambda-shape",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        k = self.variable('cache', 'k', lambda s: jnp.zeros(s, x.dtype), x.shape)
        return x + k.value
""",
        """\
class L(nnx.Module):
    def __init__(self, in_dtype, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.k = nnx.Cache(jnp.zeros(in_shape, in_dtype))

    def __call__(self, x):
        return x + self.k[...]
""",
        (Call("L", sizes=(jnp.float32, (4, 6)), inputs=(f32(4, 6),)),),
    ),
    Case(
        "get-variable",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * self.get_variable('params', 'w')
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x * self.w[...]
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "put-before-snapshot",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        v = self.variable('s', 'v', jnp.zeros, (x.shape[-1],))
        old = self.get_variable('s', 'v')
        self.put_variable('s', 'v', old + 1)
        return x * old + v.value
""",
        '''\
@nnx.register_variable_name("s")
class S(nnx.Variable):
    """Linen's collection `s`."""


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.v = S(jnp.zeros((in_features,)))

    def __call__(self, x):
        old = self.v[...]
        self.v[...] = old + 1
        return x * old + self.v[...]
''',
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "merge-param",
        """\
class L(nn.Module):
    train: bool | None = None

    @nn.compact
    def __call__(self, x, train=None):
        train = nn.merge_param('train', self.train, train)
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w if train else x
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx
from flax.nnx.module import first_from


class L(nnx.Module):
    def __init__(self, in_features: int, train: bool | None = None, *, rngs: nnx.Rngs):
        self.train_mode = train
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x, train=None):
        train = first_from(
            train,
            self.train_mode,
            error_msg="train is given neither to the constructor nor to the call",
        )
        return x * self.w if train else x
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),), kwargs={"train": True}),
            Call("L", sizes=(6,), arguments={"train": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "make-rng",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, noise=False):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        if noise:
            x = x + jax.random.normal(self.make_rng('noise'), x.shape)
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.rngs = rngs.fork()
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x, noise=False):
        if noise:
            x = x + jax.random.normal(self.rngs.noise(), x.shape)
        return x * self.w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "make-rng-of-a-stream-called-like-a-method-of-rngs",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, noise=False):
        w = self.param('w', lambda _: jax.random.normal(self.make_rng('normal'), (6,)))
        return x * w + jax.random.gumbel(self.make_rng('gumbel'), x.shape) if noise else x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.rngs = rngs.fork()
        self.w = nnx.Param(jax.random.normal(rngs["normal"](), (6,)))

    def __call__(self, x, noise=False):
        return x * self.w + jax.random.gumbel(self.rngs["gumbel"](), x.shape) if noise else x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)), Call("L", inputs=(f32(4, 6),), kwargs={"noise": True})),
    ),
    Case(
        "variable-init-key-none",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        v = self.variable('consts', 'v', lambda s: jax.random.normal(self.make_rng('params'), s), (6,))
        return x * v.value
""",
        '''\
@nnx.register_variable_name("consts")
class Consts(nnx.Variable):
    """Linen's collection `consts`."""


class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.v = Consts(jax.random.normal(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.v[...]
''',
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "variable-computed-from-param",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.normal(), (6,))
        v = self.variable('consts', 'v', lambda: w * 2)
        return x * v.value
""",
        '''\
@nnx.register_variable_name("consts")
class Consts(nnx.Variable):
    """Linen's collection `consts`."""


class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        self.v = Consts(self.w[...] * 2)

    def __call__(self, x):
        return x * self.v[...]
''',
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "variable-in-loop",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            v = self.variable('stats', f'v_{i}', jnp.zeros, (6,))
            v.value = v.value + x.mean(0)
            x = x * v.value
        return x
""",
        '''\
@nnx.register_variable_name("stats")
class Stats(nnx.Variable):
    """Linen's collection `stats`."""


class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.v = nnx.List()
        for i in range(2):
            self.v.append(Stats(jnp.zeros((6,))))

    def __call__(self, x):
        for i in range(2):
            self.v[i][...] = self.v[i][...] + x.mean(0)
            x = x * self.v[i][...]
        return x
''',
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

REFUSED = (
    Refusal(
        "guard-init-mutates",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if self.is_initializing():
            m.value = jnp.ones_like(m.value)
        return x - m.value
""",
    ),
    Refusal(
        "guard-init-data",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if self.is_initializing():
            m.value = x.mean(0)
        return x - m.value
""",
    ),
    Refusal(
        "mutable-collection",
        "MN206",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        m = self.variable('batch_stats', 'mean', jnp.zeros, (x.shape[-1],))
        if self.is_mutable_collection('batch_stats'):
            m.value = m.value * .9 + x.mean(0)
        return x - m.value
""",
    ),
    Refusal(
        "has-variable-cond",
        "MN206",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        if self.use:
            w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        if self.has_variable('params', 'w'):
            x = x * w
        return x
""",
    ),
    Refusal(
        "cache-zeros-like",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        k = self.variable('cache', 'k', jnp.zeros_like, x)
        return x + k.value
""",
    ),
    Refusal(
        "get-variable-default",
        "MN204",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * self.get_variable('params', 'w', 3) * self.get_variable('params', 'nope', 3)
""",
    ),
    Refusal(
        "merge-param-kw",
        "MN102",
        """\
class L(nn.Module):
    train: bool | None = None

    @nn.compact
    def __call__(self, x, train=None):
        train = nn.merge_param(name='train', a=self.train, b=train)
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w if train else x
""",
    ),
    Refusal(
        "variable-passed",
        "MN205",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        v = self.variable('stats', 'v', jnp.zeros, (6,))
        self.up(v, x)
        return x * v.value
    def up(self, v, x):
        v.value = x.mean(0)
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


_MASK = """\
def table(n):
    if n > 1:
        return jnp.ones((n,))
    return None


class L(nn.Module):
    n: int = 1

    def mask(self, n):
        mask = None
        if n > 1:
            mask = jnp.ones((n,))
        return mask

    def ones(self, n):
        def inner():
            return None

        return jnp.ones((n,))

    @nn.compact
    def __call__(self, x):
        mask = self.variable("masks", "kept", {init}, self.n)
        return x if self.n == 1 else x * mask.value
"""


@pytest.mark.parametrize("init", ["self.mask", "table"])
def test_a_variable_that_may_be_none_is_read_as_a_whole(init: str) -> None:
    before = with_header(_MASK.replace("{init}", init))
    assert "return x if self.n == 1 else x * self.kept.get_value()" in migrate(before)[0]
    check_equivalent(before, *(Call("L", (), {"n": n}, (f32(2, 3),)) for n in (1, 3)))


def test_a_function_inside_says_nothing_of_what_a_variable_is() -> None:
    text, file, _ = migrate(with_header(_MASK.replace("{init}", "self.ones")))
    assert not refusals(file)
    assert "x * self.kept[...]" in text
