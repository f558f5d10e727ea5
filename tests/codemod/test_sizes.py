"""Sizes that Linen takes from the input become constructor arguments, in front of the fields."""

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
    name_of,
    with_header,
)

TRANSFORMED = (
    Case(
        "size-shadow",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        x = x.reshape(-1, 2)
        d = x.shape[-1]
        w = self.param('w', nn.initializers.ones, (d,))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        d = in_features
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        d = x.shape[-1]
        x = x.reshape(-1, 2)
        return x * self.w
""",
        (Call("L", sizes=(2,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "x-reassigned",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x = jnp.concatenate([x, x], -1)
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        x = jnp.concatenate([x, x], -1)
        return x * self.w
""",
        (Call("L", sizes=(12,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "x-transposed-asarray",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x = jnp.asarray(x).T
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        x = jnp.asarray(x).T
        return x * self.w
""",
        (Call("L", sizes=(4,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "x-tuple-reassign",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x, y = x.T, x
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        x, y = x.T, x
        return x * self.w
""",
        (Call("L", sizes=(4,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "x-swap-in-if",
        """\
class L(nn.Module):
    flip: bool = True

    @nn.compact
    def __call__(self, x):
        if self.flip:
            x = x.T
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, flip: bool = True, *, rngs: nnx.Rngs):
        self.flip = flip
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        if self.flip:
            x = x.T
        return x * self.w
""",
        (Call("L", sizes=(4,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "aug-x",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x += jnp.ones((3, 4, 6))
        w = self.param('w', nn.initializers.ones, x.shape)
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), in_shape))

    def __call__(self, x):
        x += jnp.ones((3, 4, 6))
        return x * self.w
""",
        (Call("L", sizes=((3, 4, 6),), inputs=(f32(4, 6),)),),
    ),
    Case(
        "array-np-2",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x = jnp.array(x, ndmin=3)
        w = self.param('w', nn.initializers.ones, (x.ndim,))
        return x * w.sum()
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (len(in_shape),)))

    def __call__(self, x):
        x = jnp.array(x, ndmin=3)
        return x * self.w[...].sum()
""",
        (Call("L", sizes=((1, 4, 6),), inputs=(f32(4, 6),)),),
    ),
    Case(
        "astype-dtype",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        x = x.astype(jnp.float16)
        w = self.param('w', nn.initializers.ones, (x.shape[-1],), x.dtype)
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(self, x_features: int, x_dtype, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (x_features,), x_dtype))

    def __call__(self, x):
        x = x.astype(jnp.float16)
        return x * self.w
""",
        (Call("L", sizes=(6, jnp.float16), inputs=(f32(4, 6),)),),
    ),
    Case(
        "field-shadow",
        """\
class L(nn.Module):
    dtype: any = None

    @nn.compact
    def __call__(self, x):
        dtype = self.dtype or x.dtype
        w = self.param('w', nn.initializers.ones, (x.shape[-1],), dtype)
        return x * w
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_dtype,
        in_features: int,
        dtype: any = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.dtype = dtype
        dtype = self.dtype or in_dtype
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,), dtype))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", sizes=(jnp.float32, 6), inputs=(f32(4, 6),)),),
    ),
    Case(
        "field-named-d",
        """\
class L(nn.Module):
    d: int = 3

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        w = self.param('w', nn.initializers.ones, (d,))
        return x * w + self.d
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, d: int = 3, *, rngs: nnx.Rngs):
        self.d = d
        d = in_features
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        return x * self.w + self.d
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "field-named-in_features",
        """\
class L(nn.Module):
    in_features: int = 3

    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (x.shape[-1],))
        return x * w + self.in_features
""",
        """\
class L(nnx.Module):
    def __init__(self, input_features: int, in_features: int = 3, *, rngs: nnx.Rngs):
        self.in_features = in_features
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (input_features,)))

    def __call__(self, x):
        return x * self.w + self.in_features
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-tuple",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        n, h, w, c = x.shape
        k = self.param('k', nn.initializers.ones, (h, w, 1))
        return x * k + n + c
""",
        """\
class L(nnx.Module):
    def __init__(self, h: int, w: int, *, rngs: nnx.Rngs):
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), (h, w, 1)))

    def __call__(self, x):
        n, h, w, c = x.shape
        return x * self.k + n + c
