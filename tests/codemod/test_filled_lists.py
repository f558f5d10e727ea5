# ruff: noqa: E501
"""Lists of modules that a compact method makes and goes through at once: each call stands where the list grew."""

import pytest

from .check import (
    Call,
    Case,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

HEADER = "from collections.abc import Callable, Sequence\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = (
    "from collections.abc import Callable, Sequence\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
)
_X = f32(2, 5)

MLP = Case("a-sequential-that-a-loop-fills", """\
class MLP(nn.Module):
    features: Sequence[int]
    act: Callable = nn.relu
    norm: bool = False

    @nn.compact
    def __call__(self, x, train: bool = False):
        layers = []
        for i, f in enumerate(self.features):
            layers.append(nn.Dense(f))
            if self.norm:
                layers += [nn.LayerNorm(), nn.Dropout(0.0, deterministic=not train)]
            if i < len(self.features) - 1:
                layers.append(self.act)  # not behind the last
        layers.extend([lambda h: h * 2, nn.Dense(1)])
        return nn.Sequential(layers)(x)
""", """\
class MLP(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: Sequence[int],
        act: Callable = nnx.relu,
        norm: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        self.act = act
        self.norm = norm
        self.dense = nnx.List()
        self.layer_norm = nnx.List()
        for f in features:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            if norm:
                self.layer_norm.append(nnx.LayerNorm(f, rngs=rngs))
            in_features = f
        self.dense_1 = nnx.Linear(in_features, 1, rngs=rngs)
        if norm:
            self.dropout_0 = nnx.Dropout(0.0, rngs=rngs)

    def __call__(self, x, train: bool = False):
        for i, f in enumerate(self.features):
            x = self.dense[i](x)
            if self.norm:
                x = self.layer_norm[i](x)
                x = self.dropout_0(x, deterministic=not train)
            if i < len(self.features) - 1:
                x = self.act(x)  # not behind the last
        x = self.dense_1(x * 2)
        return x
""", tuple(Call("MLP", (5,), {"features": features, "norm": norm}, (_X,)) for features in ((4,), (4, 3, 6)) for norm in (False, True)))  # fmt: skip

BESIDE = Case("what-goes-in-is-read-again", """\
class Block(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x):
        layers = [nn.Dense(self.width), jnp.tanh]
        layers.append(
            nn.Dense(
                self.width,
                use_bias=False,
            )
        )
        x = nn.relu(x + nn.Sequential(layers=layers)(x))
        blocks = [
            nn.Dense(4),
            # as it was
            nn.Dense(
                3,
                use_bias=False,
            ),
            lambda h: h.reshape(h.shape[0], -1),  # flat
        ]
        for block in blocks:
            x = block(x)
            x = nn.silu(x)
        return x
""", """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int = 5, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(width, width, use_bias=False, rngs=rngs)
        self.dense_2 = nnx.Linear(width, 4, rngs=rngs)
        self.dense_3 = nnx.Linear(4, 3, use_bias=False, rngs=rngs)

    def __call__(self, x):
        y = jnp.tanh(self.dense_0(x))
        y = self.dense_1(y)
        x = nnx.relu(x + y)
        x = nnx.silu(self.dense_2(x))
        # as it was
        x = nnx.silu(self.dense_3(x))
        x = nnx.silu(x.reshape(x.shape[0], -1))  # flat
        return x
""", (Call("Block", (5,), {}, (_X,)),))  # fmt: skip

