# ruff: noqa: E501
"""Fields that hold a list of modules, `Net([Block(4), Block(8)])`: whoever constructs the class tells their sizes."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec

from .check import (
    Call,
    Case,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

TYPES = "from collections.abc import Callable, Sequence\nfrom dataclasses import field\n\nimport jax\nimport jax.numpy as jnp\n"
HEADER = TYPES + "from flax import linen as nn\n\n\n"
AFTER = TYPES + "from flax import nnx\n\n\n"
_X = f32(2, 5)

BLOCK = """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(x))


"""
BLOCK_AFTER = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.dense_0(x))


"""
NET = """\
class Net(nn.Module):
    \"\"\"Runs one layer after the other.\"\"\"

    layers: Sequence[nn.Module | Callable]  # what it runs
    scale: float = 2.0

    @nn.compact
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


"""
NET_AFTER = """\
class Net(nnx.Module):
    \"\"\"Runs one layer after the other.\"\"\"

    def __init__(
        self,
        layers: Sequence[nnx.Module | Callable],  # what it runs
        scale: float = 2.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.layers = nnx.List(layers)
        self.scale = scale

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


"""
SOURCE = BLOCK + NET

SETUP = Case("in-setup", SOURCE + """\
class Up(nn.Module):
    def setup(self):
        self.net = Net([nn.Dense(3), Block(4), nn.relu, nn.LayerNorm(use_bias=False), jnp.tanh, nn.Dense(2)])
        self.short = Net((Block(3), nn.Dense(4)), scale=1.0)

    def __call__(self, x):
        return self.short(self.net(x))
""", BLOCK_AFTER + NET_AFTER + """\
class Up(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.net = Net(
            [
                nnx.Linear(in_features, 3, rngs=rngs),
                Block(3, 4, rngs=rngs),
                nnx.relu,
                nnx.LayerNorm(4, use_bias=False, rngs=rngs),
                jnp.tanh,
                nnx.Linear(4, 2, rngs=rngs),
            ],
            rngs=rngs,
        )
        self.short = Net(
            (Block(2, 3, rngs=rngs), nnx.Linear(3, 4, rngs=rngs)), scale=1.0, rngs=rngs
        )

    def __call__(self, x):
        return self.short(self.net(x))
""", (Call("Up", (5,), {}, (_X,)),))  # fmt: skip

COMPACT = Case("in-a-loop-of-a-compact-method", SOURCE + """\
class Up(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(7)(x)
        for _ in range(self.depth):
            x = Net(layers=[Block(3), nn.Dense(6)])(x)
        return Net([Net([Block(3)]), nn.Dense(2)])(x)
""", BLOCK_AFTER + NET_AFTER + """\
class Up(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 7, rngs=rngs)
        self.net = nnx.List()
        features = 7
        for _ in range(depth):
            self.net.append(
                Net(
                    layers=[Block(features, 3, rngs=rngs), nnx.Linear(3, 6, rngs=rngs)],
                    rngs=rngs,
                )
            )
            features = 6
        self.net_2 = Net(
            [
                Net([Block(features, 3, rngs=rngs)], rngs=rngs),
                nnx.Linear(3, 2, rngs=rngs),
            ],
            rngs=rngs,
        )

    def __call__(self, x):
        x = self.dense_0(x)
        for net in self.net:
            x = net(x)
        return self.net_2(x)
""", (Call("Up", (5,), {}, (_X,)), Call("Up", (5,), {"depth": 3}, (_X,))))  # fmt: skip

CASES = (SETUP, COMPACT)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_equivalent(case: Case) -> None:
    _check_both_modes(HEADER + case.before, *case.calls)


def _check_both_modes(before: str, *calls: Call) -> None:
    check_equivalent(before, *calls)
    twin = load(migrate(before)[0])
    for call in calls:
        run_in_tree_mode(twin, call)


UP = """\
class Up(nn.Module):
    def setup(self):
        self.net = Net(%s)

    def __call__(self, x, train: bool = False):
        return self.net(x%s)
"""
CALLED = "class Net(nn.Module):\n    layers: list[nn.Module]\n\n    @nn.compact\n    def __call__(self, x, train: bool = False):\n"


def _called(*rows: str) -> str:
    return CALLED + "".join(f"        {row}\n" for row in rows) + "\n\n"