""",
        (Call("L", sizes=(3, 2), inputs=(f32(2, 3, 2, 6),)),),
    ),
    Case(
        "sizes-star",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        n, *hw, c = x.shape
        k = self.param('k', nn.initializers.ones, (*hw, c))
        return x * k
""",
        """\
class L(nnx.Module):
    def __init__(self, hw: list[int], c: int, *, rngs: nnx.Rngs):
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), (*hw, c)))

    def __call__(self, x):
        return x * self.k
""",
        (Call("L", sizes=((3, 2), 6), inputs=(f32(2, 3, 2, 6),)),),
    ),
    Case(
        "sizes-axes",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        axes = (1, 2)
        shape = [x.shape[a] for a in axes]
        k = self.param('k', nn.initializers.ones, shape)
        return x * k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        axes = (1, 2)
        shape = [in_shape[a] for a in axes]
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), shape))

    def __call__(self, x):
        return x * self.k
""",
        (Call("L", sizes=((2, 3, 6),), inputs=(f32(2, 3, 6),)),),
    ),
    Case(
        "sizes-list",
        """\
class L(nn.Module):
    axis: int = 1

    @nn.compact
    def __call__(self, x):
        shape = [1] * x.ndim
        shape[self.axis] = x.shape[self.axis]
        k = self.param('k', nn.initializers.ones, tuple(shape))
        return x * k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], axis: int = 1, *, rngs: nnx.Rngs):
        shape = [1] * len(in_shape)
        shape[axis] = in_shape[axis]
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(shape)))

    def __call__(self, x):
        return x * self.k
""",
        (Call("L", sizes=((2, 3, 6),), inputs=(f32(2, 3, 6),)),),
    ),
    Case(
        "sizes-neg2",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        k = self.param('k', nn.initializers.ones, (x.shape[-2], x.shape[-1]))
        return x * k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], *, rngs: nnx.Rngs):
        self.k = nnx.Param(
            nnx.initializers.ones(rngs.params(), (in_shape[-2], in_shape[-1]))
        )

    def __call__(self, x):
        return x * self.k
""",
        (Call("L", sizes=((3, 6),), inputs=(f32(2, 3, 6),)),),
    ),
    Case(
        "sizes-slice",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        k = self.param('k', nn.initializers.ones, x.shape[1:])
        return x * k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), in_shape[1:]))

    def __call__(self, x):
        return x * self.k
""",
        (Call("L", sizes=((2, 3, 6),), inputs=(f32(2, 3, 6),)),),
    ),
    Case(
        "sizes-arith",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        half = x.shape[-1] // 2
        k = self.param('k', nn.initializers.ones, (half,))
        return x[..., :half] * k
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        half = in_features // 2
        self.k = nnx.Param(nnx.initializers.ones(rngs.params(), (half,)))

    def __call__(self, x):
        half = x.shape[-1] // 2
        return x[..., :half] * self.k
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-two-inputs",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, y):
        a = self.param('a', nn.initializers.ones, (x.shape[-1], y.shape[-1]))
        return x @ a + y
""",
        """\
class L(nnx.Module):
    def __init__(self, x_features: int, y_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(
            nnx.initializers.ones(rngs.params(), (x_features, y_features))
        )

    def __call__(self, x, y):
        return x @ self.a + y
""",
        (Call("L", sizes=(6, 3), inputs=(f32(4, 6), f32(4, 3))),),
    ),
    Case(
        "sizes-two-inputs-named",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, y):
        d1 = x.shape[-1]
        d2 = y.shape[-1]
        a = self.param('a', nn.initializers.ones, (d2, d1))
        return x @ a.T + y
""",
        """\
class L(nnx.Module):
    def __init__(self, d1: int, d2: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d2, d1)))

    def __call__(self, x, y):
        return x @ self.a[...].T + y
