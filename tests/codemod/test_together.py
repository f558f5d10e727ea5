"""Lists that setup makes one by one and a method runs through together."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    sizes: tuple[int, ...]

    def setup(self):
        # the layers
        self.layers = [nn.Dense(size, use_bias=False) for size in self.sizes]
        self.scale = 2.0
        self.norms = [
            nn.LayerNorm(epsilon=1e-5)
            for _ in self.sizes
        ]
        self.out = nn.Dense(1)

    def __call__(self, x):
        for layer, norm in zip(self.layers, self.norms):
            x = nn.relu(norm(layer(x)) * self.scale)
        return self.out(x)
"""
_MADE = """\
        # the layers
        self.layers = nnx.List()
        self.norms = nnx.List()
        for size in sizes:
            self.layers.append(nnx.Linear(in_features, size, use_bias=False, rngs=rngs))
            self.norms.append(nnx.LayerNorm(size, epsilon=1e-5, rngs=rngs))
            in_features = size
"""
_BY_NUMBER = _NET.replace("layer, norm in zip(self.layers, self.norms)", "i in range({})").replace(
    "norm(layer(x))", "self.norms[i](self.layers[{}](x))"
)


def test_written() -> None:
    after, file, _ = migrate(with_header(_NET))
    assert not refusals(file), listed(file)
    assert _MADE in after


@pytest.mark.parametrize(
    "text",
    [
        _NET,
        _NET.replace("for _ in", "for size in"),
        _NET.replace("for size in self.sizes]", "for i, size in enumerate(self.sizes)]").replace(
            "for _ in self.sizes", "for _ in enumerate(self.sizes)"
        ),
        _NET.replace("zip(self.layers, self.norms)", "zip(self.norms, self.layers)").replace(
            "layer, norm in", "norm, layer in"
        ),
        _BY_NUMBER.format("len(self.sizes)", "i"),
        _BY_NUMBER.format("len(self.layers)", "i"),
        _BY_NUMBER.replace("i in range({})", "i, _ in enumerate(self.sizes)").replace("{}", "i"),
    ],
    ids=["alike", "one-name", "counted", "turned-round", "number", "length", "enumerate"],
)
def test_equivalent(text: str) -> None:
    check_equivalent(with_header(text), Call("Net", (3,), {"sizes": (4, 6, 5)}, (f32(2, 3),)))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("            for _ in self.sizes", "            for _ in self.sizes[:2]"),
        ("epsilon=1e-5", "epsilon=size"),
        ("        self.out =", "        self.first = self.layers[0]\n        self.out ="),
        ("        self.scale = 2.0", "        size = 3\n        self.scale = size"),
        ("            for _ in self.sizes", "            # one each\n            for _ in self.sizes"),
        ("        self.scale = 2.0", "        self.scale = 2.0\n        self.sizes = (5, 4)"),
    ],
    ids=["fewer", "another-name", "read-before", "a-local", "a-comment", "a-field"],
)
def test_left(was: str, now: str) -> None:
    """Where one loop would not make the same lists, or something would be lost, nothing changes."""
    assert was in _NET
    after, file, _ = migrate(with_header("size = 1e-5\n\n\n" + _NET.replace(was, now, 1)))
    assert refusals(file), after
    assert file.before == file.after


_FROM_ONE = """\
class Net(nn.Module):
    depth: int

    def setup(self):
        self.layers = [nn.Dense(2 * i, name=f"layer{i}") for i in range(1, self.depth + 1)]

    def __call__(self, x):
        for i in range(1, self.depth + 1):
            x = nn.relu(self.layers[i - 1](x))
        return x
"""


def test_rounds_may_be_numbered_from_one() -> None:
    check_equivalent(with_header(_FROM_ONE), Call("Net", (3,), {"depth": 3}, (f32(2, 3),)))
    after, file, _ = migrate(with_header(_FROM_ONE.replace("[i - 1]", "[i - 2]")))
    assert refusals(file), after


@pytest.mark.parametrize(
    "call",
    [
        "return [self.norms[1 - i](self.layers[i](x)) for i in range(2)]",
        "return self.norms[1](self.layers[0](x)), self.norms[0](self.layers[1](x))",
        "return [self.norms[j](self.layers[i](x)) for i in range(2) for j in range(2)]",
    ],
    ids=["turned-round", "numbers", "two-numbers"],
)
def test_elements_of_different_rounds_are_not_as_wide(call: str) -> None:
    """A loop fills both lists: what a norm is given is as wide as the layer of its round, and no other."""
    code, _, _ = _NET.partition("        # the layers\n")
    code += f"{_FILLED}\n    def __call__(self, x):\n        {call}\n"
    after, file, _ = migrate(with_header(code))
    assert file.before == file.after, after
    assert "may be of different rounds" in listed(file)


_FILLED = """\
        layers = []
        norms = []
        for size in self.sizes:
            layers.append(nn.Dense(size))
            norms.append(nn.LayerNorm())
        self.layers = layers
        self.norms = norms
"""
_ALIKE = """\
class Net(nn.Module):
    depth: int = 3

    def setup(self):
        self.layers = [{layer} for _ in range(self.depth)]
        self.norms = [nn.LayerNorm() for _ in range(self.depth)]

    def __call__(self, x):
        for layer, norm in zip(self.layers, self.norms):
            x = x + nn.relu({called})
        return x
"""


def test_alike_from_the_second_on() -> None:
    """The first layer has the size of the input, and its norm that of the layer."""
    text = with_header(
        _ALIKE.format(layer="nn.Dense(1)", called="norm(layer(x))").replace("x + nn.relu", "nn.relu")
    )
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "self.norms.append(nnx.LayerNorm(1, rngs=rngs))\n            in_features = 1\n" in after
    check_equivalent(text, Call("Net", (3,), {}, (f32(2, 3),)))


def test_what_reads_well_stays() -> None:
    """Lists that migrate one by one are written one by one."""
    text = with_header(_ALIKE.format(layer="nn.Dropout(0.1, deterministic=True)", called="layer(norm(x))"))
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "self.norms = nnx.List(" in after
    check_equivalent(text, Call("Net", (3,), {}, (f32(2, 3),)))
