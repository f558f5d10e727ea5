# ruff: noqa: E501
"""Lists of submodules with functions between them, and loops that ask what an element is."""

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
    width: int
    rate: float = 0.5

    def setup(self):
        self.layers = [
            nn.Dense(2 * self.width),
            nn.gelu,  # widened
            nn.Dense(self.width, name="down"),
            nn.Dropout(self.rate),
        ]

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x) if not isinstance(layer, nn.Dropout) else layer(x, deterministic=not train)
        return x


"""
NNX_MLP = """\
class MLP(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int,
        rate: float = 0.5,
        *,
        rngs: nnx.Rngs,
    ):
        self.layers = nnx.List(
            [
                nnx.Linear(in_features, 2 * width, rngs=rngs),
                nnx.gelu,  # widened
                nnx.Linear(2 * width, width, rngs=rngs),
                nnx.Dropout(rate, rngs=rngs),
            ]
        )

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x) if not isinstance(layer, nnx.Dropout) else layer(x, deterministic=not train)
        return x


"""
FORMS = """\
class Statement(nn.Module):
    def setup(self):
        self.layers = [nn.relu, nn.Dropout(0.5), nn.Dense(3), nn.BatchNorm(use_running_average=True), jnp.tanh]

    def __call__(self, x, train: bool = False):
        for i, layer in enumerate(self.layers):
            if isinstance(layer, nn.Dropout):
                x = layer(x, deterministic=not train) + i
            else:
                x = layer(x)
        return x


class Beside(nn.Module):
    def setup(self):
        self.denses = (nn.Dense(3), nn.Dense(4))
        self.acts = (nn.Dense(3), nn.sigmoid)

    def __call__(self, x):
        for dense, act in zip(self.denses, self.acts):
            x = act(dense(x))
        return x, self.acts[1](x)


class Held(nn.Module):
    still: bool = True

    def setup(self):
        self.inner = [MLP(3), nn.silu, nn.Dropout(0.5, deterministic=self.still), MLP(4)]

    def __call__(self, x, train: bool = False):
        for layer in self.inner:
            x = layer(x)
        return x
"""
_X = f32(3, 5)


def test_transformed() -> None:
    check_transformed(HEADER + MLP, NNX_HEADER + NNX_MLP)


def test_computes_the_same() -> None:
    calls = [
        Call("MLP", (5,), {"width": 4}, (_X,)),
        Call("MLP", (5,), {"width": 4}, (_X,), {"train": True}),
        Call("Statement", (5,), {}, (_X,), {"train": False}),
        Call("Statement", (5,), {}, (_X,), {"train": True}),
        Call("Beside", (5,), {}, (_X,)),
        Call("Held", (5,), {}, (_X,)),
    ]
    check_equivalent(HEADER + MLP + FORMS, *calls)


def _mlp(old: str, new: str) -> str:
    assert old in MLP
    return HEADER + MLP.replace(old, new)


_TEST = "not isinstance(layer, nn.Dropout)"
REFUSED = (
    Refusal("a-function-that-changes-the-shape", "MN101", _mlp("nn.gelu,", "jnp.ravel,")),
    Refusal("a-function-of-the-user", "MN101", "def own(x):\n    return x + 1\n\n\n" + _mlp("nn.gelu,", "own,")),
    Refusal("a-function-of-a-local", "MN101", _mlp("        self.layers = [", "        gelu = nn.gelu\n        self.layers = [").replace("nn.gelu,", "gelu,")),
    Refusal("a-layer-that-is-not-made", "MN101", _mlp("nn.gelu,", "nn.Dense,")),
    Refusal("a-function-that-is-called", "MN101", _mlp("nn.gelu,", "make(nn.gelu),")),
    Refusal("only-functions", "MN201", _mlp("            nn.Dense(2 * self.width),\n", "").replace('            nn.Dense(self.width, name="down"),\n            nn.Dropout(self.rate),\n', "").replace(f"layer(x) if {_TEST} else layer(x, deterministic=not train)", 'layer(x) + self.param("b", nn.initializers.zeros, (1,))')),
    Refusal("another-layer-asked-for", "MN101", _mlp("nn.Dropout)", "nn.Dense)")),
    Refusal("two-layers-asked-for", "MN101", _mlp("nn.Dropout)", "(nn.Dropout, nn.Dense))")),
    Refusal("asked-of-something-else", "MN101", _mlp("(layer, nn.Dropout)", "(x, nn.Dropout)")),
    Refusal("asked-behind-the-loop", "MN101", _mlp("        return x\n", "        return x if isinstance(layer, nn.Dropout) else -x\n")),
    Refusal("the-wrong-way-round", "MN101", _mlp(_TEST, "isinstance(layer, nn.Dropout)")),
    Refusal("without-a-mode", "MN101", _mlp(" else layer(x, deterministic=not train)", " else layer(x)")),
    Refusal("not-asked-for", "MN101", _mlp(f"layer(x) if {_TEST} else layer(x, deterministic=not train)", "layer(x)")),
    Refusal("on-a-condition-too", "MN201", _mlp("x = layer(x) if", "x = x if train and isinstance(layer, nn.Dropout) else layer(x) if x.ndim > 1 and")),
    Refusal("called-by-the-kind-of-another", "MN101", _mlp("        return x\n", "        for layer, other in zip(self.layers, self.layers):\n            x = other(x) if isinstance(layer, nn.Dropout) else x\n        return x\n")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "(nn.Module)" in text
