"""Classes whose sizes take more than one step to tell, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

_X = f32(4, 6)

_SCALED = """\
class Norm(nn.Module):
    width: int

    def setup(self):
        self.weight = self.param("weight", lambda _, shape: jnp.ones(shape), self.width)

    def __call__(self, x):
        return self.weight * (x / jnp.sqrt((x**2).mean(-1, keepdims=True) + 1e-6))


class Block(nn.Module):
    width: int = 6

    def setup(self):
        self.norm = Norm(self.width)
        self.inner = nn.Dense(9)
        self.outer = nn.Dense(self.width)

    def __call__(self, x):
        x = x + self.outer(nn.silu(self.inner(self.norm(x))))
        return self.inner(x)
"""
_SCALED_AFTER = """\
class Norm(nnx.Module):
    def __init__(self, width: int, *, rngs: nnx.Rngs):
        self.weight = nnx.Param(jnp.ones(width))

    def __call__(self, x):
        return self.weight * (x / jnp.sqrt((x**2).mean(-1, keepdims=True) + 1e-6))


class Block(nnx.Module):
    def __init__(self, width: int = 6, *, rngs: nnx.Rngs):
        self.norm = Norm(width, rngs=rngs)
        self.inner = nnx.Linear(width, 9, rngs=rngs)
        self.outer = nnx.Linear(9, width, rngs=rngs)

    def __call__(self, x):
        x = x + self.outer(nnx.silu(self.inner(self.norm(x))))
        return self.inner(x)
"""

SIZES = (
    Case("a-lambda-that-makes-a-weight", _SCALED, _SCALED_AFTER, (Call("Block", sizes=(), inputs=(_X,)),)),
    Case(
        "a-field-that-is-one-axis",
        """\
