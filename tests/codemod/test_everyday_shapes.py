"""Shapes as everybody writes them: leading axes put together, masks that may be None, layers that widen their input."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
    with_header,
)

_ENCODER = """\
class Encoder(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, obs):
        x = {flat}
        for i in range(2):
            x = nn.relu(nn.Conv(self.depth * 2**i, (3, 3), strides=(2, 2), padding="VALID")(x))
        x = {back}
        return nn.Dense(4)(x)
"""


@pytest.mark.parametrize(
    "flat",
    [
        "obs.reshape((-1,) + obs.shape[-3:])",
        "obs.reshape(-1, *obs.shape[-3:])",
        "jnp.reshape(obs, (-1, *obs.shape[-3:]))",
    ],
)
@pytest.mark.parametrize("back", ["x.reshape(obs.shape[:-3] + (-1,))", "x.reshape((*obs.shape[:-3], -1))"])
def test_leading_axes_put_together(flat: str, back: str) -> None:
    text = with_header(_ENCODER.format(flat=flat, back=back))
    assert not refusals(file := migrate(text)[1]), listed(file)
    for shape in ((9, 11, 3), (2, 9, 11, 3), (2, 3, 9, 11, 3)):
        check_equivalent(text, Call("Encoder", ((9, 11, 3),), {}, (f32(*shape),)))


def test_another_number_of_them() -> None:
    """Two axes less than what was put together: what is left is not told."""
    text = _ENCODER.format(
        flat="obs.reshape((-1,) + obs.shape[-3:])", back="x.reshape(obs.shape[:-2] + (-1,))"
    )
    assert {d.code for d in refusals(migrate(with_header(text))[1])} == {"MN108"}


_ATTENTION = """\
def repeat(x, count):
    b, t, heads, width = x.shape
    if count == 1:
        return x
    x = jnp.broadcast_to(x[:, :, :, None, :], (b, t, heads, count, width))
    return x.reshape(b, t, heads * count, width)


class Attention(nn.Module):
    dim: int
    heads: int
    kv_heads: Optional[int] = None

    def setup(self):
        self.n_kv = self.heads if self.kv_heads is None else self.kv_heads
        self.n_rep = self.heads // self.n_kv
        self.width = self.dim // self.heads
        self.q = nn.Dense(self.heads * self.width, use_bias=False)
        self.k = nn.Dense(self.n_kv * self.width, use_bias=False)
        self.v = nn.Dense(self.n_kv * self.width, use_bias=False)
        self.out = nn.Dense(self.dim, use_bias=False)

    def __call__(self, x, mask=None):
        b, t, _ = x.shape
        q = self.q(x).reshape(b, t, self.heads, self.width).transpose(0, 2, 1, 3)
        k = repeat(self.k(x).reshape(b, t, self.n_kv, self.width), self.n_rep).transpose(0, 2, 1, 3)
        v = repeat(self.v(x).reshape(b, t, self.n_kv, self.width), self.n_rep).transpose(0, 2, 1, 3)
        scores = q @ k.transpose(0, 1, 3, 2)
        {masked}
        y = (nn.softmax(scores, axis=-1) @ v).transpose(0, 2, 1, 3).reshape(b, t, -1)
        return self.out(y)
