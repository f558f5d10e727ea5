# ruff: noqa: E501
"""Lists of modules whose single elements stand beside a comprehension, or behind a loop."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    sizes: tuple[int, ...]
    out: int = 2

    def setup(self):
{made}
        self.last = nn.Dense(1)

    def __call__(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return self.last(x)
"""
_SUM = "        self.layers = [nn.Dense(n, use_bias=False) for n in self.sizes] + [nn.Dense(self.out, use_bias=False)]"
_BEFORE = """\
        self.layers = (
            [nn.Dense(4)]
            + [nn.Dense(features=n) for n in self.sizes]
            + [nn.Dense(self.out), nn.Dense(3)]
        )""".replace("features=", "")
_FILLED = """\
        layers = []
        for n in self.sizes:
            layers.append(nn.Dense(n))
        layers.append(nn.Dense(self.out))
        self.layers = layers"""
_WENT_ON = """\
        layers = [nn.Dense(n) for n in self.sizes]
        layers.append(nn.Dense(self.out))
        self.layers = layers"""
_ALL = [*(_NET.format(made=made) for made in (_SUM, _BEFORE, _FILLED, _WENT_ON))]


@pytest.mark.parametrize("text", _ALL, ids=["sum", "on-both-sides", "filled", "went-on"])
def test_equivalent(text: str) -> None:
    check_equivalent(
        with_header(text), *(Call("Net", (3,), {"sizes": sizes}, (f32(2, 3),)) for sizes in ((4, 5), ()))
    )


@pytest.mark.parametrize("made", [_FILLED, _WENT_ON])
def test_written(made: str) -> None:
    after, file, _ = migrate(with_header(_NET.format(made=made)))
    assert not refusals(file), listed(file)
    assert (
        "        for n in (*sizes, out):\n            self.layers.append(nnx.Linear(in_features, n, rngs=rngs))\n"
        in after
    )


@pytest.mark.parametrize(
    "made",
    [
        _SUM.replace("+ [nn.Dense(self.out, use_bias=False)]", "+ [nn.Dense(self.out)]"),
        _SUM.replace("self.out,", "features=self.out,"),
        _SUM.replace("[nn.Dense(self.out, use_bias=False)]", "[nn.Dense(nn.sizes(), use_bias=False)]"),
        _FILLED.replace("nn.Dense(self.out)", "nn.Dense(n)"),
        _FILLED + "\n        self.size = n",
        _FILLED.replace("layers.append(nn.Dense(self.out))", "layers.append(nn.Dense(self.out))\n        layers.reverse()"),
        _FILLED.replace("layers.append(nn.Dense(n))", "layers.append(nn.Dense(n + k))").replace("layers = []", "k = 1\n        layers = []")
        + "\n        k = 2",
        _FILLED.replace("        self.layers", "        self.sizes = (3,)\n        self.layers"),
    ],
    ids=["another-argument", "by-name", "a-call", "the-last", "read-on", "turned-round", "bound-again", "a-field"],
)  # fmt: skip
def test_left(made: str) -> None:
    after, file, _ = migrate(with_header(_NET.format(made=made)))
    assert refusals(file), after
    assert file.before == file.after