class L(nn.Module):
    features: int = 5

    @nn.compact
    def __call__(self, x):
        x = nn.tanh(nn.DenseGeneral(self.features)(x))
        return nn.DenseGeneral((self.features, 2), name="out")(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: int = 5, *, rngs: nnx.Rngs):
        self.dense_general_0 = nnx.LinearGeneral(in_features, features, rngs=rngs)
        self.out = nnx.LinearGeneral(features, (features, 2), rngs=rngs)

    def __call__(self, x):
        x = nnx.tanh(self.dense_general_0(x))
        return self.out(x)
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "table-of-activations",
        """\
import functools


def hardswish(x):
    y = x + 3
    return x * jnp.clip(y, 0, 6) / 6


ACT2FN = {
    "relu": nn.relu,
    "gelu": functools.partial(nn.gelu, approximate=False),
    "hardswish": hardswish,
    "id": lambda x: x,
}


class L(nn.Module):
    act: str = "gelu"

    def setup(self):
        self.fn = ACT2FN[self.act]
        self.a = nn.Dense(5)
        self.b = nn.Dense(3)

    def __call__(self, x):
        return self.b(hardswish(self.fn(self.a(x))))
""",
        """\
import functools


def hardswish(x):
    y = x + 3
    return x * jnp.clip(y, 0, 6) / 6


ACT2FN = {
    "relu": nnx.relu,
    "gelu": functools.partial(nnx.gelu, approximate=False),
    "hardswish": hardswish,
    "id": lambda x: x,
}


class L(nnx.Module):
    def __init__(self, in_features: int, act: str = "gelu", *, rngs: nnx.Rngs):
        self.fn = ACT2FN[act]
        self.a = nnx.Linear(in_features, 5, rngs=rngs)
        self.b = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        return self.b(hardswish(self.fn(self.a(x))))
""",
        (Call("L", (6,), {"act": "relu"}, (_X,)), Call("L", (6,), {"act": "hardswish"}, (_X,))),
    ),
    Case(
        "getattr-activation",
        """\
class L(nn.Module):
    act: str = "relu"

    @nn.compact
    def __call__(self, x):
        act = getattr(nn, self.act)
        x = act(nn.Dense(4)(x))
        return nn.Dense(3)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, act: str = "relu", *, rngs: nnx.Rngs):
        self.act = act
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        act = getattr(nnx, self.act)
        x = act(self.dense_0(x))
        return self.dense_1(x)
""",
        (Call("L", (6,), {"act": "tanh"}, (_X,)),),
    ),
    Case(
        "own-functions",
        """\
@jax.jit
def halves(x, n=2):
    return jnp.split(x, n, axis=-1)


def rotate(x, *, flip=False):
    one, two = halves(x)
    if flip:
        return jnp.concatenate([two, one, two], axis=-1)
    return jnp.concatenate([two, -one, one], axis=-1)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a, b = halves(nn.Dense(8)(x))
        return nn.LayerNorm()(rotate(a)) + nn.Dense(6)(b)
""",
        """\
@jax.jit
def halves(x, n=2):
    return jnp.split(x, n, axis=-1)


def rotate(x, *, flip=False):
    one, two = halves(x)
    if flip:
        return jnp.concatenate([two, one, two], axis=-1)
    return jnp.concatenate([two, -one, one], axis=-1)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 8, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(6, rngs=rngs)
        self.dense_1 = nnx.Linear(4, 6, rngs=rngs)

    def __call__(self, x):
        a, b = halves(self.dense_0(x))
        return self.layer_norm_0(rotate(a)) + self.dense_1(b)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "first-of-an-unknown-rank",
        """\
class Pooler(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.f)(x[:, 0])
        return nn.LayerNorm()(x)


class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(5)(x.mean(axis=1))
        return Pooler(3)(x) + nn.Dense(3)(y)
""",
        """\
class Pooler(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(f, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x[:, 0])
        return self.layer_norm_0(x)


class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.pooler_0 = Pooler(in_features, 3, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        y = self.dense_0(x.mean(axis=1))
        return self.pooler_0(x) + self.dense_1(y)
""",
        (Call("L", (6,), {}, (f32(2, 3, 6),)), Call("L", (6,), {}, (f32(2, 3, 5, 6),))),
    ),
    Case(
        "attention-by-hand",
        """\
class L(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x):
        q = nn.Dense(8)(x)
        q = q.reshape(*q.shape[:-1], self.heads, -1)
        scores = nn.softmax(jnp.einsum("...qhd,...khd->...hqk", q, q))
        out = jnp.einsum("...hqk,...khd->...qhd", scores, q)
        out = out.reshape(*out.shape[:-2], -1)
        return nn.Dense(x.shape[-1])(out)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, heads: int = 2, *, rngs: nnx.Rngs):
        self.heads = heads
        self.dense_0 = nnx.Linear(in_features, 8, rngs=rngs)
        self.dense_1 = nnx.Linear(heads * (8 // heads), in_features, rngs=rngs)

    def __call__(self, x):
        q = self.dense_0(x)
        q = q.reshape(*q.shape[:-1], self.heads, -1)
        scores = nnx.softmax(jnp.einsum("...qhd,...khd->...hqk", q, q))
        out = jnp.einsum("...hqk,...khd->...qhd", scores, q)
        out = out.reshape(*out.shape[:-2], -1)
        return self.dense_1(out)
""",
        (Call("L", (6,), {}, (f32(2, 3, 6),)), Call("L", (6,), {"heads": 4}, (f32(3, 6),))),
    ),
    Case(
        "patches-and-flatten",
        """\
class L(nn.Module):
    patch: int = 2
    hidden: int = 3

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.hidden, (self.patch, self.patch), strides=(self.patch, self.patch), padding="VALID")(x)
        x = nn.avg_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        x = x.reshape(x.shape[0], -1)
        return nn.Dense(4)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        patch: int = 2,
        hidden: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(
            channels,
            hidden,
            (patch, patch),
            strides=(patch, patch),
            padding="VALID",
            rngs=rngs,
        )
        self.dense_0 = nnx.Linear(
            (height // patch + 1) // 2 * ((width // patch + 1) // 2) * hidden,
            4,
            rngs=rngs,
        )

    def __call__(self, x):
        x = self.conv_0(x)
        x = nnx.avg_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        x = x.reshape(x.shape[0], -1)
        return self.dense_0(x)
""",
        (
            Call("L", ((10, 8, 3),), {}, (f32(2, 10, 8, 3),)),
            Call("L", ((9, 7, 3),), {"patch": 3, "hidden": 2}, (f32(2, 9, 7, 3),)),
        ),
    ),
    Case(
        "moved-axes",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        b, h, w, c = x.shape
        x = jnp.moveaxis(x, -1, 1).reshape(b, c, h * w)
        x = nn.Dense(6)(x)
        gate, value = jnp.split(x.transpose(0, 2, 1), [1], axis=-1)
        x = nn.glu(nn.Dense(4)(gate * value))
        return nn.BatchNorm(use_running_average=True)(jnp.stack([x, x], axis=-1))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.dense_0 = nnx.Linear(height * width, 6, rngs=rngs)
        self.dense_1 = nnx.Linear(channels - 1, 4, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(2, use_running_average=True, rngs=rngs)

    def __call__(self, x):
        b, h, w, c = x.shape
        x = jnp.moveaxis(x, -1, 1).reshape(b, c, h * w)
        x = self.dense_0(x)
        gate, value = jnp.split(x.transpose(0, 2, 1), [1], axis=-1)
        x = nnx.glu(self.dense_1(gate * value))
        return self.batch_norm_0(jnp.stack([x, x], axis=-1))
""",
        (Call("L", ((3, 4, 5),), {}, (f32(2, 3, 4, 5),)),),
    ),
    Case(
        "flatten-of-any-rank",
        """\
class Head(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x.reshape(x.shape[0], -1))


class L(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        return Head()(nn.Conv(4, (3, 3))(x)) + Head()(y)


def train(key):
    model = L()
    variables = model.init(key, jnp.ones((1, 8, 8, 3)), jnp.ones((1, 7)))
    return model.apply(variables, jnp.ones((1, 8, 8, 3)), jnp.ones((1, 7)))
""",
        """\
class Head(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x.reshape(x.shape[0], -1))


class L(nnx.Module):
    def __init__(self, x_shape: tuple[int, int, int], y_size: int, *, rngs: nnx.Rngs):
        height, width, channels = x_shape
        self.head_0 = Head(height * width * 4, rngs=rngs)
        self.conv_0 = nnx.Conv(channels, 4, (3, 3), rngs=rngs)
        self.head_1 = Head(y_size, rngs=rngs)

    def __call__(self, x, y):
        return self.head_0(self.conv_0(x)) + self.head_1(y)


def train(key):
    model = L((8, 8, 3), 7, rngs=nnx.Rngs(key))
    return model(jnp.ones((1, 8, 8, 3)), jnp.ones((1, 7)))
""",
        (Call("L", ((4, 6, 3), 10), {}, (f32(2, 4, 6, 3), f32(2, 5, 2))),),
    ),
    Case(
        "tables-and-padding",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        table = self.param("table", nn.initializers.normal(), (7, 4))
        ids = jnp.argmax(x, axis=-1)
        x = jnp.take(table, ids, axis=0) + table[ids] + jax.nn.one_hot(ids, 4)
        return nn.Dense(3)(jnp.pad(x, ((0, 0), (0, 0), (1, 2))))
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.table = nnx.Param(nnx.initializers.normal()(rngs.params(), (7, 4)))
        self.dense_0 = nnx.Linear(7, 3, rngs=rngs)

    def __call__(self, x):
        ids = jnp.argmax(x, axis=-1)
        x = jnp.take(self.table[...], ids, axis=0) + self.table[ids] + jax.nn.one_hot(ids, 4)
        return self.dense_0(jnp.pad(x, ((0, 0), (0, 0), (1, 2))))
""",
        (Call("L", (), {}, (f32(2, 3, 7),)),),
    ),
    Case(
        "shapes-that-strides-decide",
        """\
class Block(nn.Module):
    filters: int
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        residual = x
        y = nn.Conv(self.filters, (3, 3), self.strides)(x)
        y = nn.relu(y)
        y = nn.Conv(self.filters, (3, 3))(y)
        if residual.shape != y.shape:
            residual = nn.Conv(self.filters, (1, 1), self.strides, name="proj")(residual)
        return nn.relu(residual + y)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Block(4)(x)
        x = Block(4, (2, 2))(x)
        return nn.Dense(3)(x.reshape(x.shape[0], -1))
""",
        """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        filters: int,
        strides: tuple[int, int] = (1, 1),
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(in_features, filters, (3, 3), strides, rngs=rngs)
        self.conv_1 = nnx.Conv(filters, filters, (3, 3), rngs=rngs)
        if in_features != filters or strides != (1, 1):
            self.proj = nnx.Conv(in_features, filters, (1, 1), strides, rngs=rngs)

    def __call__(self, x):
        residual = x
        y = self.conv_0(x)
        y = nnx.relu(y)
        y = self.conv_1(y)
        if residual.shape != y.shape:
            residual = self.proj(residual)
        return nnx.relu(residual + y)


class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.block_0 = Block(channels, 4, rngs=rngs)
        self.block_1 = Block(4, 4, (2, 2), rngs=rngs)
        self.dense_0 = nnx.Linear(
            (height + 1) // 2 * ((width + 1) // 2) * 4, 3, rngs=rngs
        )

    def __call__(self, x):
        x = self.block_0(x)
        x = self.block_1(x)
        return self.dense_0(x.reshape(x.shape[0], -1))
""",
        (
            Call("L", ((8, 6, 3),), {}, (f32(2, 8, 6, 3),)),
            Call("Block", (4,), {"filters": 4}, (f32(2, 8, 6, 4),)),
            Call("Block", (3,), {"filters": 4, "strides": (1, 2)}, (f32(2, 8, 6, 3),)),
        ),
    ),
    Case(
        "shapes-that-are-the-same",
        """\
class L(nn.Module):
    f: int = 4
    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.f, (3, 3), strides=2)(x)
        if x.shape == y.shape:
            return x + y
        return nn.Conv(self.f, (1, 1), strides=2)(x) + y
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], f: int = 4, *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(channels, f, (3, 3), strides=2, rngs=rngs)
        if not (channels != f or width != (width + 1) // 2 or height != (height + 1) // 2):
            return
        self.conv_1 = nnx.Conv(channels, f, (1, 1), strides=2, rngs=rngs)

    def __call__(self, x):
        y = self.conv_0(x)
        if x.shape == y.shape:
            return x + y
        return self.conv_1(x) + y
""",
        (Call("L", ((8, 6, 3),), {}, (f32(2, 8, 6, 3),)), Call("L", ((1, 1, 4),), {}, (f32(2, 1, 1, 4),))),
    ),
    Case(
        "shapes-that-one-stride-decides",
        """\
class L(nn.Module):
    filters: int = 4
    strides: int = 1

    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.filters, (3, 3), strides=self.strides)(x)
        if x.shape != y.shape:
            x = nn.Conv(self.filters, (1, 1), self.strides)(x)
        return x + y
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        filters: int = 4,
        strides: int = 1,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(in_features, filters, (3, 3), strides=strides, rngs=rngs)
        if in_features != filters or strides != 1:
            self.conv_1 = nnx.Conv(in_features, filters, (1, 1), strides, rngs=rngs)

    def __call__(self, x):
        y = self.conv_0(x)
        if x.shape != y.shape:
            x = self.conv_1(x)
        return x + y
""",
        (
            Call("L", (4,), {}, (f32(2, 8, 6, 4),)),
            Call("L", (3,), {}, (f32(2, 8, 6, 3),)),
            Call("L", (4,), {"strides": 2}, (f32(2, 8, 6, 4),)),
        ),
    ),
    Case(
        "shapes-that-features-decide",
        """\
class L(nn.Module):
    f: int = 4
    @nn.compact
    def __call__(self, x):
        y = nn.Dense(self.f)(nn.relu(nn.Dense(self.f)(x)))
        if x.shape != y.shape:
            x = nn.Dense(self.f, use_bias=False)(x)
        return nn.LayerNorm()(x + y)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(f, f, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, f, rngs=rngs)
        if in_features != f:
            self.dense_2 = nnx.Linear(in_features, f, use_bias=False, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(f, rngs=rngs)

    def __call__(self, x):
        y = self.dense_0(nnx.relu(self.dense_1(x)))
        if x.shape != y.shape:
            x = self.dense_2(x)
        return self.layer_norm_0(x + y)
""",
        (Call("L", (4,), {}, (f32(2, 4),)), Call("L", (6,), {}, (f32(2, 6),))),
    ),
    Case(
        "a-variable-that-a-function-without-arguments-makes",
        """\
class L(nn.Module):
    f: int = 4
    @nn.compact
    def __call__(self, x):
        w = self.variable("batch_stats", "w", lambda: jnp.ones((x.shape[-1], self.f)) * 2.0)
        y = jnp.sin(x @ w.value)
        return nn.Dense(3)(jnp.concatenate([y, y], -1))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.w = nnx.BatchStat(jnp.ones((in_features, f)) * 2.0)
        self.dense_0 = nnx.Linear(2 * f, 3, rngs=rngs)

    def __call__(self, x):
        y = jnp.sin(x @ self.w[...])
        return self.dense_0(jnp.concatenate([y, y], -1))
""",
        (Call("L", (6,), {"f": 5}, (_X,)),),
    ),
)
