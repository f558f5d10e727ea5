"""Models whose sizes only a run tells: before and after, what is traced, and calls to compare the two with."""

from typing import Any, NamedTuple

from migrate_norm.tracing.entries import Entry

from .check import Call, f32


class Traced(NamedTuple):
    """A module without the usual imports. `models` are called with `inputs`; sizes with a name vary."""

    id: str
    before: str
    after: str
    models: tuple[tuple[str, tuple[str, ...]], ...]
    calls: tuple[Call, ...] = ()


class NotTold(NamedTuple):
    """A module of which a class stays Linen: the code, and a part of the reason."""

    id: str
    code: str
    reason: str
    before: str
    models: tuple[tuple[str, tuple[str, ...]], ...]


def entry(module: str, model: str, shapes: tuple[str, ...]) -> Entry:
    """`b 5 6` stands for float32[b,5,6]."""
    return Entry(module, model, tuple(map(_array, shapes)))


def _array(shape: str) -> dict[str, Any]:
    sizes = [int(size) if size.isdecimal() else size for size in shape.split()]
    return {"dtype": "float32", "shape": sizes}


OPAQUE = """\
import dataclasses

import jax
import jax.numpy as jnp
from flax import {api}


twice = jax.jit(lambda x: jnp.concatenate([x, x], -1))
pairs = jax.jit(lambda x: x.reshape(*x.shape[:-1], 2, -1))
flat = jax.jit(lambda x: x.reshape(x.shape[0], -1))
swap = jax.jit(lambda x: x.swapaxes(-1, -2))


"""
"""Functions that the static engine does not look into."""

_X = f32(2, 5, 6)

_CELLS = """\
class Cell(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (x.shape[2], self.width))
        return (x @ w) * jax.scipy.special.expit(x[..., :1])


class Deep(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = Cell(self.width)(x)
        return x
"""

_MIXED = """\
class Mixed(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        tokens = jnp.swapaxes(x, 1, 2)
        tokens = nn.Dense(tokens.shape[-1])(nn.relu(nn.Dense(self.width)(tokens)))
        return x + jnp.swapaxes(tokens, 1, 2)
"""

