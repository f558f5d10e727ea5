# ruff: noqa: E501
"""`setup`, which Linen runs at every apply: what follows a parameter must not freeze in the constructor."""

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
        "setup-derived-frozen",
        """\
class L(nn.Module):

    def setup(self):
        self.C = self.param('C', nn.initializers.normal(), (6, 2))
        self.ct = self.C[..., 0] + self.C[..., 1]

    def __call__(self, x):
        return x * self.ct + self.ct
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.C = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, 2)))

    def _ct(self):
        return self.C[..., 0] + self.C[..., 1]

    def __call__(self, x):
        ct = self._ct()
        return x * ct + ct
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-derived-direct",
        """\
class L(nn.Module):

    def setup(self):
        self.cb = jnp.tanh(self.param('cb', nn.initializers.normal(), (6,)))

    def __call__(self, x):
        return x * self.cb
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.cb = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _cb(self):
        return jnp.tanh(self.cb[...])

    def __call__(self, x):
        return x * self._cb()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-derived-chain",
        """\
class L(nn.Module):

    def setup(self):
        w = self.param('w', nn.initializers.normal(), (6,))
        self.a = jnp.exp(w)
        self.b = self.a + 1
        self.c = self.b * self.a

    def __call__(self, x):
        return x * self.c + self.b
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _a(self):
        return jnp.exp(self.w[...])

    def _b(self):
        return self._a() + 1

    def _c(self):
        return self._b() * self._a()

    def __call__(self, x):
        return x * self._c() + self._b()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-derived-cond",
        """\
class L(nn.Module):
    exp: bool = True

    def setup(self):
        w = self.param('w', nn.initializers.normal(), (6,))
        if self.exp:
            self.a = jnp.exp(w)
        else:
            self.a = w

    def __call__(self, x):
        return x * self.a
""",
        """\
class L(nnx.Module):
    def __init__(self, exp: bool = True, *, rngs: nnx.Rngs):
        self.exp = exp
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _a(self):
        if self.exp:
            a = jnp.exp(self.w[...])
        else:
            a = self.w[...]
        return a

    def __call__(self, x):
        return x * self._a()
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"exp": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "setup-reassign",
        """\
class L(nn.Module):

    def setup(self):
        self.w = self.param('w', nn.initializers.normal(), (6,))
        self.w = self.w * 2

    def __call__(self, x):
        return x * self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _w(self):
        w = self.w[...]
        w = w * 2
        return w

    def __call__(self, x):
        return x * self._w()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-reassign-local",
        """\
class L(nn.Module):

    def setup(self):
        w = self.param('w', nn.initializers.normal(), (6,))
        w = w * 2
        self.v = w

    def __call__(self, x):
        return x * self.v
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _v(self):
        w = self.w[...]
        w = w * 2
        return w

    def __call__(self, x):
        return x * self._v()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-list-append",
        """\
class L(nn.Module):
    n: int = 2

    def setup(self):
        ws = []
        for i in range(self.n):
            ws.append(self.param(f'w_{i}', nn.initializers.normal(), (6,)))
        self.ws = ws

    def __call__(self, x):
        for w in self.ws:
            x = x * w
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, n: int = 2, *, rngs: nnx.Rngs):
        self.n = n
        self.w = nnx.List()
        for i in range(n):
            self.w.append(nnx.Param(nnx.initializers.normal()(rngs.params(), (6,))))

    def _ws(self):
        ws = []
        for i in range(self.n):
            ws.append(self.w[i][...])
        return ws

    def __call__(self, x):
        for w in self._ws():
            x = x * w
        return x
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-dict-of-params",
        """\