"""


@pytest.mark.parametrize(
    "masked",
    [
        "if mask is not None:\n            scores = scores + mask",
        "if mask is None:\n            pass\n        else:\n            scores = jnp.where(mask > 0, scores, -1e9)",
        "scores = scores + mask if mask is not None else scores",
    ],
)
def test_a_mask_that_may_be_none(masked: str) -> None:
    """Heads and positions behind it are those without a mask; sizes are spelled with what setup keeps."""
    text = "from typing import Optional\n\n" + HEADER + _ATTENTION.format(masked=masked)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "(self.n_kv if self.n_rep == 1 else self.n_kv * self.n_rep) * self.width" in after
    fields = {"dim": 12, "heads": 4}
    calls = [Call("Attention", (12,), fields | {"kv_heads": n}, (f32(2, 5, 12),)) for n in (None, 1, 2)]
    check_equivalent(text, *calls, Call("Attention", (12,), fields, (f32(2, 5, 12), f32(5, 5))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "self.n_rep = self.heads // self.n_kv",
            "self.n_rep = 1\n        self.n_rep = self.heads // self.n_kv",
        ),
        (
            "self.width = self.dim // self.heads",
            "if self.heads:\n            self.width = self.dim // self.heads",
        ),
    ],
)
def test_attributes_that_are_set_otherwise(old: str, new: str) -> None:
    assert old in _ATTENTION
    text = "from typing import Optional\n\n" + HEADER + _ATTENTION.format(masked="").replace(old, new)
    name = old.partition(" ")[0].removeprefix("self.")
    after, *_ = migrate(text)
    assert f"self.{name} " not in after.partition("self.out = ")[2].partition("\n\n")[0]
    check_equivalent(text, Call("Attention", (12,), {"dim": 12, "heads": 4, "kv_heads": 2}, (f32(2, 5, 12),)))


_MAMBA = """\
class Block(nn.Module):
    dim: int
    state: int = 3
    expand: int = 2

    def setup(self):
        self.inner = self.expand * self.dim
        self.rank = math.ceil(self.dim / 3)
        self.x_proj = nn.Dense(self.inner)
        self.dt_proj = nn.Dense(self.rank + 2 * self.state)
        self.dt = nn.Dense(self.inner)
        self.out = nn.Dense(self.dim)

    def __call__(self, x):
        x = self.x_proj(x)
        delta, b, c = jnp.split(self.dt_proj(x), [self.rank, self.rank + self.state], axis=-1)
        return self.out(self.dt(delta) * x)
"""


def test_sizes_that_setup_has_computed() -> None:
    text = "import math\n\n" + HEADER + _MAMBA
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "self.dt = nnx.Linear(self.rank, self.inner, rngs=rngs)" in after
    assert "self.out = nnx.Linear(self.inner, dim, rngs=rngs)" in after
    check_equivalent(text, Call("Block", (5,), {"dim": 7}, (f32(2, 5),)))


_DENSENET = """\
class Layer(nn.Module):
    growth: int

    @nn.compact
    def __call__(self, x):
        return jnp.concatenate([nn.Conv(self.growth, (3, 3))(x), x], axis=-1)


class Stage(nn.Module):
    depth: int
    growth: int

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = Layer(self.growth)(x)
        return x


class DenseNet(nn.Module):
    depths: tuple = (2, 3)
    growth: int = 2

    @nn.compact
    def __call__(self, x):
        c = self.growth * 2
        x = nn.Conv(c, (3, 3))(x)
        for i, depth in enumerate(self.depths):
            x = Stage(depth, self.growth)(x)
            c = c + depth * self.growth
            if i < len(self.depths) - 1:
                c = c // 2
                x = nn.Conv(c, (1, 1))(x)
        return nn.Dense(3)(x)
"""


def test_layers_that_put_their_features_in_front() -> None:
    text = with_header(_DENSENET)
    assert not refusals(file := migrate(text)[1]), listed(file)
    calls = (
        Call("DenseNet", (2,), {"depths": depths}, (f32(2, 4, 4, 2),)) for depths in ((2, 3), (1, 2, 4), (1,))
    )
    check_equivalent(text, *calls)


_QUERY = """\
class Attend(nn.Module):
    units: int

    @nn.compact
    def __call__(self, query, values):
        query = jnp.expand_dims(query, 1)
        score = nn.Dense(1)(nn.tanh(nn.Dense(self.units)(query) + nn.Dense(self.units)(values)))
        return jnp.sum(nn.softmax(score, axis=1) * values, axis=1)
