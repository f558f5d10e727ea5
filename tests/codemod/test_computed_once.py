# ruff: noqa: E501
"""What setup computes by functions of the user's own and the constructor reads often: it is computed there once."""

import pytest

from .check import Call, changed, check_equivalent, f32, listed, migrate, refusals, with_header

_NET = """\
CALLS = []


def download(name):
    CALLS.append(name)
    return {"kernel": jnp.full((3, 4), 2.0), "bias": jnp.full((4,), 0.5)}


class Net(nn.Module):
    pretrained: Any = None

    def setup(self):
        self.weights = None
        if self.pretrained is not None:
            self.weights = download(self.pretrained)

    @nn.compact
    def __call__(self, x):
        init = nn.initializers.ones if self.weights is None else lambda *_: self.weights["kernel"]
        bias = nn.initializers.zeros if self.weights is None else lambda *_: self.weights["bias"]
        x = nn.Dense(4, kernel_init=init, bias_init=bias)(x)
        return nn.relu(x)
"""
_INIT = """\
        self.pretrained = pretrained
        weights = self._weights()
        init = nnx.initializers.ones if weights is None else lambda *_: weights["kernel"]
        bias = nnx.initializers.zeros if weights is None else lambda *_: weights["bias"]
        self.dense_0 = nnx.Linear(
            in_features, 4, kernel_init=init, bias_init=bias, rngs=rngs
        )

    def _weights(self):
        weights = None
        if self.pretrained is not None:
            weights = download(self.pretrained)
        return weights

    def __call__(self, x):
        x = self.dense_0(x)
        return nnx.relu(x)
"""


def _source(*changes: tuple[str, str]) -> str:
    return changed("from typing import Any\n\n" + with_header(_NET), *changes)


def test_what_is_written() -> None:
    text, file, _ = migrate(_source())
    assert not refusals(file), listed(file)
    assert text.endswith(_INIT), text


def test_it_is_computed_once() -> None:
    from flax import nnx

    from .check import load

    module = load(migrate(_source())[0])
    net = module.Net(3, pretrained="a", rngs=nnx.Rngs(0))
    assert module.CALLS == ["a"]
    assert net.dense_0.kernel[...].max() == 2.0
    assert net.dense_0.bias[...].max() == 0.5


@pytest.mark.parametrize("pretrained", [None, "a"])
def test_computes_the_same(pretrained: str | None) -> None:
    check_equivalent(_source(), Call("Net", (3,), {"pretrained": pretrained}, (f32(2, 3),)))


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ([("        self.weights = None\n        if self.pretrained is not None:\n            self.weights =", "        if self.pretrained is not None:\n            self.weights ="), ("self.weights is None", "self.pretrained is None")], 'lambda *_: self._weights()["kernel"]'),
        ([("bias = nn.initializers.zeros if self.weights is None else lambda *_: self.weights", "weights = self.weights\n        bias = nn.initializers.zeros if weights is None else lambda *_: weights")], 'self._weights()["kernel"]'),
        ([("pretrained: Any = None", "pretrained: Any = None\n    bias_init: Any = None"), ("bias = nn.initializers.zeros if self.weights is None else lambda *_: self.weights[\"bias\"]", "bias = nn.initializers.zeros"), ("ones if self.weights is None else lambda *_: self.weights[\"kernel\"]", "ones if self.weights is None else nn.initializers.zeros")], "if self._weights() is None"),
    ],
    ids=["not-always", "a-local-of-that-name", "read-once"],
)  # fmt: skip
def test_what_is_asked_for_where_it_is_read(changes: list[tuple[str, str]], written: str) -> None:
    text, file, _ = migrate(_source(*changes))
    assert not refusals(file), listed(file)
    assert written in text, text
    assert "        weights = self._weights()\n        init" not in text


def test_a_size_that_would_be_called_so() -> None:
    """The local that follows a size through a loop is called otherwise."""
    before = with_header(
        "def compute(n):\n    return {'n': n}\n\n\n"
        "class Net(nn.Module):\n    n: int = 4\n\n"
        "    def setup(self):\n        self.features = compute(self.n)\n\n"
        "    @nn.compact\n    def __call__(self, x):\n        for k in range(2):\n"
        "            x = nn.Dense(self.n, name=f'layer_{k}', use_bias=self.features['n'] > 3, param_dtype=jnp.float32 if self.features else None)(x)\n"
        "        return x\n"
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "        features = self._features()\n" in text, text
    check_equivalent(before, Call("Net", (3,), {}, (f32(2, 3),)))


def test_what_a_call_still_reads() -> None:
    """A mode that moves to the call reads it there; what nothing reads any more is not computed at each call."""
    before = with_header(
        "def compute(n):\n    return {'n': n}\n\n\n"
        "class Net(nn.Module):\n    n: int = 4\n\n"
        "    def setup(self):\n        self.found = compute(self.n)\n\n"
        "    @nn.compact\n    def __call__(self, x):\n"
        "        x = nn.Dropout(0.5, deterministic=self.found['n'] > 3)(x)\n"
        "        x = nn.BatchNorm(use_running_average=self.found['n'] > 3)(x)\n"
        "        return nn.Dense(self.n)(x) * self.found['n'] + self.found['n']\n"
    )
    file = migrate(before)[1]
    assert not refusals(file), listed(file)
    check_equivalent(before, Call("Net", (3,), {}, (f32(2, 3),)))
