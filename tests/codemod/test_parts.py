# ruff: noqa: E501
"""Methods that setup calls to set attributes: `self._make_encoder(16)`."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
    with_header,
)

_VAE = """\
class VAE(nn.Module):
    latent: int = 4
    deep: bool = False

    def setup(self):
        # the two halves
        self._make_encoder(16)
        if self.deep:
            self._make_more()
        self._make_decoder(width=self.latent * 2)

    def _make_encoder(self, width, bias=True):
        \"\"\"Two layers.\"\"\"
        # first
        self.e1 = nn.Dense(
            width,
            use_bias=bias,
        )

        self.e2 = nn.Dense(self.latent)  # the code

    def _make_more(self):
        self.m = [nn.Dense(16, name=f"m_{i}") for i in range(2)]

    def _make_decoder(self, width):
        self.d1 = nn.Dense(width + 1)
        self.d2 = nn.Dense(8)

    def __call__(self, x):
        h = nn.relu(self.e1(x))
        if self.deep:
            for m in self.m:
                h = nn.relu(m(h))
        z = self.e2(h)
        return self.d2(nn.relu(self.d1(z)))
"""
_WRITTEN = """\
class VAE(nnx.Module):
    def __init__(
        self,
        in_features: int,
        latent: int = 4,
        deep: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.deep = deep
        # the two halves
        # first
        self.e1 = nnx.Linear(in_features, 16, use_bias=True, rngs=rngs)
        self.e2 = nnx.Linear(16, latent, rngs=rngs)  # the code
        if deep:
            self.m = nnx.List(nnx.Linear(16, 16, rngs=rngs) for i in range(2))
        self.d1 = nnx.Linear(latent, latent * 2 + 1, rngs=rngs)
        self.d2 = nnx.Linear(latent * 2 + 1, 8, rngs=rngs)

    def __call__(self, x):
        h = nnx.relu(self.e1(x))
        if self.deep:
            for m in self.m:
                h = nnx.relu(m(h))
        z = self.e2(h)
        return self.d2(nnx.relu(self.d1(z)))
"""


def test_what_is_written() -> None:
    check_transformed(with_header(_VAE), with_header(_WRITTEN, NNX_HEADER))


def test_computes_the_same() -> None:
    calls = [Call("VAE", (6,), {"deep": deep}, (f32(3, 6),)) for deep in (True, False)]
    check_equivalent(with_header(_VAE), *calls)


def test_a_method_that_returns_what_it_makes_of_fields() -> None:
    before = "class Net(nn.Module):\n    n: int = 3\n\n    def setup(self):\n        self.head = self.make_head()\n\n    def make_head(self):\n        return nn.Dense(self.n)\n\n    def __call__(self, x):\n        return self.head(x)\n"
    check_equivalent(with_header(before), Call("Net", (6,), {}, (f32(3, 6),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("        z = self.e2(h)\n", "        self._make_more()\n        z = self.e2(h)\n", id="called-elsewhere"),
        pytest.param("        self.d2 = nn.Dense(8)\n", "        self.d2 = nn.Dense(8)\n        return self\n", id="returns"),
        pytest.param("        self._make_encoder(16)\n", "        self._make_encoder(16)  # first\n", id="comment-behind"),
        pytest.param("        self._make_encoder(16)\n", "        for _ in range(1):\n            self._make_encoder(16)\n", id="loop"),
        pytest.param("        self.d2 = nn.Dense(8)\n", "        text = '''\n        a'''\n        self.d2 = nn.Dense(len(text))\n", id="long-text"),
        pytest.param("    def _make_decoder(self, width):\n", "    @staticmethod\n    def _make_decoder(self, width):\n", id="decorated"),
        pytest.param("width=self.latent * 2", "width=nn.Dense(3).features", id="makes-a-module"),
        pytest.param("        self.d1 = nn.Dense(width + 1)\n", "        self.d1 = nn.Dense(width, name=f'd_{width}')\n", id="parameter-in-a-text"),
        pytest.param("        self.d1 = nn.Dense(width + 1)\n", "        width = width + 1\n        self.d1 = nn.Dense(width)\n", id="binds-its-parameter"),
    ],
)  # fmt: skip
def test_what_is_not_read(old: str, new: str) -> None:
    assert old in _VAE
    before = with_header(_VAE.replace(old, new, 1))
    text, file, _ = migrate(before)
    assert text == before
    assert refusals(file), listed(file)


def test_a_class_that_others_inherit_from() -> None:
    before = with_header(_VAE + "\n\nclass Other(VAE):\n    def _make_more(self):\n        self.m = []\n")
    text, file, _ = migrate(before)
    assert text == before
    assert refusals(file), listed(file)


def test_a_name_that_a_comprehension_binds() -> None:
    """`i` of setup is not that of the comprehension."""
    before = "class Net(nn.Module):\n    def setup(self):\n        i = 5\n        self._make(i)\n\n    def _make(self, width):\n        self.a = [nn.Dense(width) for i in range(3)]\n\n    def __call__(self, x):\n        return self.a[0](x)\n"
    text, file, _ = migrate(with_header(before))
    assert text == with_header(before)
    assert refusals(file), listed(file)


@pytest.mark.parametrize("own", ["h = 3", "twice = 3"])
def test_names_of_setup(own: str) -> None:
    """A local of the method is one of setup, or a function of the file is hidden there: it stays as it is."""
    used = "        h = twice(width)\n        self.d1 = nn.Dense(h)\n"
    before = _VAE.replace("        self.d1 = nn.Dense(width + 1)\n", used)
    before = with_header("def twice(n):\n    return 2 * n\n\n\n" + before)
    check_equivalent(before, Call("VAE", (6,), {}, (f32(3, 6),)))
    name = own.partition(" ")[0]
    before = before.replace("        # the two halves\n", f"        {own}\n        self.k = {name}\n")
    text, file, _ = migrate(before)
    assert text == before
    assert refusals(file), listed(file)