"""


def test_an_axis_in_the_middle() -> None:
    """The argument is taken to have more axes than the one, so that the last stays the last."""
    text = with_header(_QUERY)
    check_equivalent(text, Call("Attend", (3, 4), {"units": 5}, (f32(2, 3), f32(2, 6, 4))))
    script = "model = Attend(5)\nmodel.init(jax.random.key(0), jnp.ones(3), jnp.ones((6, 4)))\n"
    found = refusals(migrate(text + "\n\n" + script)[1])
    assert ["`query` has 1 axes here" in refusal.message for refusal in found] == [True], found


_SCALED = """\
class Scaled(nn.Module):
    @nn.compact
    def __call__(self, x, {argument}):
        {scaled}
        return nn.Dense(3)(nn.relu(x))
"""


@pytest.mark.parametrize(
    ("argument", "scaled", "given"),
    [
        ("scale: float", "x = x * scale", 2.0),
        ("scale=1.0", "x = scale * x - 1", 2.0),
        ("shift=None", "if shift is not None:\n            x = x + shift", None),
        ("shift=None", "if shift is not None:\n            x = x + shift", f32(4)),
        ("mask", "x = x * mask", f32(2, 1)),
        ("mask", "x = mask * x", f32(2, 4)),
    ],
)
def test_an_argument_on_another(argument: str, scaled: str, given: object) -> None:
    text = with_header(_SCALED.format(argument=argument, scaled=scaled))
    file = migrate(text)[1]
    assert not refusals(file), listed(file)
    noted = "takes `mask` and `x` to have one number of features" in listed(file)
    assert noted == (argument == "mask")
    check_equivalent(text, Call("Scaled", (4,), {}, (f32(2, 4), given)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.Dense(3)(nn.relu(x))", "nn.LayerNorm()(x)"),  # of one feature it would not fail
        ("x = x * mask", "x = x * mask + self.other"),
        ("x = x * mask", "x = x * mask * jnp.sin(mask)[..., :1]"),
    ],
)
def test_what_would_not_fail_or_is_of_more(old: str, new: str) -> None:
    text = _SCALED.format(argument="mask", scaled="x = x * mask")
    assert old in text
    assert {d.code for d in refusals(migrate(with_header(text.replace(old, new)))[1])} == {"MN108"}


_LAYER = """\
class Layer(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, src, pos):
        q = k = src + pos
        y = nn.MultiHeadDotProductAttention(self.heads)(q, k, src)
        return nn.LayerNorm()(src + y)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pos):
        x = nn.Dense(6)(x)
        for _ in range(2):
            x = Layer(2)(x, pos)
        return x
"""


def test_positions_that_are_added_to_queries_and_keys() -> None:
    text = with_header(_LAYER)
    assert not refusals(file := migrate(text)[1]), listed(file)
    check_equivalent(text, Call("Net", (4,), {}, (f32(2, 5, 4), f32(5, 6))))


def test_a_whole_sequence() -> None:
    """Tokens of an encoder and a decoder, one step after the other."""
    text = with_header(
        _QUERY + "\n\nclass Decoder(nn.Module):\n    @nn.compact\n    def __call__(self, ids, encoded):\n"
        "        state = nn.Embed(9, 4)(ids[:, 0])\n"
        "        return nn.Dense(9)(jnp.concatenate([Attend(5)(state, encoded), state], axis=-1))\n"
    )
    check_equivalent(text, Call("Decoder", (4,), {}, (InputSpec("int32", (2, 5)), f32(2, 6, 4))))


_COMPREHENDED = """\
class Coder(nn.Module):
    widths: tuple

    def setup(self):
        self.encoder = nn.Sequential(
            [*[layer for w in self.widths for layer in (nn.Dense(w), nn.relu)], nn.Dense(2)]
        )
        self.decoder = nn.Sequential([nn.Dense(w) for w in reversed(self.widths)])

    def encode(self, x):
        return self.encoder(x)

    def decode(self, x):
        return self.decoder(x)

    def __call__(self, x):
        return self.decode(self.encode(x)), self.encode(x * 2)