GOOGLENET = Case("modules-and-functions", """\
class Inception(nn.Module):
    widths: dict

    @nn.compact
    def __call__(self, x, train: bool = True):
        one = nn.Dense(self.widths["one"])(x)
        two = nn.Dense(self.widths["two"])(nn.relu(nn.Dense(self.widths["inner"])(x)))
        x = jnp.concatenate([one, two], axis=-1)
        return nn.BatchNorm(use_running_average=not train)(x)


class GoogleNet(nn.Module):
    classes: int = 3

    @nn.compact
    def __call__(self, x, train: bool = True):
        x = nn.Dense(6)(x)
        blocks = [
            Inception({"one": 4, "two": 2, "inner": 3}),
            Inception(widths={"one": 3, "two": 5, "inner": 2}),
            lambda inp: nn.relu(inp) * 2,  # twice
            Inception(widths={"one": 2, "two": 2, "inner": 2}),
        ]
        for block in blocks:
            x = block(x, train=train) if isinstance(block, Inception) else block(x)
        return nn.Dense(self.classes)(x)
""", """\
class Inception(nnx.Module):
    def __init__(self, in_features: int, widths: dict, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, widths["one"], rngs=rngs)
        self.dense_1 = nnx.Linear(widths["inner"], widths["two"], rngs=rngs)
        self.dense_2 = nnx.Linear(in_features, widths["inner"], rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(widths["one"] + widths["two"], rngs=rngs)

    def __call__(self, x, train: bool = True):
        one = self.dense_0(x)
        two = self.dense_1(nnx.relu(self.dense_2(x)))
        x = jnp.concatenate([one, two], axis=-1)
        return self.batch_norm_0(x, use_running_average=not train)


class GoogleNet(nnx.Module):
    def __init__(self, in_features: int, classes: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)
        self.inception_0 = Inception(6, {"one": 4, "two": 2, "inner": 3}, rngs=rngs)
        self.inception_1 = Inception(
            6, widths={"one": 3, "two": 5, "inner": 2}, rngs=rngs
        )
        self.inception_2 = Inception(
            8, widths={"one": 2, "two": 2, "inner": 2}, rngs=rngs
        )
        self.dense_1 = nnx.Linear(4, classes, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.dense_0(x)
        x = self.inception_0(x, train=train)
        x = self.inception_1(x, train=train)
        x = nnx.relu(x) * 2  # twice
        x = self.inception_2(x, train=train)
        return self.dense_1(x)
""", (Call("GoogleNet", (5,), {}, (_X,)),))  # fmt: skip
ROUNDS = Case("of-a-comprehension", """\
class Encoder(nn.Module):
    depth: int = 2
    dim: int = 5

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.dim)(x)
        layers = [
            nn.Dense(self.dim + i, use_bias=i > 0)
            for i in range(self.depth)
        ]
        for layer in layers:
            x = nn.relu(layer(x))
        return nn.Dense(2)(x)
""", """\
class Encoder(nnx.Module):
    def __init__(
        self,
        in_features: int,
        depth: int = 2,
        dim: int = 5,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, dim, rngs=rngs)
        self.dense = nnx.List()
        features = dim
        for i in range(depth):
            self.dense.append(nnx.Linear(features, dim + i, use_bias=i > 0, rngs=rngs))
            features = dim + i
        self.dense_2 = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        for dense in self.dense:
            x = nnx.relu(dense(x))
        return self.dense_2(x)
""", tuple(Call("Encoder", (5,), {"depth": depth}, (_X,)) for depth in (1, 3)))  # fmt: skip
COUNTED = Case("a-comprehension-that-a-loop-counts", """\
class Net(nn.Module):
    features: Sequence[int]

    @nn.compact
    def __call__(self, x):
        for i, layer in enumerate([nn.Dense(f) for f in self.features]):
            x = layer(x)
            if i != len(self.features) - 1:
                x = nn.relu(x)
        layers = [
            nn.LayerNorm(epsilon=e)
            for _, e in ((0, 1e-3), (1, 1e-2))
        ]
        for i, norm in enumerate(layers):
            x = x * i + norm(x)
        sizes = self.features
        blocks = [nn.Conv(size, (1,)) for size in sizes]
        for n, block in enumerate(blocks):
            y = block(x)
            x = jnp.tanh(y) if n < len(blocks) - 1 else y
        return x
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, features: Sequence[int], *, rngs: nnx.Rngs):
        self.features = features
        self.dense = nnx.List()
        for f in features:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.layer_norm = nnx.List(
            nnx.LayerNorm(in_features, epsilon=e, rngs=rngs)
            for (_, e) in ((0, 1e-3), (1, 1e-2))
        )
        sizes = features
        self.conv = nnx.List()
        for size in sizes:
            self.conv.append(nnx.Conv(in_features, size, (1,), rngs=rngs))
            in_features = size

    def __call__(self, x):
        for i, dense in enumerate(self.dense):
            x = dense(x)
            if i != len(self.features) - 1:
                x = nnx.relu(x)
        for i, layer_norm in enumerate(self.layer_norm):
            x = x * i + layer_norm(x)
        sizes = self.features
        for n, conv in enumerate(self.conv):
            y = conv(x)
            x = jnp.tanh(y) if n < len(sizes) - 1 else y
        return x
""", tuple(Call("Net", (5,), {"features": features}, (_X,)) for features in ((4,), (4, 3, 6))))  # fmt: skip
CASES = [MLP, BESIDE, GOOGLENET, ROUNDS, COUNTED]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _net(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEADER}class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=None):\n{body}"