CASES = (
    Traced(
        "an-attribute-of-a-configuration-object",
        """\
class Config:
    def __init__(self, width: int = 4, depth: int = 2) -> None:
        self.width, self.depth = width, depth


class Layer(nn.Module):
    config: Config

    @nn.compact
    def __call__(self, x):
        y = pairs(twice(x)).mean(-2)
        return x + nn.Dense(self.config.width)(y)


class Model(nn.Module):
    config: Config

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.config.width)(x)
        for _ in range(self.config.depth):
            x = Layer(self.config)(x)
        return nn.Dense(2)(x)
""",
        """\
class Config:
    def __init__(self, width: int = 4, depth: int = 2) -> None:
        self.width, self.depth = width, depth


class Layer(nnx.Module):
    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(config.width, config.width, rngs=rngs)

    def __call__(self, x):
        y = pairs(twice(x)).mean(-2)
        return x + self.dense_0(y)


class Model(nnx.Module):
    def __init__(self, in_features: int, config: Config, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, config.width, rngs=rngs)
        self.layer = nnx.List(Layer(config, rngs=rngs) for _ in range(config.depth))
        self.dense_1 = nnx.Linear(config.width, 2, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        for layer in self.layer:
            x = layer(x)
        return self.dense_1(x)
""",
        (("Model(Config())", ("b 5 6",)),),
    ),
    Traced(
        "beside-a-class-that-calls-a-function",
        """\
def block(x, features, pool=True):
    x = nn.relu(nn.Dense(features)(x))
    x = nn.LayerNorm()(x)
    return x.mean(-2, keepdims=True) if pool else x


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = block(x, self.width)
        return block(x, 3, pool=False)


class Model(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Net()(twice(x)))
""",
        """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)
        self.dense_1 = nnx.Linear(width, 3, rngs=rngs)
        self.layer_norm_1 = nnx.LayerNorm(3, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.dense_0(x))
        x = self.layer_norm_0(x)
        x = x.mean(-2, keepdims=True)
        x = nnx.relu(self.dense_1(x))
        x = self.layer_norm_1(x)
        return x


class Model(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(3, 2, rngs=rngs)
        self.net_0 = Net(in_features * 2, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(self.net_0(twice(x)))
""",
        (("Model()", ("b n c",)), ("Net(width=5)", ("b n c",))),
        (Call("Model", (6,), {}, (_X,)),),
    ),
    Traced(
        "axes-that-a-statement-tells",
        """\
class Tokens(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x, y):
        u = nn.LayerNorm()(jnp.concatenate([x, y], axis=1))
        b, n, c = u.shape
        u = twice(nn.Dense(self.width)(u))
        return nn.Dense(self.width)(u)
""",
        """\
class Tokens(nnx.Module):
    def __init__(self, in_features: int, width: int = 3, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(width * 2, width, rngs=rngs)

    def __call__(self, x, y):
        u = self.layer_norm_0(jnp.concatenate([x, y], axis=1))
        b, n, c = u.shape
        u = twice(self.dense_0(u))
        return self.dense_1(u)
""",
        (("Tokens()", ("b 5 6", "b 3 6")), ("Tokens(width=4)", ("b 5 7", "b 3 7"))),
        (Call("Tokens", (6,), {}, (_X, f32(2, 3, 6))),),
    ),
    Traced(
        "said-by-its-own-argument",
        """\
class Block(nn.Module):
    inputs: int
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.features)(x)


class Up(nn.Module):
    inputs: int
    features: int
    previous: int
    depth: int = 2

    def setup(self):
        blocks = []
        for i in range(self.depth):
            skipped = self.inputs if i == self.depth - 1 else self.features
            before = self.previous if i == 0 else self.features
            blocks.append(Block(before + skipped, self.features))
        self.blocks = blocks

    def __call__(self, x, skips):
        for block in self.blocks:
            skip = skips[-1]
            skips = skips[:-1]
            x = block(jnp.concatenate([x, skip], -1))
        return x


class Net(nn.Module):
    widths: tuple[int, ...] = (3, 4, 7)
    depth: int = 2

    def setup(self):
        self.up = Up(self.widths[0], self.widths[1], self.widths[2], self.depth)

    def __call__(self, x):
        first, last = self.widths[0], self.widths[1]
        skips = [x[..., :first], *[x[..., :last]] * (self.depth - 1)]
        return self.up(x[..., : self.widths[2]], skips)
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, inputs: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


class Up(nnx.Module):
    def __init__(
        self,
        inputs: int,
        features: int,
        previous: int,
        depth: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.blocks = nnx.List()
        for i in range(depth):
            skipped = inputs if i == depth - 1 else features
            before = previous if i == 0 else features
            self.blocks.append(
                Block(before + skipped, before + skipped, features, rngs=rngs)
            )

    def __call__(self, x, skips):
        for block in self.blocks:
            skip = skips[-1]
            skips = skips[:-1]
            x = block(jnp.concatenate([x, skip], -1))
        return x


class Net(nnx.Module):
    def __init__(
        self,
        widths: tuple[int, ...] = (3, 4, 7),
        depth: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        self.depth = depth
        self.up = Up(widths[0], widths[1], widths[2], depth, rngs=rngs)

    def __call__(self, x):
        first, last = self.widths[0], self.widths[1]
        skips = [x[..., :first], *[x[..., :last]] * (self.depth - 1)]
        return self.up(x[..., : self.widths[2]], skips)
""",
        (
            ("Net()", ("b 60",)),
            ("Net((4, 9, 11))", ("b 60",)),
            ("Net((6, 2, 5), 3)", ("b 60",)),
        ),
        (Call("Net", (), {"depth": 3}, (f32(2, 60),)),),
    ),
    Traced(
        "said-by-a-local-that-changes",
        """\
class Block(nn.Module):
    before: int
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.features)(x)


class Net(nn.Module):
    widths: tuple[int, ...] = (4, 3, 6)

    def setup(self):
        blocks = []
        width = self.widths[0]
        for i in range(len(self.widths)):
            before = width
            width = self.widths[i]
            blocks.append(Block(before, width))
            before = width
        self.blocks = blocks

    def __call__(self, x):
        parts = [x[..., :w] for w in (*self.widths[-2::-1], self.widths[0])]
        for block in self.blocks:
            x = block(parts[-1])
            parts = parts[:-1]
        return x
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, before: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


class Net(nnx.Module):
    def __init__(self, widths: tuple[int, ...] = (4, 3, 6), *, rngs: nnx.Rngs):
        self.widths = widths
        width = widths[0]
        self.blocks = nnx.List()
        for i in range(len(widths)):
            before = width
            width = widths[i]
            self.blocks.append(Block(before, before, width, rngs=rngs))
            before = width

    def __call__(self, x):
        parts = [x[..., :w] for w in (*self.widths[-2::-1], self.widths[0])]
        for block in self.blocks:
            x = block(parts[-1])
            parts = parts[:-1]
        return x
""",
        (("Net()", ("b 40",)), ("Net((5, 2, 7))", ("b 40",))),
        (Call("Net", (), {"widths": (6, 3, 4, 5)}, (f32(2, 9),)),),
    ),
    Traced(
        "of-the-input",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm()(twice(x))
        return nn.Dense(self.f)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features * 2, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features * 2, f, rngs=rngs)

    def __call__(self, x):
        x = self.layer_norm_0(twice(x))
        return self.dense_0(x)
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (3,), {"f": 2}, (f32(1, 3),))),
    ),
    Traced(
        "of-another-axis",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(swap(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], *, rngs: nnx.Rngs):
        length, _ = in_shape
        self.dense_0 = nnx.Linear(length, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(swap(x))
""",
        (("L()", ("b n c",)),),
        (Call("L", ((5, 6),), {}, (_X,)),),
    ),
    Traced(
        "of-a-field",
        """\
class L(nn.Module):
    heads: int = 2
    width: int = 3

    @nn.compact
    def __call__(self, x):
        x = pairs(nn.Dense(2 * self.width)(x))
        return nn.Dense(self.heads)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        heads: int = 2,
        width: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, 2 * width, rngs=rngs)
        self.dense_1 = nnx.Linear(width, heads, rngs=rngs)

    def __call__(self, x):
        x = pairs(self.dense_0(x))
        return self.dense_1(x)
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"heads": 3, "width": 5}, (_X,))),
    ),
    Traced(
        "of-a-configuration",
        """\
@dataclasses.dataclass(frozen=True)
class Config:
    width: int = 4
    depth: int = 2


class L(nn.Module):
    config: Config

    @nn.compact
    def __call__(self, x):
        for _ in range(self.config.depth):
            x = nn.Dense(self.config.width)(x)
        return nn.Dense(3)(twice(x))
""",
        """\
@dataclasses.dataclass(frozen=True)
class Config:
    width: int = 4
    depth: int = 2


class L(nnx.Module):
    def __init__(self, in_features: int, config: Config, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for _ in range(config.depth):
            self.dense.append(nnx.Linear(in_features, config.width, rngs=rngs))
            in_features = config.width
        self.dense_1 = nnx.Linear(config.width * 2, 3, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        return self.dense_1(twice(x))
""",
        (("L(Config())", ("b c",)),),
    ),
    Traced(
        "a-product-that-parents-know",
        """\
class Leaf(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.f)(flat(x))


class Top(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        return nn.relu(Leaf(name="leaf")(x))


def main(key):
    x = jnp.ones((2, 5, 6))
    model = Top()
    variables = model.init(key, x)
    return model.apply(variables, x)
""",
        """\
class Leaf(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], f: int = 3, *, rngs: nnx.Rngs):
        length, channels = in_shape
        self.dense_0 = nnx.Linear(channels * length, f, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(flat(x))


class Top(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], width: int = 4, *, rngs: nnx.Rngs):
        length, channels = in_shape
        self.dense_0 = nnx.Linear(channels, width, rngs=rngs)
        self.leaf = Leaf((length, width), rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return nnx.relu(self.leaf(x))


def main(key):
    x = jnp.ones((2, 5, 6))
    model = Top(x.shape[-2:], rngs=nnx.Rngs(key))
    return model(x)
""",
        (("Top()", ("b n 6",)),),
        (Call("Top", ((5, 6),), {}, (_X,)), Call("Leaf", ((5, 6),), {}, (_X,))),
    ),
    Traced(
        "an-argument-that-parents-supply",
        """\
class Leaf(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.f)(flat(x))


class Middle(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.relu(Leaf(name="leaf")(x))


class Top(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        return Middle()(x)


def main(key):
    model = Top()
    variables = model.init(key, jnp.ones((1, 5, 6)))
    return model.apply(variables, jnp.ones((2, 5, 6)))


def wide(key):
    model = Top(width=8)
    variables = model.init(key, jnp.ones((1, 5, 6)))
    return model.apply(variables, jnp.ones((2, 5, 6)))
""",
        """\
class Leaf(nnx.Module):
    def __init__(self, dense_0_in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(dense_0_in_features, f, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(flat(x))


class Middle(nnx.Module):
    def __init__(self, leaf_dense_0_in_features: int, *, rngs: nnx.Rngs):
        self.leaf = Leaf(leaf_dense_0_in_features, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.leaf(x))


class Top(nnx.Module):
    def __init__(
        self,
        in_features: int,
        middle_0_leaf_dense_0_in_features: int,
        width: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.middle_0 = Middle(middle_0_leaf_dense_0_in_features, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.middle_0(x)


def main(key):
    model = Top(6, 20, rngs=nnx.Rngs(key))
    return model(jnp.ones((2, 5, 6)))


def wide(key):
    model = Top(6, 40, width=8, rngs=nnx.Rngs(key))
    return model(jnp.ones((2, 5, 6)))
""",
        (("Top()", ("b 5 6",)), ("Top(width=8)", ("b 5 6",))),
        (Call("Top", (6, 20), {}, (_X,)), Call("Leaf", (30,), {}, (_X,))),
    ),
    Traced(
        "one-argument-for-all-rounds",
        """\
class L(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = x + nn.Dense(6)(flat(x))[:, None]
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, dense_in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.dense = nnx.List(
            nnx.Linear(dense_in_features, 6, rngs=rngs) for _ in range(depth)
        )

    def __call__(self, x):
        for dense in self.dense:
            x = x + dense(flat(x))[:, None]
        return x
""",
        (("L()", ("b 5 6",)),),
        (Call("L", (30,), {}, (_X,)), Call("L", (18,), {"depth": 3}, (f32(2, 3, 6),))),
    ),
    Traced(
        "what-a-loop-runs-through",
        """\
class L(nn.Module):
    widths: tuple = (4, 6)

    @nn.compact
    def __call__(self, x, train=False):
        for w in self.widths:
            x = nn.Dense(w)(x)
            y = nn.BatchNorm(use_running_average=not train)(twice(x))
            x = nn.Dropout(0.5)(x + nn.Dense(w)(y), deterministic=not train)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, widths: tuple = (4, 6), *, rngs: nnx.Rngs):
        self.dense_0 = nnx.List()
        self.batch_norm = nnx.List()
        self.dense_1 = nnx.List()
        for w in widths:
            self.dense_0.append(nnx.Linear(in_features, w, rngs=rngs))
            self.batch_norm.append(nnx.BatchNorm(w * 2, rngs=rngs))
            self.dense_1.append(nnx.Linear(w * 2, w, rngs=rngs))
            in_features = w
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x, train=False):
        for dense_0, batch_norm, dense_1 in zip(
            self.dense_0, self.batch_norm, self.dense_1
        ):
            x = dense_0(x)
            y = batch_norm(twice(x), use_running_average=not train)
            x = self.dropout_0(x + dense_1(y), deterministic=not train)
        return x
""",
        (("L()", ("b n c",)),),
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"widths": (3, 2, 4)}, (_X,), {"train": True}),
        ),
    ),
    Traced(
        "inherited",
        """\
class Base(nn.Module):
    f: int = 4

    def setup(self):
        self.body = nn.Dense(self.f)
        self.head = nn.Dense(3)

    def features(self, x):
        return twice(self.body(x))

    def __call__(self, x):
        return self.head(self.features(x))


class L(Base):
    f: int = 5
    scale: float = 2.0

    def __call__(self, x):
        return self.scale * self.head(self.features(x))
""",
        """\
class Base(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.body = nnx.Linear(in_features, f, rngs=rngs)
        self.head = nnx.Linear(f * 2, 3, rngs=rngs)

    def features(self, x):
        return twice(self.body(x))

    def __call__(self, x):
        return self.head(self.features(x))


class L(Base):
    def __init__(
        self,
        in_features: int,
        f: int = 5,
        scale: float = 2.0,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(in_features, f=f, rngs=rngs)
        self.scale = scale

    def __call__(self, x):
        return self.scale * self.head(self.features(x))
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"f": 7}, (_X,))),
    ),
    Traced(
        "behind-a-transform",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.remat(nn.Dense)(self.f)(twice(x))
        return nn.Sequential([nn.Dense(2), nn.relu, nn.LayerNorm()])(twice(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.checkpoint_dense_0 = nnx.Linear(in_features * 2, f, rngs=rngs)
        self.sequential_0 = nnx.Sequential(
            nnx.Linear(f * 2, 2, rngs=rngs), nnx.relu, nnx.LayerNorm(2, rngs=rngs)
        )

    def __call__(self, x):
        x = nnx.remat(nnx.Linear.__call__)(self.checkpoint_dense_0, twice(x))
        return self.sequential_0(twice(x))
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)),),
    ),
    Traced(
        "a-class-behind-a-transform",
        """\
class Cell(nn.Module):
    f: int

    @nn.compact
    def __call__(self, c, x):
        y = nn.Dense(self.f)(twice(jnp.concatenate([c, x], -1)))
        return y, y


class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        scan = nn.scan(Cell, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1)
        cell = scan(self.f)
        c, ys = cell(jnp.zeros((x.shape[0], self.f)), x)
        return ys
""",
        """\
class Cell(nnx.Module):
    def __init__(self, dense_0_in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(dense_0_in_features, f, rngs=rngs)

    def __call__(self, c, x):
        y = self.dense_0(twice(jnp.concatenate([c, x], -1)))
        return y, y


class L(nnx.Module):
    def __init__(
        self,
        scan_cell_0_dense_0_in_features: int,
        f: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.f = f
        self.scan_cell_0 = Cell(scan_cell_0_dense_0_in_features, f, rngs=rngs)

    def __call__(self, x):
        @nnx.scan(in_axes=(nnx.Carry, None, 1), out_axes=(nnx.Carry, 1))
        def scan_cell_0(c, cell, x):
            return cell(c, x)

        c, ys = scan_cell_0(jnp.zeros((x.shape[0], self.f)), self.scan_cell_0, x)
        return ys
""",
        (("L()", ("b n c",)),),
        (Call("L", (20,), {}, (_X,)),),
    ),
    Traced(
        "a-flag-decides",
        """\
class L(nn.Module):
    wide: bool = False
    f: int = 4

    @nn.compact
    def __call__(self, x):
        if self.wide:
            x = twice(x)
        return nn.Dense(3)(twice(nn.Dense(self.f)(x)))
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        dense_1_in_features: int,
        wide: bool = False,
        f: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.wide = wide
        self.dense_0 = nnx.Linear(f * 2, 3, rngs=rngs)
        self.dense_1 = nnx.Linear(dense_1_in_features, f, rngs=rngs)

    def __call__(self, x):
        if self.wide:
            x = twice(x)
        return self.dense_0(twice(self.dense_1(x)))
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (12,), {"wide": True}, (_X,))),
    ),
    Traced(
        "several-axes-and-several-inputs",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x, y):
        x = nn.DenseGeneral(self.f, axis=(-2, -1))(pairs(x))
        return nn.MultiHeadDotProductAttention(2, qkv_features=6)(twice(x), twice(y))
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dense_general_0_in_features: int | tuple[int, ...],
        f: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_general_0 = nnx.LinearGeneral(
            dense_general_0_in_features, f, axis=(-2, -1), rngs=rngs
        )
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=2,
            in_features=f * 2,
            in_kv_features=in_features * 2,
            qkv_features=6,
            decode=False,
            rngs=rngs,
        )

    def __call__(self, x, y):
        x = self.dense_general_0(pairs(x))
        return self.multi_head_dot_product_attention_0(twice(x), twice(y))
