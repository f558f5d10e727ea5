"""Models as everybody writes them: encoders whose images shrink in a loop, blocks of nn.Sequential, graphs."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import HEADER, Call, Case, check_equivalent, check_refused, check_transformed, f32, migrate

_IMAGES = f32(2, 9, 12, 3)

CASES = (
    Case(
        "flatten-behind-a-loop",
        """\
class Encoder(nn.Module):
    latents: int

    @nn.compact
    def __call__(self, x):
        for features in (4, 5):
            x = nn.relu(nn.Conv(features, (3, 3), (2, 2))(x))
        x = x.reshape((x.shape[0], -1))
        return nn.Dense(self.latents)(x)
""",
        """\
class Encoder(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], latents: int, *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv = nnx.List()
        for features in (4, 5):
            self.conv.append(nnx.Conv(channels, features, (3, 3), (2, 2), rngs=rngs))
            channels = features
            height = (height + 1) // 2
            width = (width + 1) // 2
        self.dense_0 = nnx.Linear(height * width * channels, latents, rngs=rngs)

    def __call__(self, x):
        for conv in self.conv:
            x = nnx.relu(conv(x))
        x = x.reshape((x.shape[0], -1))
        return self.dense_0(x)
""",
        (Call("Encoder", ((9, 12, 3),), {"latents": 3}, (_IMAGES,)),),
    ),
    Case(
        "flatten-behind-a-list-of-setup",
        """\
class Encoder(nn.Module):
    features: tuple = (4, 5)

    def setup(self):
        self.layers = [nn.Conv(f, (3, 3), (2, 1), padding="VALID") for f in self.features]
        self.out = nn.Dense(3)

    def __call__(self, x):
        for layer in self.layers:
            x = nn.avg_pool(nn.relu(layer(x)), (1, 2), (1, 2))
        return self.out(x.reshape(x.shape[0], -1))
""",
        """\
