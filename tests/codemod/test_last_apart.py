# ruff: noqa: E501
"""Lists of submodules whose last one is called behind the loop over the others."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

MLP = """\
class MLP(nn.Module):
    features: tuple[int, ...] = (3, 4, 2)

    def setup(self):
        self.layers = [nn.Dense(feat) for feat in self.features]

    def __call__(self, x):
        for l, layer in enumerate(self.layers[:-1]):
            x = nn.relu(layer(x)) + l
        x = self.layers[-1](x)
        return x
"""
NNX_MLP = """\
class MLP(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (3, 4, 2),
        *,
        rngs: nnx.Rngs,
    ):
        self.layers = nnx.List()
        for feat in features:
            self.layers.append(nnx.Linear(in_features, feat, rngs=rngs))
            in_features = feat

    def __call__(self, x):
        for l, layer in enumerate(self.layers[:-1]):
            x = nnx.relu(layer(x)) + l
        x = self.layers[-1](x)
        return x
"""
PLAIN = """\
class Plain(nn.Module):
    depth: int = 3

    def setup(self):
        layers = []
        for i in range(self.depth):
            layers.append(nn.Dense(6, name=f"dense{i}"))
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers[:-1]:
            y = layer(x)
            x = nn.tanh(y)
        return self.layers[-1](x) * 2 + x.sum()
"""


def test_transformed() -> None:
    check_transformed(HEADER + MLP, NNX_HEADER + NNX_MLP)


def test_computes_the_same() -> None:
    calls = [Call("MLP", (5,), {"features": f}, (f32(2, 5),)) for f in ((3, 4, 2), (3,), (5, 5))]
    check_equivalent(HEADER + MLP, *calls)
    check_equivalent(HEADER + PLAIN, *(Call("Plain", (5,), {"depth": n}, (f32(2, 5),)) for n in (1, 3)))


def _mlp(old: str, new: str) -> str:
    assert old in MLP
    return HEADER + MLP.replace(old, new)


_LAST = "x = self.layers[-1](x)"
REFUSED = (
    Refusal("no-last", "MN101", _mlp(_LAST, "x = x * 2")),
    Refusal("the-last-of-another-input", "MN108", _mlp(_LAST, "x = self.layers[-1](jnp.concatenate([x, x], -1))")),
    Refusal("the-last-on-a-condition", "MN101", _mlp(_LAST, "if self.features:\n            x = self.layers[-1](x)")),
    Refusal("the-last-in-a-choice", "MN101", _mlp(_LAST, "x = self.layers[-1](x) if self.features else x")),
    Refusal("the-last-twice", "MN101", _mlp(_LAST, "x = self.layers[-1](self.layers[-1](x))")),
    Refusal("the-last-before", "MN101", _mlp("        for l,", "        y = self.layers[-1](x)\n        for l,").replace(_LAST, "x = x + y")),
    Refusal("the-last-of-all", "MN108", _mlp("[:-1]", "")),
    Refusal("without-the-first", "MN101", _mlp("[:-1]", "[1:]")),
    Refusal("without-the-last-two", "MN101", _mlp("[:-1]", "[:-2]")),
    Refusal("turned-round", "MN108", _mlp("[:-1]", "[::-1]")),
    Refusal("a-slice-that-is-kept", "MN101", _mlp("enumerate(self.layers[:-1])", "enumerate([*self.layers[:-1]])")),
    Refusal("a-loop-in-a-loop", "MN101", _mlp("        for l, layer in enumerate(self.layers[:-1]):\n            x =", "        for _ in range(2):\n          for l, layer in enumerate(self.layers[:-1]):\n            x =")),
    Refusal("written-down", "MN101", _mlp("[nn.Dense(feat) for feat in self.features]", "[nn.Dense(3), nn.Dense(4)]")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "class MLP(nn.Module)" in text