""",
        (("L()", ("b n 2*c", "b m d")),),
        (Call("L", (7, (2, 3)), {}, (_X, f32(2, 3, 7))),),
    ),
    Traced(
        "rank-of-an-argument",
        _MIXED,
        """\
class Mixed(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], width: int, *, rngs: nnx.Rngs):
        length, _ = in_shape
        self.dense_0 = nnx.Linear(width, length, rngs=rngs)
        self.dense_1 = nnx.Linear(length, width, rngs=rngs)

    def __call__(self, x):
        tokens = jnp.swapaxes(x, 1, 2)
        tokens = self.dense_0(nnx.relu(self.dense_1(tokens)))
        return x + jnp.swapaxes(tokens, 1, 2)
""",
        (("Mixed(width=4)", ("b n 6",)),),
        (Call("Mixed", ((5, 6),), {"width": 4}, (_X,)),),
    ),
    Traced(
        "numbers-that-it-asks-for",
        """\
class L(nn.Module):
    rate: float = 0.1

    @nn.compact
    def __call__(self, x):
        rates = [rate.item() for rate in jnp.linspace(0, self.rate, 2)]
        return nn.Dense(3)(twice(x)) * rates[1]
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, rate: float = 0.1, *, rngs: nnx.Rngs):
        self.rate = rate
        self.dense_0 = nnx.Linear(in_features * 2, 3, rngs=rngs)

    def __call__(self, x):
        rates = [rate.item() for rate in jnp.linspace(0, self.rate, 2)]
        return self.dense_0(twice(x)) * rates[1]