"""


def test_a_comprehension_that_several_methods_run() -> None:
    """Each run of it is a loop of its own, whose sizes are those of the first."""
    text = with_header(_COMPREHENDED)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "layers += [nnx.Linear(in_features, w, rngs=rngs), nnx.relu]" in after
    check_equivalent(text, Call("Coder", (6,), {"widths": (5, 4)}, (f32(3, 6),)))


_NAMED = """\
class Net(nn.Module):
    widths: tuple = (4, 6, 5)

    @nn.compact
    def __call__(self, x):
        for i in range(len(self.widths)):
            if {test}:
                x = nn.LayerNorm(name=f"norm_{{i}}")(x)
                x = nn.Dense(self.widths[i], name=f"down_{{i}}")(x)
            for j in range(2):
                x = nn.relu(nn.Dense(self.widths[i], name=f"stage{{i}}_{{j}}")(x))
        return nn.Dense(3, name="head")(x)
"""


@pytest.mark.parametrize(
    "test", ["i > 0", "i != 1", "i != len(self.widths) - 1", "i % 2 == 0 and self.widths"]
)
def test_names_of_some_rounds(test: str) -> None:
    text = with_header(_NAMED.format(test=test))
    assert not refusals(file := migrate(text)[1]), listed(file)
    check_equivalent(
        text, Call("Net", (3,), {}, (f32(2, 3),)), Call("Net", (3,), {"widths": (5, 4)}, (f32(2, 3),))
    )


@pytest.mark.parametrize("test", ["x.ndim > 1", "(k := i) > 0", "x.shape[0] > i"])
def test_names_that_more_than_the_round_decides_on(test: str) -> None:
    found = refusals(migrate(with_header(_NAMED.format(test=test)))[1])
    assert {d.code for d in found} & {"MN204", "MN201", "MN202"}, found


_GRAPHS = """\
class Conv(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, adj):
        x = nn.Dense(self.features, use_bias=False)(x)
        return adj @ x / adj.sum(axis=-1, keepdims=True)


class Gat(nn.Module):
    features: int
    heads: int = 2

    @nn.compact
    def __call__(self, x, adj):
        n = x.shape[0]
        h = nn.Dense(self.features * self.heads)(x).reshape(n, self.heads, self.features)
        a = self.param("a", nn.initializers.ones, (self.heads, self.features))
        e = (h * a).sum(-1)[:, None, :] + (h + a).sum(-1)[None, :, :]
        w = nn.softmax(jnp.where(adj[..., None] > 0, e, -1e9), axis=1)
        return jnp.einsum("ijh,jhf->ihf", w, h).reshape(n, -1)


class Graphs(nn.Module):
    hidden: tuple = (4, 6)

    @nn.compact
    def __call__(self, x, adj):
        for h in self.hidden:
            x = nn.relu(Conv(h)(x, adj))
        return Conv(3)(nn.elu(Gat(5)(x, adj)), adj)


class Messages(nn.Module):
    hidden: int = 4

    @nn.compact
    def __call__(self, nodes, edges, senders, receivers):
        h, e = nn.Dense(self.hidden)(nodes), nn.Dense(self.hidden)(edges)
        cell = nn.GRUCell(self.hidden)
        message = nn.Dense(self.hidden)
        for _ in range(2):
            m = nn.relu(message(jnp.concatenate([h[senders], h[receivers], e], axis=-1)))
            h, _ = cell(h, jax.ops.segment_sum(m, receivers, num_segments=nodes.shape[0]))
        return nn.Dense(1)(h.sum(0))
"""


def test_graphs() -> None:
    text = with_header(_GRAPHS)
    assert not refusals(file := migrate(text)[1]), listed(file)
    ids = InputSpec("int32", (9,))
    check_equivalent(
        text,
        Call("Graphs", (5,), {}, (f32(7, 5), f32(7, 7))),
        Call("Messages", (5, 3), {}, (f32(7, 5), f32(9, 3), ids, ids)),
    )


_VIT = """\
class Positions(nn.Module):
    @nn.compact
    def __call__(self, x):
        assert x.ndim == 3, x.shape
        return x + self.param("table", nn.initializers.normal(0.02), (1, x.shape[1], x.shape[2]))


