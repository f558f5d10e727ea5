"""What a variable is called in Linen, and where it lives in NNX."""

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
        "loop-leak",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            v = self.param(f'v_{i}', nn.initializers.zeros, (6,))
            x = x * v
        return x + v
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.v = nnx.List()
        for i in range(2):
            self.v.append(nnx.Param(nnx.initializers.zeros(rngs.params(), (6,))))

    def __call__(self, x):
        for i in range(2):
            v = self.v[i][...]
            x = x * v
        return x + v
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "loop-start1",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(1, 3):
            v = self.param(f'v_{i}', nn.initializers.zeros, (6,))
            x = x * v
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for i in range(1, 3):
            setattr(
                self, f'v_{i}', nnx.Param(nnx.initializers.zeros(rngs.params(), (6,)))
            )

    def __call__(self, x):
        for i in range(1, 3):
            v = getattr(self, f'v_{i}')[...]
            x = x * v
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "loop-enumerate",
        """\
class L(nn.Module):
    dims: tuple = (1,2)

    @nn.compact
    def __call__(self, x):
        for i, d in enumerate(self.dims):
            v = self.param(f'v_{i}', nn.initializers.zeros, (d,))
            u = self.param(f'u{i}', nn.initializers.zeros, (6,))
            x = x * v.sum() + u
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, dims: tuple = (1,2), *, rngs: nnx.Rngs):
        self.dims = dims
        self.v = nnx.List()
        self.u = nnx.List()
        for i, d in enumerate(dims):
            self.v.append(nnx.Param(nnx.initializers.zeros(rngs.params(), (d,))))
            self.u.append(nnx.Param(nnx.initializers.zeros(rngs.params(), (6,))))

    def __call__(self, x):
        for i, d in enumerate(self.dims):
            v = self.v[i][...]
            u = self.u[i][...]
            x = x * v.sum() + u
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "loop-names",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for n in ('alpha', 'beta'):
            v = self.param(n, nn.initializers.zeros, (6,))
            x = x * v
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for n in ('alpha', 'beta'):
            setattr(self, n, nnx.Param(nnx.initializers.zeros(rngs.params(), (6,))))

    def __call__(self, x):
        for n in ('alpha', 'beta'):
            v = getattr(self, n)[...]
            x = x * v
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "loop-names-computed",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for n in ('alpha', 'beta'):
            v = self.param('w_' + n, nn.initializers.zeros, (6,))
            x = x * v
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for n in ('alpha', 'beta'):
            setattr(
                self, 'w_' + n, nnx.Param(nnx.initializers.zeros(rngs.params(), (6,)))
            )

    def __call__(self, x):
        for n in ('alpha', 'beta'):
            v = getattr(self, 'w_' + n)[...]
            x = x * v
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "loop-nested",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            for j in range(2):
                x = x * self.param(f'v_{i}_{j}', nn.initializers.zeros, (6,))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for i in range(2):
            for j in range(2):
                setattr(
                    self,
                    f'v_{i}_{j}',
                    nnx.Param(nnx.initializers.zeros(rngs.params(), (6,))),
                )

    def __call__(self, x):
        for i in range(2):
            for j in range(2):
                x = x * getattr(self, f'v_{i}_{j}')
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "kw-only-class",
        """\