class Encoder(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        features: tuple = (4, 5),
        *,
        rngs: nnx.Rngs,
    ):
        height, width, channels = in_shape
        self.layers = nnx.List()
        for f in features:
            self.layers.append(
                nnx.Conv(channels, f, (3, 3), (2, 1), padding="VALID", rngs=rngs)
            )
            channels = f
            height = (height - 3) // 2 + 1
            width = (width - 3 + 1) // 2
        self.out = nnx.Linear(height * width * channels, 3, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.avg_pool(nnx.relu(layer(x)), (1, 2), (1, 2))
        return self.out(x.reshape(x.shape[0], -1))
""",
        (Call("Encoder", ((9, 12, 3),), {}, (_IMAGES,)),),
    ),
    Case(
        "sequential-in-a-loop",
        """\
class Blocks(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        for _ in range(self.depth):
            y = nn.LayerNorm()(x)
            x = x + nn.Sequential([nn.Dense(2 * d), nn.gelu, nn.Dense(d)])(y)
        return nn.Dense(3)(x)
""",
        """\
class Blocks(nnx.Module):
    def __init__(self, d: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.layer_norm = nnx.List()
        self.sequential = nnx.List()
        for _ in range(depth):
            self.layer_norm.append(nnx.LayerNorm(d, rngs=rngs))
            self.sequential.append(
                nnx.Sequential(
                    nnx.Linear(d, 2 * d, rngs=rngs),
                    nnx.gelu,
                    nnx.Linear(2 * d, d, rngs=rngs),
                )
            )
        self.dense_2 = nnx.Linear(d, 3, rngs=rngs)

    def __call__(self, x):
        for layer_norm, sequential in zip(self.layer_norm, self.sequential):
            y = layer_norm(x)
            x = x + sequential(y)
        return self.dense_2(x)
""",
        (Call("Blocks", (6,), {}, (f32(2, 6),)), Call("Blocks", (6,), {"depth": 3}, (f32(2, 6),))),
    ),
    Case(
        "pools-among-the-widths",
        """\
class VGG(nn.Module):
    widths: tuple = (4, "M", 5, "M")

    @nn.compact
    def __call__(self, x):
        for v in self.widths:
            if v == "M":
                x = nn.max_pool(x, (2, 2), (2, 2))
            else:
                x = nn.relu(nn.Conv(v, (3, 3))(x))
        return nn.Dense(3)(x.reshape(x.shape[0], -1))
""",
        """\
class VGG(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        widths: tuple = (4, "M", 5, "M"),
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        height, width, channels = in_shape
        self.conv = nnx.List()
        for v in widths:
            if v != "M":
                self.conv.append(nnx.Conv(channels, v, (3, 3), rngs=rngs))
            channels = channels if v == "M" else v
            height = height // 2 if v == "M" else height
            width = width // 2 if v == "M" else width
        self.dense_0 = nnx.Linear(height * width * channels, 3, rngs=rngs)

    def __call__(self, x):
        convs = iter(self.conv)
        for v in self.widths:
            if v == "M":
                x = nnx.max_pool(x, (2, 2), (2, 2))
            else:
                x = nnx.relu(next(convs)(x))
        return self.dense_0(x.reshape(x.shape[0], -1))
""",
        (
            Call("VGG", ((9, 12, 3),), {}, (_IMAGES,)),
            Call("VGG", ((9, 12, 3),), {"widths": ("M", 2, 3)}, (_IMAGES,)),
        ),
    ),
    Case(
        "blocks-that-widen",
        """\
class Block(nn.Module):
    layers: int
    growth: int

    @nn.compact
    def __call__(self, x):
        for _ in range(self.layers):
            y = nn.Dense(self.growth)(nn.relu(nn.LayerNorm()(x)))
            x = jnp.concatenate([x, y], axis=-1)
        return x


class Dense(nn.Module):
    growth: int = 2
    blocks: tuple = (2, 3)

    @nn.compact
    def __call__(self, x):
        for n in self.blocks:
            x = Block(n, self.growth)(x)
            x = nn.Dense(x.shape[-1] // 2)(x)
        return nn.Dense(3)(x)
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, layers: int, growth: int, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        self.layer_norm = nnx.List()
        for _ in range(layers):
            self.dense.append(nnx.Linear(in_features, growth, rngs=rngs))
            self.layer_norm.append(nnx.LayerNorm(in_features, rngs=rngs))
            in_features = in_features + growth

    def __call__(self, x):
        for dense, layer_norm in zip(self.dense, self.layer_norm):
            y = dense(nnx.relu(layer_norm(x)))
            x = jnp.concatenate([x, y], axis=-1)
        return x


class Dense(nnx.Module):
    def __init__(
        self,
        in_features: int,
        growth: int = 2,
        blocks: tuple = (2, 3),
        *,
        rngs: nnx.Rngs,
    ):
        self.block = nnx.List()
        self.dense = nnx.List()
        features = in_features
        for n in blocks:
            self.block.append(Block(features, n, growth, rngs=rngs))
            self.dense.append(
                nnx.Linear(
                    features + n * growth, (features + n * growth) // 2, rngs=rngs
                )
            )
            features = (features + n * growth) // 2
        self.dense_1 = nnx.Linear(features, 3, rngs=rngs)

    def __call__(self, x):
        for block, dense in zip(self.block, self.dense):
            x = block(x)
            x = dense(x)
        return self.dense_1(x)
""",
        (
            Call("Dense", (5,), {}, (f32(2, 5),)),
            Call("Dense", (6,), {"blocks": (1, 0, 2)}, (f32(2, 6),)),
            Call("Block", (5,), {"layers": 2, "growth": 3}, (f32(2, 5),)),
        ),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_becomes(case: Case) -> None:
    check_transformed(HEADER + case.before, HEADER.replace("linen as nn", "nnx") + case.after)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


MORE = """\
class Sized(nn.Module):
    @nn.compact
    def __call__(self, x):
        for i in range(2):
            x = nn.Sequential([nn.Dense(4), nn.gelu, nn.Dense(5 + i)], name=f"mlp_{i}")(x)
        return nn.Sequential([nn.Dense(2)])(x)


class Graph(nn.Module):
    @nn.compact
    def __call__(self, nodes, senders, receivers):
        x = nn.Dense(5)(jnp.concatenate([nodes[senders], nodes[receivers]], -1))
        x = jax.ops.segment_sum(x, receivers, num_segments=nodes.shape[0])
        return nn.Dense(4)(jnp.concatenate([nodes, x], -1))


class Conditioned(nn.Module):
    @nn.compact
    def __call__(self, x, condition):
        condition = jnp.tile(condition[:, None, :], (1, x.shape[1], 1))
        return nn.Dense(4)(condition) + nn.Dense(4)(x)


class Waves(nn.Module):
    features: tuple = (4, 5, 2)

    @nn.compact
    def __call__(self, x):
        for f in self.features[:-1]:
            x = jnp.sin(nn.Dense(f, kernel_init=nn.initializers.uniform(2.0 / x.shape[-1]))(x))
        return nn.Dense(self.features[-1])(x)


class Adjacent(nn.Module):
    @nn.compact
    def __call__(self, x, adjacent):
        return adjacent @ nn.Dense(3)(nn.relu(adjacent @ nn.Dense(4)(x)))


class Grouped(nn.Module):
    dim: int
    heads: int
    groups: int

    def setup(self):
        self.head_dim = self.dim // self.heads
        self.q = nn.Dense(self.heads * self.head_dim)
        self.k = nn.Dense(self.groups * self.head_dim)
        self.out = nn.Dense(self.dim)

    def __call__(self, x, mask=None):
        b, t, _ = x.shape
        q = self.q(x).reshape(b, t, self.heads, self.head_dim)
        k = self.k(x).reshape(b, t, self.groups, self.head_dim)
        k = jnp.repeat(k, self.heads // self.groups, axis=2)
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(self.head_dim)
        if mask is not None:
            scores = jnp.where(mask, scores, -1e9)
        x = jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(scores, -1), k)
        return self.out(x.reshape(b, t, -1))


class Nested(nn.Module):
    @nn.compact
    def __call__(self, x):
        for k in range(2):
            for _ in range(2):
                x = jnp.concatenate([x, nn.Dense(3 + k)(x)], axis=-1)
        return x


class Remembered(nn.Module):
    @nn.compact
    def __call__(self, x):
        outs = []
        for _ in range(2):
            z = x
            for width in (5, 6):
                x = nn.Dense(width)(x)
            outs.append(nn.Conv(z.shape[-1], (1,))(x))
        return x, outs


class Doubled(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = jnp.concatenate([x, nn.Dense(x.shape[-1])(x)], axis=-1)
        return nn.Dense(2)(x)


class Pyramid(nn.Module):
    widths: tuple = (4, 5)

    @nn.compact
    def __call__(self, x):
        for block, width in enumerate(self.widths):
            for _ in range(2):
                x = nn.relu(nn.Conv(width, (3, 3))(x))
            x = nn.max_pool(x, (2, 2), (2, 2))
        return nn.Dense(3)(x.reshape(x.shape[0], -1))
"""


LISTS = """\
class WaveNet(nn.Module):
    layers: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(6, (1,))(x)
        skips = []
        for i in range(self.layers):
            h = nn.Conv(12, (2,), kernel_dilation=(2**i,), padding="CAUSAL")(x)
            a, b = jnp.split(h, 2, axis=-1)
            h = nn.tanh(a) * nn.sigmoid(b)
            skips.append(nn.Conv(5, (1,))(h))
            x = x + nn.Conv(6, (1,))(h)
        return nn.Conv(3, (1,))(nn.relu(sum(skips)))


class Stacked(nn.Module):
    @nn.compact
    def __call__(self, x):
        outs = []
        for _ in range(3):
            x = nn.Dense(4)(x)
            outs.append(nn.tanh(x))
        return nn.Dense(2)(jnp.stack(outs, axis=-2)) + nn.Dense(2)(outs[-1])[..., None, :]


class Joined(nn.Module):
    @nn.compact
    def __call__(self, x):
        outs = [nn.Dense(4)(x)]
        outs.append(nn.Dense(5)(x))
        return nn.Dense(2)(jnp.concatenate(outs, -1))
"""


def test_lists_that_rounds_fill_compute_the_same() -> None:
    check_equivalent(
        HEADER + LISTS,
        *(Call("WaveNet", (7,), {"layers": layers}, (f32(2, 9, 7),)) for layers in (1, 3)),
        Call("Stacked", (7,), {}, (f32(2, 7),)),
        Call("Joined", (7,), {}, (f32(2, 7),)),
    )


def test_more_of_them_compute_the_same() -> None:
    ids = InputSpec("int32", (6,))
    check_equivalent(
        HEADER + MORE,
        Call("Sized", (7,), {}, (f32(2, 7),)),
        Call("Graph", (3,), {}, (f32(4, 3), ids, ids)),
        Call("Conditioned", (3, 7), {}, (f32(2, 5, 7), f32(2, 3))),
        Call("Nested", (7,), {}, (f32(2, 7),)),
        Call("Remembered", (7,), {}, (f32(2, 3, 7),)),
        Call("Doubled", (3,), {}, (f32(2, 3),)),
        Call("Waves", (7,), {}, (f32(2, 7),)),
        Call("Adjacent", (7,), {}, (f32(4, 7), f32(4, 4))),
        *(
            Call("Grouped", (7,), {"dim": 8, "heads": 4, "groups": groups}, (f32(2, 5, 7), *mask))
            for groups, mask in ((2, ()), (4, ()), (2, (f32(2, 1, 5, 5),)))
        ),
        Call("Pyramid", ((9, 12, 3),), {}, (_IMAGES,)),
    )


@pytest.mark.parametrize(
    "body",
    [
        # one size becomes the other, and the other way round
        "        for f in (4, 5):\n            x = nn.Conv(f, (3, 3), (2, 1))(x).swapaxes(1, 2)\n",
        # the number of axes changes
        "        for f in (4, 5):\n            x = nn.Conv(f, (3, 3))(x)\n            x = x.reshape(x.shape[0], -1)\n",
        # a round decides itself how much wider it makes what it is given
        "        for f in (4, 5):\n            x = jnp.concatenate([x, *[x] * f], -1)\n",
        # so does what a round does to the image
        "        for i, f in enumerate((4, 5)):\n            x = nn.Conv(f, (3, 3), strides=1 + i)(x)[:, i:]\n",
    ],
    ids=["turned", "flattened", "widened", "cut"],
)
def test_what_is_not_followed_stays(body: str) -> None:
    head = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    check_refused(HEADER + head + body + "        return nn.Dense(3)(x.reshape(x.shape[0], -1))\n", "MN108")


@pytest.mark.parametrize(
    ("fill", "read"),
    [
        ("outs.append(nn.Dense(4)(x))", "jnp.concatenate(outs, -1)"),  # how many there are is not known
        ("outs.append(nn.Dense(4)(x))", "jnp.stack(outs, -1)"),
        ("outs.append(nn.Dense(f)(x))", "outs[0]"),  # the first one
        ("outs.append(nn.Dense(f)(x))", "outs[-1]"),
        ("others = outs; others.append(nn.Dense(4)(x))", "sum(outs)"),
        ("outs.insert(0, nn.Dense(4)(x))", "sum(outs)"),
        ("outs += [nn.Dense(4)(x)]", "jnp.concatenate(outs, -1)"),
    ],
)
def test_lists_of_which_too_little_is_known_stay(fill: str, read: str) -> None:
    head = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        outs = []\n"
    loop = f"        for f in (4, 5):\n            {fill}\n        return nn.Dense(2)({read})\n"
    check_refused(HEADER + head + loop, "MN108")


@pytest.mark.parametrize(
    ("block", "size"),
    [
        (
            (
                "for _ in range(2):\n            for _ in range(2):\n"
                "                x = jnp.concatenate([x, nn.Dense(3)(x)], -1)"
            ),
            "in_features + 12",
        ),
        (
            "for k in range(2):\n            x = jnp.concatenate([x, nn.Dense(3 + k)(x)], -1)",
            "in_features + 7",
        ),
        (
            "for _ in range(2):\n            x = jnp.concatenate([x, nn.Dense(x.shape[-1])(x)], -1)",
            "4 * in_features",
        ),
    ],
    ids=["two-loops", "unlike-steps", "doubled"],
)
def test_a_block_that_widens_in_some_way_tells_its_caller(block: str, size: str) -> None:
    head = "    @nn.compact\n    def __call__(self, x):\n        "
    inner = f"class Block(nn.Module):\n{head}{block}\n        return x\n\n\n"
    source = f"{HEADER}{inner}class Net(nn.Module):\n{head}return nn.Dense(2)(Block()(x))\n"
    text, _, _ = migrate(source)
    assert f"self.dense_0 = nnx.Linear({size}, 2, rngs=rngs)" in text
    check_equivalent(source, Call("Net", (5,), {}, (f32(2, 5),)))