class Vit(nn.Module):
    patches: Tuple[int, int]
    width: int
    classifier: str = "token"

    @nn.compact
    def __call__(self, x):
        n, h, w, c = x.shape
        x = nn.Conv(self.width, self.patches, strides=self.patches, padding="VALID", name="embedding")(x)
        n, h, w, c = x.shape
        x = jnp.reshape(x, [n, h * w, c])
        if self.classifier in ["token", "all"]:
            cls = self.param("cls", nn.initializers.zeros, (1, 1, c))
            x = jnp.concatenate([jnp.tile(cls, [n, 1, 1]), x], axis=1)
        x = nn.LayerNorm()(Positions(name="positions")(x))
        if self.classifier == "token":
            x = x[:, 0]
        elif self.classifier == "gap":
            x = jnp.mean(x, axis=list(range(1, x.ndim - 1)))
        else:
            raise ValueError(self.classifier)
        return nn.Dense(3, name="head")(x)
"""


@pytest.mark.parametrize("classifier", ["token", "gap"])
def test_the_vit_of_vision_transformer(classifier: str) -> None:
    """Shapes that are unpacked twice, an assertion on the number of axes, and one list or another of tokens."""
    text = "from typing import Tuple\n\n" + HEADER + _VIT
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "def __init__(self, length: int, features: int, *, rngs: nnx.Rngs)" in after
    fields = {"patches": (4, 2), "width": 6, "classifier": classifier}
    check_equivalent(text, Call("Vit", ((8, 8, 3),), fields, (f32(2, 8, 8, 3),)))


def test_the_last_axis_of_any_number_behind_a_layer() -> None:
    before = HEADER + (
        "class Heads(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        x = nn.Dense(6)(x)\n"
        "        *batch, features = x.shape\n"
        "        return nn.Dense(features * 2)(x).reshape(*batch, 2, features)\n"
    )
    after = NNX_HEADER + (
        "class Heads(nnx.Module):\n"
        "    def __init__(self, in_features: int, *, rngs: nnx.Rngs):\n"
        "        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)\n"
        "        self.dense_1 = nnx.Linear(6, 6 * 2, rngs=rngs)\n\n"
        "    def __call__(self, x):\n"
        "        x = self.dense_0(x)\n"
        "        *batch, features = x.shape\n"
        "        return self.dense_1(x).reshape(*batch, 2, features)\n"
    )
    check_transformed(before, after)
    calls = (Call("Heads", (3,), {}, (f32(*shape),)) for shape in ((3,), (2, 3), (2, 4, 3)))
    check_equivalent(before, *calls)


def test_axes_that_are_not_counted_stay_where_a_size_is_made_of_them() -> None:
    source = (
        "class Heads(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        x = nn.Dense(6)(x)\n"
        "        *batch, features = x.shape\n"
        "        return nn.Dense(batch[0])(x)\n"
    )
    check_refused(HEADER + source, "MN108")


_HEADS = """\
class Heads(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x):
        batch, nodes = x.shape[0], x.shape[1]
        x = nn.Dense(8)(x)
        x = x.reshape(batch, nodes, self.heads, -1)
        return nn.Dense(3)(x)


model = Heads()
params = model.init(jax.random.key(0), jnp.ones({shape}))
"""


def test_axes_that_a_shape_begins_with_are_all_but_the_last() -> None:
    """A sample of three axes confirms it, one of four does not."""
    text, file, _ = migrate(HEADER + _HEADS.format(shape=(1, 4, 5)))
    assert not refusals(file)
    assert "self.dense_1 = nnx.Linear(8 // heads, 3, rngs=rngs)" in text
    assert "model = Heads(5, rngs=nnx.Rngs(0))" in text
    check_equivalent(HEADER + _HEADS.format(shape=(1, 4, 5)), Call("Heads", (5,), {}, (f32(2, 4, 5),)))
    assert "model = Heads()" in migrate(HEADER + _HEADS.format(shape=(1, 4, 4, 5)))[0]