_LAYERS = "layers = [nn.Dense(5), nn.relu]"
REFUSED = {
    "an element reads what goes in": _net("layers = [nn.Dense(5)]", "layers.append(lambda h: h + x)", "for f in layers:", "    x = f(x)", "return x"),
    "read besides": _net(_LAYERS, "n = len(layers)", "return nn.Sequential(layers)(x) * n"),
    "gone through twice": _net(_LAYERS, "return nn.Sequential(layers)(nn.Sequential(layers)(x))"),
    "added to behind": _net(_LAYERS, "x = nn.Sequential(layers)(x)", "layers.append(nn.Dense(3))", "return x"),
    "what goes in is another by then": _net(_LAYERS, "x = x + 1", "return nn.Sequential(layers)(x)"),
    "a loop over what is another by then": _net(_LAYERS, "x = x + 1", "for layer in layers:", "    x = layer(x)", "return x"),
    "in a function": _net(_LAYERS, "f = lambda x: nn.Sequential(layers)(x)", "return f(x)"),
    "in a branch": _net(_LAYERS, "if y is not None:", "    x = nn.Sequential(layers)(x)", "return x"),
    "an element of another list": _net("others = []", _LAYERS, "others.append(layers)", "return nn.Sequential(layers)(x)"),
    "added to by a function": _net("layers = []", "def add(n):", "    layers.append(nn.Dense(n))", "add(3)", "return nn.Sequential(layers)(x)"),
    "an element that gives two arrays": _net("layers = [Two()]", "layers.append(lambda h: h)", "return nn.Sequential(layers)(x)") + "\n\nclass Two(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x), x\n",
    "a function that reads what changes": _net("layers = []", "for i in range(2):", "    layers.append(nn.Dense(5))", "    layers.append(lambda h: h * i)", "return nn.Sequential(layers)(x)"),
    "an element that is read behind the loop": _net(_LAYERS, "for layer in layers:", "    x = layer(x)", "return layer(x)"),
    "a loop that makes modules itself": _net(_LAYERS, "for layer in layers:", "    x = nn.Dense(4)(layer(x))", "return x"),
    "a function that makes modules": _net("layers = [nn.Dense(5), lambda h: nn.Dense(5)(h)]", "layers.append(nn.Dense(3))", "return nn.Sequential(layers)(x)"),
    "a comprehension": _net("layers = [nn.Dense(n) for n in (2, 3)]", "return nn.Sequential(layers)(x)"),
    "a comprehension that reads what goes in": _net("layers = [nn.Dense(x.shape[-1]) for _ in range(2)]", "for layer in layers:", "    x = layer(x)", "return x"),
    "a comprehension further up": _net("layers = [nn.Dense(n) for n in (2, 3)]", "x = nn.Dense(4)(x)", "for layer in layers:", "    x = layer(x)", "return x"),
    "a comprehension that is read again": _net("layers = [nn.Dense(n) for n in (2, 3)]", "for layer in layers:", "    x = layer(x)", "return x * len(layers)"),
    "a comprehension with a test": _net("layers = [nn.Dense(n) for n in (2, 3) if n > 2]", "for layer in layers:", "    x = layer(x)", "return x"),
    "elements that are unpacked": _net("others = [nn.Dense(3)]", "layers = [*others]", "return nn.Sequential(layers)(x)"),
    "two inputs": _net(_LAYERS, "return nn.Sequential(layers)(x, y)"),
    "a counted comprehension beside other modules": _net("for i, layer in enumerate([nn.Dense(n) for n in (2, 3)]):", "    x = nn.Dense(4)(layer(x) * i)", "return x"),
    "a comprehension called on a condition": _net("for i, layer in enumerate([nn.Dense(5) for n in (2, 3)]):", "    if y is not None:", "        x = layer(x)", "return x"),
    "a comprehension of which some are skipped": _net("for i, layer in enumerate([nn.Dense(5) for n in (2, 3)]):", "    if i == 1:", "        break", "    x = layer(x)", "return x"),
    "a comprehension whose name is another": _net("n = 2", "for layer in [nn.Dense(n) for n in (2, 3)]:", "    x = layer(x) * n", "return x"),
    "a comprehension of what changes": _net("k = 4", "for layer in [nn.Dense(k) for _ in (2, 3)]:", "    x = layer(x)", "    k = k + 1", "return x"),
    "a comprehension that is kept": _net("layers = [nn.Dense(n) for n in (2, 3)]", "for i, layer in enumerate(layers):", "    x = layer(x) * i", "return layers[0](x)"),
    "a loop that counts": _net(_LAYERS, "for i, layer in enumerate(layers):", "    x = layer(x) * i", "return x"),
    "a loop that does more": _net(_LAYERS, "for layer in layers:", "    x = layer(x)", "    y = x", "return y"),
    "a loop that asks for another class": _net(_LAYERS, "for layer in layers:", "    x = layer(x) if isinstance(layer, nn.Dense) else x", "return x"),
    "a comment with no line of its own": _net("layers = [  # first", "    nn.Dense(5), nn.relu,  # two", "    # last", "]", "return nn.Sequential(layers)(x * 2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    check_refused(REFUSED[name], "MN101")


def test_a_name_that_is_free() -> None:
    body = _net(_LAYERS, "return x + nn.Sequential(layers)(x) + y")
    text, _, _ = migrate(body)
    assert "        out = nnx.relu(self.dense_0(x))\n        return x + out + y\n" in text


_ONE_LINE = (
    "layers = [nn.Dense(3), nn.relu]",
    "if y is None:",
    "    layers += [nn.Dense(4), nn.tanh, nn.Dense(5)]",
)


def test_two_modules_of_a_name_on_one_line() -> None:
    """Called one within the other, the outer one would be the first that is made."""
    body = _net(*_ONE_LINE, "return nn.Sequential(layers)(x)").replace("y is None", "self.deep")
    body = body.replace("    @nn.compact", "    deep: bool = True\n\n    @nn.compact").replace(", y=None", "")
    text, _, _ = migrate(body)
    assert "            x = nnx.tanh(self.dense_1(x))\n            x = self.dense_2(x)\n" in text
    check_equivalent(body, *(Call("Net", (5,), {"deep": deep}, (_X,)) for deep in (True, False)))


DECIDED = Case("layers-whose-mode-a-call-decides", """\
class Net(nn.Module):
    width: int = 4
    rate: float = 0.1

    @nn.compact
    def __call__(self, x, train: bool = False):
        y = nn.Sequential(
            [
                nn.Dense(4 * self.width),
                nn.gelu,  # smooth
                nn.Dropout(self.rate, deterministic=not train),
                nn.Dense(x.shape[-1]), nn.Dense(3),
            ]
        )(x)
        x = nn.Dense(3)(x) + y

        # once more
        x = x + nn.Sequential([nn.Dense(6), nn.gelu, nn.Dense(3), nn.Dropout(0.2, deterministic=not train)])(x)
        x += nn.Sequential([
            nn.Dense(6),  # wide
            nn.Dropout(self.rate, deterministic=not train),
            nn.Dense(3),
        ])(x)  # the sum
        return nn.Sequential([
            nn.Dense(4 * self.width),
            lambda h: h * 2,
            # the norm
            nn.BatchNorm(use_running_average=not train),
        ])(x)
""", """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        rate: float = 0.1,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, 4 * width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_1 = nnx.Linear(4 * width, in_features, rngs=rngs)
        self.dense_2 = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_3 = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_4 = nnx.Linear(3, 6, rngs=rngs)
        self.dense_5 = nnx.Linear(6, 3, rngs=rngs)
        self.dropout_1 = nnx.Dropout(0.2, rngs=rngs)
        self.dense_6 = nnx.Linear(3, 6, rngs=rngs)
        self.dropout_2 = nnx.Dropout(rate, rngs=rngs)
        self.dense_7 = nnx.Linear(6, 3, rngs=rngs)
        self.dense_8 = nnx.Linear(3, 4 * width, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(4 * width, rngs=rngs)

    def __call__(self, x, train: bool = False):
        y = self.dense_0(x)
        y = nnx.gelu(y)  # smooth
        y = self.dropout_0(y, deterministic=not train)
        y = self.dense_1(y)
        y = self.dense_2(y)
        x = self.dense_3(x) + y

        # once more
        out = nnx.gelu(self.dense_4(x))
        out = self.dense_5(out)
        out = self.dropout_1(out, deterministic=not train)
        x = x + out
        out = self.dense_6(x)  # wide
        out = self.dropout_2(out, deterministic=not train)
        out = self.dense_7(out)
        x += out  # the sum
        x = self.dense_8(x)
        x = x * 2
        # the norm
        x = self.batch_norm_0(x, use_running_average=not train)
        return x
""", (Call("Net", (5,), {}, (_X,)), Call("Net", (5,), {"rate": 0.0, "width": 2}, (_X,))))  # fmt: skip
_DROP = "nn.Dropout(0.1, deterministic=not y)"
HANDED_ON = {
    "an element reads what is bound": _net("z = nn.Dense(3)(x)", f"z = nn.Sequential([nn.Dense(z.shape[-1]), {_DROP}])(x)", "return z"),
    "beside another module": _net(f"return nn.Dense(3)(x) + nn.Sequential([nn.Dense(3), {_DROP}])(x)"),
    "in a choice": _net(f"return nn.Sequential([nn.Dense(3), {_DROP}])(x) if y else x"),
    "in a function": _net("def f(h):", f"    return nn.Sequential([nn.Dense(3), {_DROP}])(h)", "return f(x)"),
    "an element that gives two arrays": _net(f"return nn.Sequential([Two(), {_DROP}, lambda h: h])(x)") + "\n\nclass Two(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x), x\n",
}  # fmt: skip


def test_layers_whose_mode_a_call_decides() -> None:
    check_transformed(HEADER + DECIDED.before, AFTER + DECIDED.after)
    check_equivalent(HEADER + DECIDED.before, *DECIDED.calls)


@pytest.mark.parametrize("name", HANDED_ON)
def test_such_layers_stay_where(name: str) -> None:
    check_refused(HANDED_ON[name], "MN101")


def test_what_was_found_first_is_what_is_said() -> None:
    """A Sequential that is not read as calls, because its class stays, is no reason why another class does."""
    block = f"class Block(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=True):\n        return nn.Sequential([nn.Dense(3), {_DROP}])(x)\n"
    net = _net("x = nn.Dense(3)(unknown(x))", "return Block()(x, y)")
    _, file, _ = migrate(f"{net}\n\n{block}")
    assert {d.subject: d.code for d in refusals(file)} == {"Net": "MN108", "Block": "MN302"}
