"""Variables that exist under a condition, and statements that stand in their way."""

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
        "locals-that-are-replaced",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        n = x.shape[-1]
        m = n * 2
        m += 1
        w = self.param('w', nn.initializers.normal(), (n, m))
        if self.use:
            b = jnp.ones(m)
        else:
            b = jnp.zeros(m)
        m = 4
        m += 1
        b = self.param('b', lambda _: b)
        n = 2
        for _ in range(2):
            x, n = x * n, 3
        if self.use:
            k = x.shape[0]
        n = n + (k if self.use else 0)
        return (x @ w + b) * n * m
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, use: bool = True, *, rngs: nnx.Rngs):
        self.use = use
        n = in_features
        m = n * 2
        m += 1
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (n, m)))
        if use:
            b = jnp.ones(m)
        else:
            b = jnp.zeros(m)
        self.b = nnx.Param(b)

    def __call__(self, x):
        m = 4
        m += 1
        b = self.b[...]
        n = 2
        for _ in range(2):
            x, n = x * n, 3
        if self.use:
            k = x.shape[0]
        n = n + (k if self.use else 0)
        return (x @ self.w + b) * n * m
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"use": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "conditional-in-both",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        if self.use:
            w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        else:
            w = self.param('w', nn.initializers.zeros, (2, x.shape[-1])).sum(0)
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, use: bool = True, *, rngs: nnx.Rngs):
        self.use = use
        if use:
            self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))
        else:
            self.w = nnx.Param(nnx.initializers.zeros(rngs.params(), (2, in_features)))

    def __call__(self, x):
        if self.use:
            w = self.w[...]
        else:
            w = self.w[...].sum(0)
        return x * w
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"use": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "param-named-as-field",
        """\
class L(nn.Module):
    bias: bool = True

    @nn.compact
    def __call__(self, x):
        if self.bias:
            b = self.param('bias', nn.initializers.zeros, (x.shape[-1],))
            x = x + b
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, bias: bool = True, *, rngs: nnx.Rngs):
        self.use_bias = bias
        if bias:
            self.bias = nnx.Param(nnx.initializers.zeros(rngs.params(), (in_features,)))

    def __call__(self, x):
        if self.use_bias:
            x = x + self.bias
        return x
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"bias": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "early-return",
        """\
class L(nn.Module):
    off: bool = False

    @nn.compact
    def __call__(self, x):
        if self.off:
            return x
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, off: bool = False, *, rngs: nnx.Rngs):
        self.off = off
        if off:
            return
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        if self.off:
            return x
        return x * self.w
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"off": True}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "early-return-shape",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        if x.ndim == 2:
            return x
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        if len(in_shape) == 2:
            return
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_shape[-1],)))

    def __call__(self, x):
        if x.ndim == 2:
            return x
        return x * self.w
""",
        (
            Call("L", sizes=((4, 6),), inputs=(f32(4, 6),)),
            Call("L", sizes=((2, 3, 6),), inputs=(f32(2, 3, 6),)),
        ),
    ),
    Case(
        "early-raise",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        if x.ndim != 2:
            raise ValueError('no')
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        if x.ndim != 2:
            raise ValueError('no')
        return x * self.w
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "conditional-read-outside",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        if self.use:
            w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        else:
            w = 1.0
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, use: bool = True, *, rngs: nnx.Rngs):
        self.use = use
        if use:
            self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        if self.use:
            w = self.w[...]
        else:
            w = 1.0
        return x * w
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"use": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "for-else",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            d = 6
        else:
            d = 1
        w = self.param('a', nn.initializers.ones, (d,))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        for i in range(2):
            d = 6
        else:
            d = 1
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

REFUSED = (
    Refusal(
        "one-variable-in-both-halves-of-an-expression",
        "MN208",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        return x @ (
            self.param('w', nn.initializers.ones, (6, 2))
            if self.use
            else self.param('w', nn.initializers.ones, (6, 3))
        )
""",
    ),
    Refusal(
        "one-submodule-in-both-halves-of-an-expression",
        "MN208",
        """\
class L(nn.Module):
    use: bool = True

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2, name='a')(x) if self.use else nn.Dense(3, name='a')(x)
""",
    ),
    Refusal(
        "return-early-mid",
        "MN203",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, train=True):
        a = self.param('a', nn.initializers.ones, (6,))
        if train:
            return x * a
        return x * self.param('b', nn.initializers.ones, (6,))
""",
    ),
    Refusal(
        "global-loop",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, n=2):
        for i in range(n):
            x = x * self.param(f'w_{i}', nn.initializers.ones, (6,))
        return x
""",
    ),
    Refusal(
        "try",
        "MN201",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        try:
            a = self.param('a', nn.initializers.ones, (6,))
        except Exception:
            a = 1
        return x * a
""",
    ),
    Refusal(
        "with",
        "MN201",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        with jax.disable_jit():
            a = self.param('a', nn.initializers.ones, (6,))
            return x * a
""",
    ),
    Refusal(
        "match",
        "MN201",
        """\
class L(nn.Module):
    kind: str = 'a'

    @nn.compact
    def __call__(self, x):
        match self.kind:
            case 'a':
                w = self.param('a', nn.initializers.ones, (6,))
            case _:
                w = 1.0
        return x * w
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