class L(nn.Module):

    def setup(self):
        self.ws = {'a': self.param('a', nn.initializers.normal(), (6,)), 'b': self.param('b', nn.initializers.normal(), (6,))}

    def __call__(self, x):
        return x * self.ws['a'] + self.ws['b']
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        self.b = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _ws(self):
        return {'a': self.a[...], 'b': self.b[...]}

    def __call__(self, x):
        ws = self._ws()
        return x * ws['a'] + ws['b']
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-plain",
        """\
import math
math_sqrt = math.sqrt
class L(nn.Module):
    dim: int = 6

    def setup(self):
        self.half = self.dim // 2
        self.scale = 1.0 / math_sqrt(self.half)
        self.w = self.param('w', nn.initializers.normal(), (self.half * 2,))

    def __call__(self, x):
        return x * self.w * self.scale
""",
        """\
import math
math_sqrt = math.sqrt
class L(nnx.Module):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        self.half = dim // 2
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (self.half * 2,)))

    def _scale(self):
        return 1.0 / math_sqrt(self.half)

    def __call__(self, x):
        return x * self.w * self._scale()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-array-attr",
        """\
class L(nn.Module):

    def setup(self):
        self.freq = jnp.arange(6.0)
        self.w = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        return x * self.w + self.freq
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _freq(self):
        return jnp.arange(6.0)

    def __call__(self, x):
        return x * self.w + self._freq()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-np-array-attr",
        """\
import numpy as np
from flax import linen as nn

class L(nn.Module):

    def setup(self):
        self.freq = np.arange(6.0, dtype=np.float32)
        self.w = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        return x * self.w + self.freq
""",
        """\
import numpy as np
from flax import nnx

class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _freq(self):
        return np.arange(6.0, dtype=np.float32)

    def __call__(self, x):
        return x * self.w + self._freq()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-variable",
        """\
class L(nn.Module):

    def setup(self):
        self.count = self.variable('counts', 'n', lambda: jnp.zeros(()))
        self.w = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        self.count.value = self.count.value + 1
        return x * self.w + self.count.value
""",
        '''\
@nnx.register_variable_name("counts")
class Counts(nnx.Variable):
    """Linen's collection `counts`."""


class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.n = Counts(jnp.zeros(()))
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def __call__(self, x):
        self.n[...] = self.n[...] + 1
        return x * self.w + self.n[...]