""",
        (Call("L", sizes=(6, 3), inputs=(f32(4, 6), f32(4, 3))),),
    ),
    Case(
        "sizes-len",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.initializers.ones, (len(x.shape),))
        return x + a.sum()
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (len(in_shape),)))

    def __call__(self, x):
        return x + self.a[...].sum()
""",
        (Call("L", sizes=((4, 6),), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-annassign",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d: int = x.shape[-1]
        a: jax.Array = self.param('a', nn.initializers.ones, (d,))
        return x * a
""",
        """\
import jax.numpy as jnp
from flax import nnx


class L(nnx.Module):
    def __init__(self, d: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-used-later",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        a = self.param('a', nn.initializers.ones, (d,))
        return x * a / d
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        d = x.shape[-1]
        return x * self.a / d
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-cond-d",
        """\
class L(nn.Module):
    dim: int = 0

    @nn.compact
    def __call__(self, x):
        d = self.dim if self.dim else x.shape[-1]
        a = self.param('a', nn.initializers.ones, (d,))
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, dim: int = 0, *, rngs: nnx.Rngs):
        d = dim if dim else in_features
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "sizes-d-in-branch",
        """\
class L(nn.Module):
    dim: int = 0

    @nn.compact
    def __call__(self, x):
        if self.dim:
            d = self.dim
        else:
            d = x.shape[-1]
        a = self.param('a', nn.initializers.ones, (d,))
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, dim: int = 0, *, rngs: nnx.Rngs):
        if dim:
            d = dim
        else:
            d = in_features
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))

    def __call__(self, x):
        return x * self.a
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(3,), arguments={"dim": 6}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "sizes-closure-global",
        """\
D = 6
def helper(s):
    return s[-1:]
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.initializers.ones, helper(x.shape))
        c = self.param('c', nn.initializers.ones, (D,))
        return x * a + c
""",
        """\
D = 6
def helper(s):
    return s[-1:]
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), helper(in_shape)))
        self.c = nnx.Param(nnx.initializers.ones(rngs.params(), (D,)))

    def __call__(self, x):
        return x * self.a + self.c
""",
        (Call("L", sizes=((4, 6),), inputs=(f32(4, 6),)),),
    ),
    Case(
        "inner-x-shadow",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        f = lambda x: x.shape[0]
        a = self.param('a', nn.initializers.ones, (f(jnp.zeros((6, 2))),))
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        f = lambda x: x.shape[0]
        self.a = nnx.Param(
            nnx.initializers.ones(rngs.params(), (f(jnp.zeros((6, 2))),))
        )

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "list-comp-x-shadow",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        s = [x for x in (6,)]
        a = self.param('a', nn.initializers.ones, s)
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        s = [x for x in (6,)]
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), s))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "mutated-later",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        shape = [1, 6]
        a = self.param('a', nn.initializers.ones, tuple(shape))
        shape.append(3)
        b = self.param('b', nn.initializers.ones, tuple(shape))
        shape[0] = 99
        return x * a + b.sum() + shape[0]
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        shape = [1, 6]
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(shape)))
        shape.append(3)
        self.b = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(shape)))

    def __call__(self, x):
        shape = [1, 6]
        shape.append(3)
        shape[0] = 99
        return x * self.a + self.b[...].sum() + shape[0]
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "mutated-nested",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        cfg = {'s': [1]}
        cfg['s'].append(6)
        a = self.param('a', nn.initializers.ones, tuple(cfg['s']))
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        cfg = {'s': [1]}
        cfg['s'].append(6)
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(cfg['s'])))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "pop-size",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        shape = [1, 6, 9]
        shape.pop()
        last = shape.pop(0)
        a = self.param('a', nn.initializers.ones, tuple(shape))
        del shape[0]
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        shape = [1, 6, 9]
        shape.pop()
        last = shape.pop(0)
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(shape)))

    def __call__(self, x):
        shape = [1, 6, 9]
        shape.pop()
        last = shape.pop(0)
        del shape[0]
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "alias-mutation",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        shape = [1, 9]
        alias = shape
        alias[1] = 6
        a = self.param('a', nn.initializers.ones, tuple(shape))
        return x * a
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        shape = [1, 9]
        alias = shape
        alias[1] = 6
        self.a = nnx.Param(nnx.initializers.ones(rngs.params(), tuple(shape)))

    def __call__(self, x):
        return x * self.a
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "the-axis-that-an-index-leaves",
        """\
class Style(nn.Module):
    size: int
    width: int

    @nn.compact
    def __call__(self, w):
        return w @ self.param("w", nn.initializers.normal(), (self.size, self.width))


class L(nn.Module):
    layer: int

    @nn.compact
    def __call__(self, x, w):
        s = Style(w[:, self.layer, :, 0].shape[1], x.shape[3])(w[:, self.layer, :, 0])
        k = self.param("k", nn.initializers.normal(), (w[:, 0].shape[1],))
        return x * s[:, None, None] + jnp.sum(k)
""",
        """\
class Style(nnx.Module):
    def __init__(self, size: int, width: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (size, width)))

    def __call__(self, w):
        return w @ self.w


class L(nnx.Module):
    def __init__(self, x_channels: int, w_features: int, layer: int, *, rngs: nnx.Rngs):
        self.layer = layer
        self.style_0 = Style(w_features, x_channels, rngs=rngs)
        self.k = nnx.Param(nnx.initializers.normal()(rngs.params(), (w_features,)))

    def __call__(self, x, w):
        s = self.style_0(w[:, self.layer, :, 0])
        return x * s[:, None, None] + jnp.sum(self.k[...])
""",
        (Call("L", sizes=(3, 4), arguments={"layer": 1}, inputs=(f32(2, 5, 6, 3), f32(2, 3, 4, 2))),),
    ),
)