WAYS = {
    "places": (
        _called("x = self.layers[0](x) + len(self.layers)", "return self.layers[-1](self.layers[1](x))"),
        "[nn.Dense(4), Block(3), nn.Dense(4)]",
    ),
    "widening": (
        _called(
            "for i, layer in enumerate(self.layers):",
            "    x = jnp.concatenate([x, i * layer(x)], -1)",
            "for layer in (1, 2):",
            "    x = x * layer",
            "return x",
        ),
        "[nn.Dense(4), Block(3), nn.LayerNorm(), nn.Dense(4)]",
    ),
    "side-by-side": (
        _called(
            "for scale, layer in zip((1.0, 2.0), self.layers):",
            "    x = layer(x) * scale",
            "return x",
        ),
        "[Block(3), nn.Dense(4)]",
    ),
    "heads": (
        _called("return [head(x) for head in self.layers], sum(layer(x).sum() for layer in self.layers)"),
        "[Block(3), nn.Dense(4)]",
    ),
    "norms": (
        _called(
            "for layer in self.layers:", "    x = layer(x, use_running_average=not train)", "return x"
        ),
        "[nn.BatchNorm(), nn.BatchNorm(momentum=0.9)]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_ways_to_call(way: str) -> None:
    net, layers = WAYS[way]
    call = Call("Up", (5,), {}, (_X,))
    _check_both_modes(
        HEADER + BLOCK + net + UP % (layers, ", train=train"), call, call._replace(kwargs={"train": True})
    )


def test_of_images_and_of_tokens() -> None:
    conv = "[nn.Conv(4, (3, 3)), nn.BatchNorm(use_running_average=True), nn.Conv(2, (3, 3), strides=2)]"
    _check_both_modes(HEADER + SOURCE + UP % (conv, ""), Call("Up", (3,), {}, (f32(2, 8, 8, 3),)))
    embed = "[nn.Embed(7, 3), nn.LayerNorm(), nn.Dropout(0.5, deterministic=True), Block(4)]"
    _check_both_modes(HEADER + SOURCE + UP % (embed, ""), Call("Up", (), {}, (InputSpec("int32", (2, 5)),)))


def test_handed_over_by_a_user() -> None:
    """More of them than one digit counts, in the order of the list behind split and merge too."""
    linen, twin = load(HEADER + SOURCE), load(migrate(HEADER + SOURCE)[0])
    widths = [2 + k for k in range(12)]
    model = linen.Net([flax.linen.tanh, *(linen.Block(width) for width in widths)])
    x = jax.random.normal(jax.random.key(0), (3, 5))
    params = model.init(jax.random.key(1), x)["params"]
    assert set(params) == {f"layers_{k + 1}" for k in range(12)}
    sizes = zip([5, *widths], widths, strict=False)
    net = twin.Net([jnp.tanh, *(twin.Block(a, b, rngs=nnx.Rngs(0)) for a, b in sizes)], rngs=nnx.Rngs(0))
    for k in range(12):
        dense = net.layers[k + 1].dense_0
        dense.kernel[...] = params[f"layers_{k + 1}"]["Dense_0"]["kernel"]
        dense.bias[...] = params[f"layers_{k + 1}"]["Dense_0"]["bias"]
    expected = model.apply({"params": params}, x)
    for each in (net, nnx.merge(*nnx.split(net))):
        np.testing.assert_allclose(each(x), expected, rtol=1e-5)
    np.testing.assert_allclose(nnx.jit(lambda m, x: m(x))(net, x), expected, rtol=1e-5)


EMPTY = {
    "layers: Sequence[nn.Module] = ()": ("layers: Sequence[nnx.Module] = ()", "nnx.List(layers)"),
    "layers: list[nn.Module] = field(default_factory=list)": (
        "layers: list[nnx.Module] | None = None", "nnx.List(list() if layers is None else layers)",
    ),
    "layers: tuple[nn.Module, ...] = field(default_factory=lambda: ())": (
        "layers: tuple[nnx.Module, ...] | None = None", "nnx.List(() if layers is None else layers)",
    ),
    "layers: list[\"Block\"]": ("layers: list[\"Block\"]", "nnx.List(layers)"),
}  # fmt: skip
_FIELD = "layers: Sequence[nn.Module | Callable]"


@pytest.mark.parametrize("declared", EMPTY, ids=str)
def test_declared(declared: str) -> None:
    text, file, _ = migrate(HEADER + changed(SOURCE, (_FIELD, declared)))
    parameter, kept = EMPTY[declared]
    assert not refusals(file), listed(file)
    assert f"        {parameter},  # what it runs\n" in text, text
    assert f"        self.layers = {kept}\n" in text, text


LOOP = "for layer in self.layers:"
REFUSED = [
    Refusal(name, code, HEADER + BLOCK + _called(*rows))
    for name, code, rows in (
        ("a-part-of-the-list", "MN105", ("for layer in self.layers[1:]:", "    x = layer(x)", "return x")),
        ("more-than-the-list", "MN105", ("for layer in (*self.layers, nn.relu):", "    x = layer(x)", "return x")),
        ("handed-on", "MN105", ("return nn.Sequential(self.layers)(x)",)),
        ("returned", "MN105", ("return self.layers",)),
        ("unpacked", "MN105", ("a, b = self.layers", "return a(b(x))")),
        ("its-truth", "MN105", ("return self.layers[0](x) if self.layers else x",)),
        ("an-element-behind-the-loop", "MN105", (LOOP, "    x = layer(x)", "return layer(x)")),
        ("what-an-element-knows", "MN105", (LOOP, "    x = layer(x) + len(layer.name)", "return x")),
        ("another-method", "MN105", (LOOP, "    x = layer.encode(x)", "return x")),
        ("an-element-by-another-name", "MN105", (LOOP, "    last = layer", "    x = last(x)", "return x")),
        ("bound-anew", "MN105", (LOOP, "    x = layer(x)", "    layer = nn.relu", "return x")),
        ("mapped", "MN105", ("return jax.vmap(self.layers[0])(x)",)),
        ("a-size-behind-them", "MN108", (LOOP, "    x = layer(x)", "return nn.Dense(4)(x)")),
        ("named-like-functions", "MN105", ("for act in self.layers:", "    x = act(x)", "return nn.Dense(4)(x)")),
    )
] + [
    Refusal(name, "MN105", HEADER + changed(SOURCE, (_FIELD, declared)))
    for name, declared in (
        ("made-by-default", "layers: Sequence[nn.Module] = (Block(3),)"),
        ("made-by-a-factory", "layers: list[nn.Module] = field(default_factory=lambda: [Block(3)])"),
        ("or-none", "layers: list[nn.Module] | None = None"),
        ("own-class-or-none", "layers: list[Block] | None = None"),
        ("lists-of-lists", "layers: list[list[nn.Module]]"),
        ("a-dict", "layers: dict[str, nn.Module]"),
    )
]  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    _stays(refusal.before, refusal.code, "Net")


MAKERS = {
    "a-function-of-which-nothing-is-known": ("MN105", "self.net = Net([nn.Dense(3), lambda x: x[..., :2]])"),
    "a-comprehension": ("MN105", "self.net = Net([Block(k) for k in (3, 4)])"),
    "unpacked": ("MN105", "self.net = Net([Block(3), *[Block(4)]])"),
    "a-local-list": ("MN105", "blocks = [Block(3)]\n        self.net = Net(blocks)"),
    "one-module-twice": ("MN105", "block = Block(3)\n        self.net = Net([block, block])"),
    "a-list-of-setup": ("MN105", "self.blocks = [Block(3)]\n        self.net = Net(self.blocks)"),
    "one-or-the-other": ("MN105", "self.net = Net([Block(3)] if self.deep else [Block(4)])"),
    "a-name": ("MN204", 'self.net = Net([nn.Dense(3, name="first"), Block(5)])'),
}


@pytest.mark.parametrize("way", MAKERS, ids=str)
def test_who_makes_them_stays_linen(way: str) -> None:
    code, made = MAKERS[way]
    up = changed(
        UP % ("", ""),
        ("self.net = Net()", made),
        ("(nn.Module):\n", "(nn.Module):\n    deep: bool = False\n\n"),
    )
    _stays(HEADER + SOURCE + up, code, "Up")


def test_one_that_is_not_called() -> None:
    first = _called("return self.layers[0](x)") + UP % ("[nn.Dense(4), nn.Dense(3)]", "")
    _stays(HEADER + BLOCK + first, "MN101", "Up")


@pytest.mark.parametrize("given", ["[Block(3)]", "layers"])
def test_made_outside_of_a_class(given: str) -> None:
    script = f"def made(layers):\n    return Net({given})\n"
    _stays(HEADER + SOURCE + script, "MN105", "Net")


def _stays(before: str, code: str, name: str) -> None:
    text, file, _ = migrate(before)
    assert f"class {name}(nn.Module)" in text, text
    found = {d.code for d in refusals(file) if d.message.startswith(f"{name} stays Linen")}
    assert code in found, listed(file)