class L(nn.Module, kw_only=True):
    n: int
    k: int = 3
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],)) * self.n * self.k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, n: int, k: int = 3, rngs: nnx.Rngs):
        self.n = n
        self.k = k
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x * self.w * self.n * self.k
""",
        (Call("L", sizes=(6,), arguments={"n": 2}, inputs=(f32(4, 6),)),),
    ),
    Case(
        "param-keyword",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a = self.param('lambda', nn.initializers.ones, (6,))
        b = self.param('a.b', nn.initializers.ones, (6,))
        c = self.param('0', nn.initializers.ones, (6,))
        d = self.param('__w', nn.initializers.ones, (6,))
        e = self.param('_f', nn.initializers.ones, (6,))
        return x * a + b + c + d + e
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.lambda_ = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
        setattr(self, 'a.b', nnx.Param(nnx.initializers.ones(rngs.params(), (6,))))
        setattr(self, '0', nnx.Param(nnx.initializers.ones(rngs.params(), (6,))))
        setattr(self, '__w', nnx.Param(nnx.initializers.ones(rngs.params(), (6,))))
        self._f = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.lambda_ + getattr(self, 'a.b') + getattr(self, '0') + getattr(self, '__w') + self._f
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "list-name-collides",
        """\
class L(nn.Module):
    w: float = 2.0
    @nn.compact
    def __call__(self, x):
        for i in range(2):
            x = x * self.param(f'w_{i}', nn.initializers.ones, (6,)) * self.w
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, w: float = 2.0, *, rngs: nnx.Rngs):
        self.w = w
        for i in range(2):
            setattr(
                self, f'w_{i}', nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
            )

    def __call__(self, x):
        for i in range(2):
            x = x * getattr(self, f'w_{i}') * self.w
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "kw",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('lambda', nn.initializers.ones, (6,))
        c = self.param('class', nn.initializers.ones, (6,))
        return x * a + c
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.lambda_ = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))
        self.class_ = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.lambda_ + self.class_
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

REFUSED = (
    Refusal(
        "loop-i-changed",
        "MN205",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            v = self.variable('stats', f'v_{i}', jnp.zeros, (6,))
            i = 0
            v.value = v.value + 1
            x = x * v.value
        return x + v.value
""",
    ),
    Refusal(
        "loop-conditional",
        "MN201",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(3):
            if i == 1:
                continue
            v = self.param(f'v_{i}', nn.initializers.zeros, (6,))
            x = x * v
        return x
""",
    ),
    Refusal(
        "param-train",
        "MN208",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param('train', nn.initializers.ones, (6,)) + self.param('sow', nn.initializers.ones, (6,))
""",
    ),
    Refusal(
        "param-eval2",
        "MN208",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a = self.param('train', nn.initializers.ones, (6,))
        b = self.param('rngs', nn.initializers.ones, (6,))
        c = self.param('name', nn.initializers.ones, (6,))
        return x * a + b + c
""",
    ),
    Refusal(
        "param-keyword-collide",
        "MN208",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a = self.param('lambda', nn.initializers.ones, (6,))
        b = self.param('lambda_', nn.initializers.ones, (6,))
        return x * a + b
""",
    ),
    Refusal(
        "param-stat-collide",
        "MN208",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a = self.param('w', nn.initializers.ones, (6,))
        b = self.variable('stats', 'w', jnp.ones, (6,))
        return x * a + b.value
""",
    ),
    Refusal(
        "list-name-collides-setup-attr",
        "MN208",
        """\
class L(nn.Module):
    def setup(self):
        self.w = 3
        self.ws = [self.param(f'w_{i}', nn.initializers.ones, (6,)) for i in range(2)]
    def __call__(self, x):
        for w in self.ws:
            x = x * w * self.w
        return x
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


_USES = """
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.variable("stats", "count", jnp.zeros, ()).value
"""


@pytest.mark.parametrize(
    "binds",
    [
        "class Stats:\n    pass\n",
        "Stats = 3\n",
        "from other import Stats\n",
        "import other as nnx\n",
        "nnx = None\n",
    ],
)
def test_a_name_of_ours_that_the_file_uses_already_is_refused(binds: str) -> None:
    check_refused(with_header(binds + _USES), "MN208")


def test_a_function_that_an_argument_would_hide_is_refused() -> None:
    before = """
def width(n):
    return 2 * n


class L(nn.Module):
    width: int = 1

    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (width(self.width),)).sum()
"""
    check_refused(with_header(before), "MN208")