''',
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-init-depends-on-param-count",
        """\
class L(nn.Module):

    def setup(self):
        self.a = self.param('a', nn.initializers.normal(), (6,))
        self.b = self.param('b', nn.initializers.normal(), self.a.shape)

    def __call__(self, x):
        return x * self.a + self.b
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        self.b = nnx.Param(nnx.initializers.normal()(rngs.params(), self.a.shape))

    def __call__(self, x):
        return x * self.a + self.b
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-param-init-from-param",
        """\
class L(nn.Module):

    def setup(self):
        self.a = self.param('a', nn.initializers.normal(), (6,))
        a = self.a
        self.b = self.param('b', lambda k: a * 2)

    def __call__(self, x):
        return x * self.a + self.b
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        a = self.a
        self.b = nnx.Param(a * 2)

    def __call__(self, x):
        return x * self.a + self.b
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-cond-none",
        """\
class L(nn.Module):
    use: bool = True

    def setup(self):
        if self.use:
            self.w = self.param('w', nn.initializers.normal(), (6,))
        else:
            self.w = None

    def __call__(self, x):
        return x if self.w is None else x * self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, use: bool = True, *, rngs: nnx.Rngs):
        self.use = use
        if use:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _w(self):
        if self.use:
            w = self.w[...]
        else:
            w = None
        return w

    def __call__(self, x):
        w = self._w()
        return x if w is None else x * w
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"use": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "setup-cond",
        """\
class L(nn.Module):
    use: bool = True

    def setup(self):
        if self.use:
            self.w = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        return x * self.w if self.use else x
""",
        """\
class L(nnx.Module):
    def __init__(self, use: bool = True, *, rngs: nnx.Rngs):
        self.use = use
        if use:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.w if self.use else x
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"use": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "setup-alias2",
        """\
class L(nn.Module):

    def setup(self):
        self.scale = self.param('bias', nn.initializers.normal(), (6,))
        self.bias = self.param('scale', nn.initializers.normal(), (6,))

    def __call__(self, x):
        return x * self.scale + self.bias
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.bias = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        self.scale = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.bias + self.scale
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-fieldname",
        """\
class L(nn.Module):
    dim: int = 6

    def setup(self):
        self.w = self.param('dim', nn.initializers.normal(), (self.dim,))

    def __call__(self, x):
        return x * self.w * self.dim
""",
        """\
class L(nnx.Module):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        self.use_dim = dim
        self.dim = nnx.Param(nnx.initializers.normal()(rngs.params(), (dim,)))

    def __call__(self, x):
        return x * self.dim * self.use_dim
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "unpacked-and-asked-for-early",
        """\
import numpy as np
class L(nn.Module):
    table: tuple = ((1, 2, 0), (0, 1, 2))
    mask: tuple | None = None
    def setup(self):
        print("a %s of %d", self.__class__.__name__, len(self.table))
        self.rows, self.columns = np.asarray(self.table).shape
        self.cells = self.rows * self.columns
        if self.mask is not None:
            (self.kept,) = np.nonzero(self.mask)
        self.p, self.q = 3, len(self.table)
    @nn.compact
    def __call__(self, x):
        if self.mask is not None:
            w = self.param('w', nn.initializers.normal(), (len(self.kept), self.cells))
            x = x[:, self.kept] @ w
        else:
            x = nn.Dense(self.rows)(x)
        return x.sum(-1) + self.columns * self.q
""",
        """\
import numpy as np
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        table: tuple = ((1, 2, 0), (0, 1, 2)),
        mask: tuple | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.table = table
        self.mask = mask
        print("a %s of %d", self.__class__.__name__, len(table))
        self.p, self.q = 3, len(table)
        if mask is not None:
            self.w = nnx.Param(
                nnx.initializers.normal()(
                    rngs.params(), (len(self._kept()), self._cells())
                )
            )
        else:
            self.dense_0 = nnx.Linear(in_features, self._rows(), rngs=rngs)

    def _rows(self):
        rows, _ = np.asarray(self.table).shape
        return rows

    def _columns(self):
        _, columns = np.asarray(self.table).shape
        return columns

    def _cells(self):
        return self._rows() * self._columns()

    def _kept(self):
        if self.mask is not None:
            (kept,) = np.nonzero(self.mask)
        return kept

    def __call__(self, x):
        if self.mask is not None:
            x = x[:, self._kept()] @ self.w
        else:
            x = self.dense_0(x)
        return x.sum(-1) + self._columns() * self.q
""",
        (
            Call("L", (6,), inputs=(f32(4, 6),)),
            Call("L", (6,), arguments={"mask": (0, 1, 1, 0, 0, 1)}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "changed-in-place",
        """\
class L(nn.Module):
    f: int = 3
    double: bool = False
    def setup(self):
        dim = self.f
        if self.double:
            ValueError("wide")
            dim *= 2
        mask = [1.0] * 6
        mask[2] = 0.0
        self.mask = jnp.array(mask)
        scale = jnp.ones(())
        scale *= self.f
        self.scale = scale
        self.d = nn.Dense(dim)
    def __call__(self, x):
        return self.d(x * self.mask) * self.scale
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int = 3,
        double: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.f = f
        dim = f
        if double:
            dim *= 2
        self.d = nnx.Linear(in_features, dim, rngs=rngs)

    def _mask(self):
        mask = [1.0] * 6
        mask[2] = 0.0
        return jnp.array(mask)

    def _scale(self):
        scale = jnp.ones(())
        scale *= self.f
        return scale

    def __call__(self, x):
        return self.d(x * self._mask()) * self._scale()
""",
        (
            Call("L", (6,), inputs=(f32(4, 6),)),
            Call("L", (6,), arguments={"double": True}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "one-variable-on-each-side-of-a-condition",
        """\
class L(nn.Module):
    f: int = 3
    low: bool = False
    @nn.compact
    def __call__(self, x):
        if self.low:
            one = self.param('w', nn.initializers.normal(), (6, 1))
            w = jnp.concatenate([one] * self.f, -1)
        elif self.f > 3:
            w = self.param('w', nn.initializers.zeros, (6, self.f)) + 1
        else:
            w = self.param('w', nn.initializers.normal(), (6, self.f))
        return x @ w
class M(nn.Module):
    low: bool = False
    def setup(self):
        if self.low:
            self.w = self.param('w', nn.initializers.normal(), (6, 1))
        else:
            self.w = self.param('w', nn.initializers.normal(), (6, 2))
    def __call__(self, x):
        return x @ self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, f: int = 3, low: bool = False, *, rngs: nnx.Rngs):
        self.f = f
        self.low = low
        if low:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, 1)))
        elif f > 3:
            self.w = nnx.Param(nnx.initializers.zeros(rngs.params(), (6, f)))
        else:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, f)))

    def __call__(self, x):
        if self.low:
            w = jnp.concatenate([self.w[...]] * self.f, -1)
        elif self.f > 3:
            w = self.w + 1
        else:
            w = self.w[...]
        return x @ w
class M(nnx.Module):
    def __init__(self, low: bool = False, *, rngs: nnx.Rngs):
        if low:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, 1)))
        else:
            self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, 2)))

    def __call__(self, x):
        return x @ self.w
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"low": True}, inputs=(f32(4, 6),)),
            Call("L", arguments={"f": 4}, inputs=(f32(4, 6),)),
            Call("M", inputs=(f32(4, 6),)),
            Call("M", arguments={"low": True}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "several-variables-at-once",
        """\
class L(nn.Module):
    def setup(self):
        self.a, self.b = self.param('a', nn.initializers.normal(), (6,)), self.param('c', nn.initializers.ones, (2, 6))
        self.one, self.two = jnp.split(self.b, 2)
    def __call__(self, x):
        return x * self.a + self.one + self.two * self.b.sum()
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))
        self.c = nnx.Param(nnx.initializers.ones(rngs.params(), (2, 6)))

    def _one(self):
        one, _ = jnp.split(self.c[...], 2)
        return one

    def _two(self):
        _, two = jnp.split(self.c[...], 2)
        return two

    def __call__(self, x):
        return x * self.a + self._one() + self._two() * self.c[...].sum()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "set-and-read-on-a-condition",
        """\
class L(nn.Module):
    low: tuple | None = None

    def setup(self):
        if self.low is not None:
            self.least = jnp.array(self.low)
        self.w = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        if self.low is not None:
            x = (x - self.least) / self.least
        return x * self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, low: tuple | None = None, *, rngs: nnx.Rngs):
        self.low = low
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _least(self):
        if self.low is not None:
            least = jnp.array(self.low)
        return least

    def __call__(self, x):
        if self.low is not None:
            x = (x - self._least()) / self._least()
        return x * self.w
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"low": (2.0,)}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "setup-private",
        """\
class L(nn.Module):

    def setup(self):
        self._w = self.param('w', nn.initializers.normal(), (6,))
        self._e = jnp.exp(self._w)

    def __call__(self, x):
        return x * self._w + self._e
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _compute_e(self):
        return jnp.exp(self.w[...])

    def __call__(self, x):
        return x * self.w + self._compute_e()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-field-fn",
        """\
class L(nn.Module):
    sd: float = 6

    def setup(self):
        f = lambda key, shape: jax.random.normal(key, shape) * self.sd
        self.w = self.param('w', f, (6,))

    def __call__(self, x):
        return x * self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, sd: float = 6, *, rngs: nnx.Rngs):
        f = lambda key, shape: jax.random.normal(key, shape) * sd
        self.w = nnx.Param(f(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-two-methods",
        """\
class L(nn.Module):
    def setup(self):
        self.E = self.param('E', nn.initializers.normal(), (6, 3))
        self.En = self.E / 2
    def encode(self, x):
        return x @ self.E
    def decode(self, x):
        return x @ self.En.T
    def __call__(self, x):
        return self.decode(self.encode(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.E = nnx.Param(nnx.initializers.normal()(rngs.params(), (6, 3)))

    def _En(self):
        return self.E / 2

    def encode(self, x):
        return x @ self.E
    def decode(self, x):
        return x @ self._En().T
    def __call__(self, x):
        return self.decode(self.encode(x))
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", inputs=(f32(4, 6),), method="encode"),
        ),
    ),
    Case(
        "setup+compact",
        """\
class L(nn.Module):
    d: int = 6
    def setup(self):
        self.a = self.param('a', nn.initializers.normal(), (self.d,))
        self.e = jnp.exp(self.a)
    @nn.compact
    def __call__(self, x):
        b = self.param('b', nn.initializers.normal(), (x.shape[-1],))
        return x * self.a + b * self.e
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, d: int = 6, *, rngs: nnx.Rngs):
        self.a = nnx.Param(nnx.initializers.normal()(rngs.params(), (d,)))
        self.b = nnx.Param(nnx.initializers.normal()(rngs.params(), (in_features,)))

    def _e(self):
        return jnp.exp(self.a[...])

    def __call__(self, x):
        return x * self.a + self.b * self._e()
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-derived-in-loop",
        """\
class L(nn.Module):

    def setup(self):
        self.w = self.param('w', nn.initializers.normal(), (3, 6))
        acc = jnp.zeros(6)
        for i in range(3):
            acc = acc + self.w[i]
        self.acc = acc

    def __call__(self, x):
        return x * self.acc
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (3, 6)))

    def _acc(self):
        acc = jnp.zeros(6)
        for i in range(3):
            acc = acc + self.w[i]
        return acc

    def __call__(self, x):
        return x * self._acc()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-derived-list-loop",
        """\
class L(nn.Module):

    def setup(self):
        self.w = self.param('w', nn.initializers.normal(), (3, 6))
        acc = []
        for i in range(3):
            acc.append(self.w[i])
        self.acc = jnp.stack(acc)

    def __call__(self, x):
        return x * self.acc.sum(0)
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (3, 6)))

    def _acc(self):
        acc = []
        for i in range(3):
            acc.append(self.w[i])
        return jnp.stack(acc)

    def __call__(self, x):
        return x * self._acc().sum(0)
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-plain-overrides-field",
        """\
class L(nn.Module):
    dim: int | None = None

    def setup(self):
        self.k = self.dim or 6
        self.w = self.param('w', nn.initializers.normal(), (self.k,))

    def __call__(self, x):
        return x * self.w
""",
        """\
class L(nnx.Module):
    def __init__(self, dim: int | None = None, *, rngs: nnx.Rngs):
        self.k = dim or 6
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (self.k,)))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-shadow-field",
        """\
class L(nn.Module):
    dim: int | None = None

    def setup(self):
        dim = self.dim or 6
        self.w = self.param('w', nn.initializers.normal(), (dim,))
        self.z = dim + 1

    def __call__(self, x):
        return x * self.w + self.z + (self.dim or 1)
""",
        """\
class L(nnx.Module):
    def __init__(self, dim: int | None = None, *, rngs: nnx.Rngs):
        self.dim = dim
        dim = self.dim or 6
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (dim,)))
        self.z = dim + 1

    def __call__(self, x):
        return x * self.w + self.z + (self.dim or 1)
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-hoist-docstring",
        """\
class L(nn.Module):
    def setup(self):
        self.e = jnp.exp(self.param('w', nn.initializers.normal(), (6,)))
    def __call__(self, x, e=None):
        '''Doc.'''
        return x * self.e + self.e
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (6,)))

    def _e(self):
        return jnp.exp(self.w[...])

    def __call__(self, x, e=None):
        '''Doc.'''
        return x * self._e() + self._e()
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "setup-unpacked-anew-on-a-condition",
        """\
class Windows(nn.Module):
    resolution: tuple[int, int]
    window: int = 4
    shift: int = 2

    def setup(self):
        ws, ss = self.window, self.shift
        if min(self.resolution) <= ws:
            ws, ss = min(self.resolution), 0
        self.ws, self.ss = ws, ss
        self.dense = nn.Dense(ws)

    def __call__(self, x):
        return jnp.roll(self.dense(x), self.ss, axis=-1) * self.ws
""",
        """\
class Windows(nnx.Module):
    def __init__(
        self,
        in_features: int,
        resolution: tuple[int, int],
        window: int = 4,
        shift: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        ws, ss = window, shift
        if min(resolution) <= ws:
            ws, ss = min(resolution), 0
        self.ws, self.ss = ws, ss
        self.dense = nnx.Linear(in_features, ws, rngs=rngs)

    def __call__(self, x):
        return jnp.roll(self.dense(x), self.ss, axis=-1) * self.ws
""",
        (
            Call("Windows", (6,), {"resolution": (8, 8)}, (f32(2, 6),)),
            Call("Windows", (6,), {"resolution": (3, 3)}, (f32(2, 6),)),
        ),
    ),
)

REFUSED = (
    Refusal(
        "a-logger-that-is-none",
        "MN209",
        """\
logger = make(__name__)


class L(nn.Module):
    def setup(self):
        logger.warning("made")
        self.d = nn.Dense(4)

    def __call__(self, x):
        return self.d(x)
""",
    ),
    Refusal(
        "a-logger-that-is-something-else-later",
        "MN209",
        """\
logger = logging.getLogger(__name__)
if debug:
    logger = make()


class L(nn.Module):
    def setup(self):
        logger.warning("made")
        self.d = nn.Dense(4)

    def __call__(self, x):
        return self.d(x)
""",
    ),
    Refusal(
        "a-logger-that-is-changed",
        "MN209",
        """\
logger = logging.getLogger(__name__)


class L(nn.Module):
    def setup(self):
        logger.setLevel(3)
        self.d = nn.Dense(4)

    def __call__(self, x):
        return self.d(x)
""",
    ),
    Refusal(
        "a-logger-that-is-told-a-parameter",
        "MN209",
        """\
logger = logging.getLogger(__name__)


class L(nn.Module):
    def setup(self):
        w = self.param("w", nn.initializers.ones, (3,))
        logger.warning("%s", w)
        self.d = nn.Dense(4)

    def __call__(self, x):
        return self.d(x)
""",
    ),
    Refusal(
        "declared-on-a-condition-and-again",
        "MN208",
        """\
class L(nn.Module):
    low: bool = False
    @nn.compact
    def __call__(self, x):
        if self.low:
            w = self.param('w', nn.initializers.normal(), (6, 1))
        return x @ self.param('w', nn.initializers.normal(), (6, 3))
""",
    ),
    Refusal(
        "declared-in-two-conditions",
        "MN208",
        """\
class L(nn.Module):
    low: bool = False
    @nn.compact
    def __call__(self, x):
        if self.low:
            x = x @ self.param('w', nn.initializers.normal(), (6, 1))
        if not self.low:
            x = x @ self.param('w', nn.initializers.normal(), (6, 3))
        return x
""",
    ),
    Refusal(
        "part-of-an-attribute",
        "MN209",
        """\
class L(nn.Module):
    def setup(self):
        self.m = {'a': 1}
        self.m['b'] = 2
    def __call__(self, x):
        return x * self.m['b']
""",
    ),
    Refusal(
        "unpacked-variable-and-more",
        "MN209",
        """\
class L(nn.Module):
    def setup(self):
        self.a, self.b = self.param('a', nn.initializers.normal(), (6,)), jnp.ones(3)
    def __call__(self, x):
        return x * self.a + self.b.sum()
""",
    ),
    Refusal(
        "unpacked-to-a-name-and-an-attribute",
        "MN209",
        """\
class L(nn.Module):
    pair: tuple = (1, 2)
    def setup(self):
        a, self.b = self.pair
        self.d = nn.Dense(a)
    def __call__(self, x):
        return self.d(x) * self.b
""",
    ),
    Refusal(
        "asks-early-for-what-follows-a-parameter",
        "MN103",
        """\
class L(nn.Module):
    def setup(self):
        self.w = self.param('w', nn.initializers.ones, (6,))
        self.total = self.w.sum()
    @nn.compact
    def __call__(self, x):
        return x * self.param('v', nn.initializers.constant(self.total), (6,))
""",
    ),
    Refusal(
        "depends-on-the-name-of-the-class",
        "MN103",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        if self.__class__.__name__ == 'L':
            x = 2 * x
        return nn.Dense(3)(x)
""",
    ),
    Refusal(
        "setup-augassign",
        "MN209",
        """\
class L(nn.Module):

    def setup(self):
        self.w = self.param('w', nn.initializers.normal(), (6,))
        self.w += 1

    def __call__(self, x):
        return x * self.w
""",
    ),
    Refusal(
        "setup-alias",
        "MN208",
        """\
class L(nn.Module):

    def setup(self):
        self.gain = self.param('scale', nn.initializers.normal(), (6,))
        self.scale = 3.0

    def __call__(self, x):
        return x * self.gain * self.scale
""",
    ),
    Refusal(
        "setup-alias-two",
        "MN209",
        """\
class L(nn.Module):

    def setup(self):
        self.a = self.b = self.param('w', nn.initializers.normal(), (6,))

    def __call__(self, x):
        return x * self.a + self.b
""",
    ),
    Refusal(
        "setup-local-fn",
        "MN209",
        """\
class L(nn.Module):
    sd: float = 6

    def setup(self):
        def init(key, shape):
            return jax.random.normal(key, shape) * self.sd
        self.w = self.param('w', init, (6,))

    def __call__(self, x):
        return x * self.w
""",
    ),
    Refusal(
        "setup-derived-from-variable",
        "MN209",
        """\
class L(nn.Module):

    def setup(self):
        self.v = self.variable('stats', 'v', jnp.zeros, (6,))
        self.half = self.v.value / 2

    def __call__(self, x):
        y = x + self.half
        self.v.value = self.v.value + 1
        return y + self.half
""",
    ),
    Refusal(
        "derived-after-write",
        "MN209",
        """\
class L(nn.Module):

    def setup(self):
        self.v = self.variable('stats', 'v', jnp.zeros, (6,))
        self.half = self.v.value / 2

    def __call__(self, x):
        self.v.value = self.v.value + x.mean(0)
        return x + self.half
""",
    ),
    Refusal(
        "derived-after-write-helper",
        "MN209",
        """\
class L(nn.Module):

    def setup(self):
        self.v = self.variable('stats', 'v', jnp.zeros, (6,))
        self.half = self.v.value / 2

    def __call__(self, x):
        self.v.value = self.v.value + x.mean(0)
        return self.go(x)
    def go(self, x):
        return x + self.half
""",
    ),
    Refusal(
        "setup-computed-collides",
        "MN107",
        """\
class L(nn.Module):
    k: int = 2
    def setup(self):
        self.w_1 = 7.0
        for i in range(self.k):
            setattr(self, f'p_{i}', self.param(f'w_{i}', nn.initializers.ones, (6,)))
    def __call__(self, x):
        return x * self.p_0 * self.p_1 * self.w_1
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