""",
        (("L()", ("b n c",)),),
    ),
    Traced(
        "the-first-that-is-the-last",
        """\
class L(nn.Module):
    widths: tuple = (4,)
    kinds: tuple = ("a",)

    @nn.compact
    def __call__(self, x):
        for w, _ in zip(self.widths, self.kinds):
            x = nn.Dense(w)(x)
        return nn.Dense(3)(twice(x))
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dense_1_in_features: int,
        widths: tuple = (4,),
        kinds: tuple = ("a",),
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.List()
        for w, _ in zip(widths, kinds):
            self.dense.append(nnx.Linear(in_features, w, rngs=rngs))
            in_features = w
        self.dense_1 = nnx.Linear(dense_1_in_features, 3, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        return self.dense_1(twice(x))
""",
        (("L()", ("b n c",)),),
        (Call("L", (6, 10), {"widths": (4, 5), "kinds": ("a", "b")}, (_X,)),),
    ),
    Traced(
        "rank-of-what-a-submodule-gives",
        _CELLS,
        """\
class Cell(nnx.Module):
    def __init__(self, features: int, width: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (features, width)))

    def __call__(self, x):
        return (x @ self.w) * jax.scipy.special.expit(x[..., :1])


class Deep(nnx.Module):
    def __init__(self, in_features: int, width: int = 4, *, rngs: nnx.Rngs):
        self.cell = nnx.List()
        for _ in range(2):
            self.cell.append(Cell(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x):
        for cell in self.cell:
            x = cell(x)
        return x
""",
        (("Deep(width=4)", ("b n 6",)),),
        (Call("Deep", (6,), {"width": 4}, (_X,)),),
    ),
    Traced(
        "what-a-function-of-a-list-keeps",
        """\
class L(nn.Module):
    widths: tuple = (4, 5)
    then: tuple = (nn.relu, nn.tanh)

    @nn.compact
    def __call__(self, x):
        for w, f in zip(self.widths, self.then):
            x = f(nn.Dense(w)(x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple = (4, 5),
        then: tuple = (nnx.relu, nnx.tanh),
        *,
        rngs: nnx.Rngs,
    ):
        self.then = then
        self.dense = nnx.List()
        for w, f in zip(widths, then):
            self.dense.append(nnx.Linear(in_features, w, rngs=rngs))
            in_features = w

    def __call__(self, x):
        for dense, f in zip(self.dense, self.then):
            x = f(dense(x))
        return x
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"widths": (3, 2)}, (_X,))),
    ),
    Traced(
        "the-item-of-the-round",
        """\
class L(nn.Module):
    n: int = 2
    w: tuple = (4, 6)

    def setup(self):
        self.first = nn.Dense(self.w[0])
        self.then = [nn.Dense(self.w[i + 1]) for i in range(self.n - 1)]

    def __call__(self, x):
        x = self.first(x)
        for i in range(self.n - 1):
            x = self.then[i](twice(x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        n: int = 2,
        w: tuple = (4, 6),
        *,
        rngs: nnx.Rngs,
    ):
        self.n = n
        self.first = nnx.Linear(in_features, w[0], rngs=rngs)
        self.then = nnx.List(
            nnx.Linear(w[i] * 2, w[i + 1], rngs=rngs) for i in range(n - 1)
        )

    def __call__(self, x):
        x = self.first(x)
        for i in range(self.n - 1):
            x = self.then[i](twice(x))
        return x
""",
        (("L()", ("b n c",)),),
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"n": 4, "w": (3, 2, 5, 4)}, (_X,)),
        ),
    ),
    Traced(
        "one-round-of-a-scan",
        """\
import functools

Box = dataclasses.make_dataclass("Box", ["value"])


class Cell(nn.Module):
    width: int

    @functools.partial(
        nn.scan, variable_broadcast="params", in_axes=1, out_axes=1, split_rngs={"params": False}
    )
    @nn.compact
    def __call__(self, carry, x):
        carry = nn.tanh(nn.Dense(self.width)(x) + carry)
        return carry, carry


class L(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x):
        carry = jnp.zeros((x.shape[0], self.width))
        carry, y = Cell(self.width)(carry, Box(x).value)
        return Cell(self.width)(carry, swap(swap(y)))[1]
""",
        """\

Box = dataclasses.make_dataclass("Box", ["value"])


class Cell(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 1), out_axes=(nnx.Carry, 1))
    def __call__(self, carry, x):
        carry = nnx.tanh(self.dense_0(x) + carry)
        return carry, carry


class L(nnx.Module):
    def __init__(self, in_features: int, width: int = 3, *, rngs: nnx.Rngs):
        self.width = width
        self.cell_0 = Cell(in_features, width, rngs=rngs)
        self.cell_1 = Cell(width, width, rngs=rngs)

    def __call__(self, x):
        carry = jnp.zeros((x.shape[0], self.width))
        carry, y = self.cell_0(carry, Box(x).value)
        return self.cell_1(carry, swap(swap(y)))[1]
""",
        (("L()", ("b n c",)),),
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"width": 4}, (_X,))),
    ),
    Traced(
        "an-input-that-is-too-small",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3), padding="VALID")(twice(x))
        x = nn.Conv(4, (3, 3), padding="VALID")(x)
        return nn.Dense(2, kernel_init=nn.initializers.ones)(x.reshape(x.shape[0], -1))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(channels * 2, 4, (3, 3), padding="VALID", rngs=rngs)
        self.conv_1 = nnx.Conv(4, 4, (3, 3), padding="VALID", rngs=rngs)
        self.dense_0 = nnx.Linear(
            (height - 3 + 1 - 3 + 1) * (width - 3 + 1 - 3 + 1) * 4,
            2,
            kernel_init=nnx.initializers.ones,
            rngs=rngs,
        )

    def __call__(self, x):
        x = self.conv_0(twice(x))
        x = self.conv_1(x)
        return self.dense_0(x.reshape(x.shape[0], -1))