REFUSED = (
    *(
        Refusal(
            name,
            "MN202",
            f"""\
class L(nn.Module):
    layer: {kind}

    @nn.compact
    def __call__(self, x):
        return x[:, self.layer] * self.param("w", nn.initializers.ones, (x[:, {index}].shape[1],))
""",
        )
        for name, kind, index in (
            ("an-index-that-may-be-several", "any", "self.layer"),
            ("a-part-of-an-axis", "int", ":2"),
            ("an-index-behind-dots", "int", "..., self.layer"),
            ("a-new-axis", "int", "None"),
        )
    ),
    Refusal(
        "walrus",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        if (d := x.shape[-1]) > 3:
            x = x + 1
        w = self.param('w', nn.initializers.ones, (d,))
        return x * w
""",
    ),
    Refusal(
        "x-swap-in-loop",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        ws = []
        for i in range(2):
            w = self.param(f'w_{i}', nn.initializers.ones, (x.shape[-1],))
            x = jnp.concatenate([x*w, x*w], -1)
        return x
""",
    ),
    Refusal(
        "sizes-optional-arg",
        "MN203",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, y=None):
        d = x.shape[-1]
        a = self.param('a', nn.initializers.ones, (d,))
        if y is not None:
            x = x + self.param('b', nn.initializers.ones, (d,))
        return x * a
""",
    ),
    Refusal(
        "sizes-value",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x, n):
        a = self.param('a', nn.initializers.ones, (int(n),))
        return x * a
""",
    ),
    Refusal(
        "sizes-x-helper",
        "MN202",
        """\
def helper(x):
    return x.shape[-1:]
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.initializers.ones, helper(x))
        return x * a
""",
    ),
    Refusal(
        "sizes-self-method",
        "MN202",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        a = self.param('a', nn.initializers.ones, self.shp(x))
        return x * a
    def shp(self, x):
        return x.shape[-1:]
""",
    ),
    Refusal(
        "match-size",
        "MN201",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        match x.ndim:
            case 2:
                d = 6
            case _:
                d = 1
        w = self.param('a', nn.initializers.ones, (d,))
        return x * w
""",
    ),
    Refusal(
        "size-break",
        "MN201",
        """\
class L(nn.Module):

    @nn.compact
    def __call__(self, x):
        d = 1
        for k in (3, 6, 9):
            d = k
            if k == 6:
                break
        w = self.param('a', nn.initializers.ones, (d,))
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