""",
        (("L()", ("b h w c",)), ("L()", ("b 3 3 c",))),
        (Call("L", ((6, 7, 2),), {}, (f32(2, 6, 7, 2),)),),
    ),
    Traced(
        "a-module-that-is-called-something-else",
        """\
class Model(nn.Module):
    width: int = 4

    def scaled(net, x):
        return x * net.width

    @nn.compact
    def __call__(net, x):
        return net.scaled(nn.Dense(net.width)(pairs(net.scaled(nn.Dense(net.width)(twice(net.scaled(x)))))))
""",
        """\
class Model(nnx.Module):
    def __init__(self, dense_1_in_features: int, width: int = 4, *, rngs: nnx.Rngs):
        self.width = width
        self.dense_0 = nnx.Linear(width // 2, width, rngs=rngs)
        self.dense_1 = nnx.Linear(dense_1_in_features, width, rngs=rngs)

    def scaled(self, x):
        return x * self.width

    def __call__(self, x):
        return self.scaled(self.dense_0(pairs(self.scaled(self.dense_1(twice(self.scaled(x)))))))
""",
        (("Model()", ("b 6",)),),
        (Call("Model", (12,), {}, (f32(3, 6),)),),
    ),
    Traced(
        "its-input-is-as-wide",
        """\
class Residual(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return x + nn.Dense(self.width)(swap(swap(x)))


class Top(nn.Module):
    width: int

    def setup(self):
        self.one = Residual(self.width)
        if self.width > 100:
            self.two = Residual(self.width)

    def __call__(self, x):
        x = self.one(nn.relu(x))
        return self.two(x) if self.width > 100 else x
""",
        """\
class Residual(nnx.Module):
    def __init__(self, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(width, width, rngs=rngs)

    def __call__(self, x):
        return x + self.dense_0(swap(swap(x)))


class Top(nnx.Module):
    def __init__(self, width: int, *, rngs: nnx.Rngs):
        self.width = width
        self.one = Residual(width, rngs=rngs)
        if width > 100:
            self.two = Residual(width, rngs=rngs)

    def __call__(self, x):
        x = self.one(nnx.relu(x))
        return self.two(x) if self.width > 100 else x
""",
        (("Top(6)", ("b n w=6",)),),
        (Call("Top", (), {"width": 6}, (f32(2, 5, 6),)),),
    ),
)
NOT_TOLD = (
    NotTold(
        "the-item-of-the-round-but-for-the-last",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class L(nn.Module):
    depth: int = 3
    widths: tuple = (4, 6, 5)

    def setup(self):
        self.first = nn.Dense(self.widths[0])
        self.then = [nn.Dense(self.widths[i + 1]) for i in range(self.depth - 1)]

    def __call__(self, x):
        x = self.first(x)
        for i in range(self.depth - 1):
            x = self.then[i](twice(x)[..., : self.widths[i] if i < 2 else 2])
        return x
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "two-locals-that-may-be-it",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class Block(nn.Module):
    before: int
    other: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


class Net(nn.Module):
    widths: tuple[int, ...] = (4, 3, 6)

    def setup(self):
        blocks = []
        before, other = self.widths[0], self.widths[0]
        for i in range(len(self.widths)):
            blocks.append(Block(before, other))
            before = self.widths[i]
            other = before
        self.blocks = blocks

    def __call__(self, x):
        parts = [x[..., :w] for w in (*self.widths[-2::-1], self.widths[0])]
        for block in self.blocks:
            x = block(parts[-1])
            parts = parts[:-1]
        return x
""",
        (("Net()", ("b 40",)), ("Net((5, 2, 7))", ("b 40",))),
    ),
    NotTold(
        "a-local-of-one-round",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class Block(nn.Module):
    before: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


class Net(nn.Module):
    first: int = 4
    widths: tuple[int, ...] = (3,)

    def setup(self):
        blocks = []
        before = self.first
        for width in self.widths:
            before = before + 0 * width
            blocks.append(Block(before))
        self.blocks = blocks

    def __call__(self, x):
        parts = [x[..., : self.first]]
        for block in self.blocks:
            x = block(parts[-1])
            parts = [x, *parts[:-1]]
        return x
""",
        (("Net()", ("b 400",)), ("Net(5)", ("b 400",))),
    ),
    NotTold(
        "two-own-arguments-that-may-be-it",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class Block(nn.Module):
    inputs: int
    same: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


class L(nn.Module):
    widths: tuple[int, ...]

    def setup(self):
        blocks = []
        for i in range(len(self.widths)):
            blocks.append(Block(self.widths[i] + 1, 1 + self.widths[i]))
        self.blocks = blocks

    def __call__(self, x):
        for i in range(len(self.widths)):
            x = self.blocks[i](jax.jit(lambda v: jnp.tile(v, (1, self.widths[i] + 1)))(x))
        return x
""",
        (("L((2, 5))", ("b 1",)), ("L((3, 4))", ("b 1",))),
    ),
    NotTold(
        "a-function-of-a-list-that-keeps-it-once",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class L(nn.Module):
    widths: tuple = (4, 5)
    then: tuple = (nn.relu, twice)

    @nn.compact
    def __call__(self, x):
        for w, f in zip(self.widths, self.then):
            x = nn.Dense(w)(f(nn.Dense(w)(x)))
        return x
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "a-loop-with-one-round",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class L(nn.Module):
    widths: tuple = (4,)
    kinds: tuple = ("a",)

    @nn.compact
    def __call__(self, x):
        for w, _ in zip(self.widths, self.kinds):
            x = twice(nn.Dense(w)(twice(x)))
        return x
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "ranks-of-calls-that-differ",
        "MN108",
        "the size `features` of `Cell` cannot be told from the source",
        _CELLS,
        (("Deep(width=6)", ("b n 6",)), ("Deep(width=6)", ("b n 6 6",))),
    ),
    NotTold(
        "ranks-that-differ",
        "MN108",
        "it depends on the shape of `tokens`",
        _MIXED,
        (("Mixed(width=4)", ("b n 6",)), ("Mixed(width=4)", ("b n 3 6",))),
    ),
    NotTold(
        "no-model-comes-to-it",
        "MN108",
        "and no traced model comes to it",
        """\
class L(nn.Module):
    mode: str = "few"

    @nn.compact
    def __call__(self, x):
        if self.mode == "more":
            x = nn.Dense(2)(flat(x))
        return nn.Dense(3)(twice(x))
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "another-size-in-each-round",
        "MN108",
        "and is not one and the same in the traced models",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        for k in range(2):
            x = twice(x)
            nn.Dense(3)(jax.jit(lambda v: v[..., 1:])(x))
        return x
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "a-script-with-other-inputs",
        "MN301",
        "is known only inside of `__call__`",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(flat(x))


def main(key):
    model = L()
    variables = model.init(key, jnp.ones((1, 4, 6)))
    return model.apply(variables, jnp.ones((1, 4, 6)))
""",
        (("L()", ("b 5 6",)),),
    ),
    NotTold(
        "a-script-with-another-field",
        "MN301",
        "is known only inside of `__call__`",
        """\
class L(nn.Module):
    f: int = 4
    g: int = 4

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(flat(nn.Dense(self.f)(x)))


def main(key):
    model = L(3)
    variables = model.init(key, jnp.ones((1, 5, 6)))
    return model.apply(variables, jnp.ones((1, 5, 6)))
""",
        (("L()", ("b 5 6",)),),
    ),
    NotTold(
        "another-size-than-the-source-says",
        "MN112",
        "the size `in_features` of `Dense` is 4 by the source, and was 8 in a traced model",
        """\
class L(nn.Module):
    act: object = nn.relu

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(self.act(nn.Dense(4)(x)))
""",
        (("L()", ("b n c",)), ("L(act=twice)", ("b n c",))),
    ),
    NotTold(
        "an-axis-that-a-run-does-not-have",
        "MN112",
        "takes an axis that the input of a traced model does not have",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(3, (2, 2), padding="VALID")(x)
        return nn.Dense(2)(x.reshape(1, -1))
""",
        (("L()", ("h w c",)),),
    ),
    NotTold(
        "a-function-that-is-given-what-a-run-alone-tells",
        "MN101",
        "`block` builds modules for its caller",
        """\
def block(x, features):
    x = nn.relu(nn.Dense(features)(x))
    return nn.LayerNorm()(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return block(twice(x), 4)
""",
        (("L()", ("b n c",)),),
    ),
    NotTold(
        "a-batch-among-the-features",
        "MN112",
        "the size `in_features` of `Dense` is",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(3, (2, 2), padding="VALID")(x)
        return nn.Dense(2)(x.reshape(-1))
""",
        (("L()", ("b h w c",)),),
    ),
)
