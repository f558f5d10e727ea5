"""`--size-args`: a size that the source does not tell is an argument, and who has to supply it is told."""

from collections.abc import Mapping

import pytest
from migrate_norm.catalog.findings import Severity

from .check import HEADER, Call, check_refused, compare, f32, load, migrate, migrate_project, texts

_BLOCK = HEADER + (
    "class Block(nn.Module):\n"
    "    @nn.compact\n"
    "    def __call__(self, x):\n"
    "        return nn.LayerNorm()(nn.Dense(3)(jnp.swapaxes(x, 1, 2)))\n\n\n"
)
_NET = _BLOCK + (
    "class Net(nn.Module):\n"
    "    f: int = 4\n\n"
    "    @nn.compact\n"
    "    def __call__(self, x):\n"
    "        x = nn.Dense(self.f)(x)\n"
    "        return nn.Dense(2)(Block()(x))\n"
)
_SCRIPT = _NET + (
    "\n\ndef main(key):\n    x = jnp.ones((1, 5, 6))\n    model = Net()\n    variables = model.init(key, x)\n"
    "    return model.apply(variables, x)\n"
)


def test_without_it_the_class_is_refused() -> None:
    check_refused(_BLOCK, "MN108")


def test_the_constructor_asks_for_what_nothing_tells() -> None:
    text, file, _ = migrate(_NET, size_args=True)
    assert "def __init__(self, dense_0_in_features: int, *, rngs: nnx.Rngs):" in text
    assert "self.layer_norm_0 = nnx.LayerNorm(3, rngs=rngs)" in text
    assert "self.block_0 = Block(block_0_dense_0_in_features, rngs=rngs)" in text
    assert "self.dense_1 = nnx.Linear(3, 2, rngs=rngs)" in text
    assert {(d.code, d.severity) for d in file.diagnostics} == {("MN108", Severity.NOTE)}


def test_it_computes_the_same() -> None:
    text, _, mapping = migrate(_NET, size_args=True)
    for call in (Call("Block", (5,), {}, (f32(2, 5, 6),)), Call("Net", (6, 5), {}, (f32(2, 5, 6),))):
        report = compare(load(_NET), load(text), mapping, call, samples=1, steps=2, poison=False)
        assert report.equal, report


def test_a_script_is_listed_and_fails_loudly() -> None:
    text, file, _ = migrate(_SCRIPT, size_args=True)
    assert text.endswith(_SCRIPT[_SCRIPT.index("def main") :])
    assert [(d.code, d.line) for d in file.diagnostics if d.severity is not Severity.NOTE] == [("MN301", 24)]
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        load(text).main(0)


def test_a_class_whose_sizes_are_told_is_not_concerned() -> None:
    known = _NET.replace("jnp.swapaxes(x, 1, 2)", "x")
    assert migrate(known, size_args=True)[0] == migrate(known)[0]


_LOOP = "        for _ in range(2):\n            x = nn.Dense(4)(jnp.swapaxes(x, 1, 2))\n        return x\n"
_SEVERAL: Mapping[str, str] = {
    "loop": "    @nn.compact\n    def __call__(self, x):\n" + _LOOP,
    "list": "    def setup(self):\n        self.d = [nn.Dense(3) for _ in range(2)]\n\n    def __call__(self, x):\n"
    "        for d in self.d:\n            x = d(jnp.swapaxes(x, 1, 2))\n        return x\n",
}


@pytest.mark.parametrize("name", _SEVERAL)
def test_one_argument_does_not_stand_for_several_sizes(name: str) -> None:
    text = HEADER + "class L(nn.Module):\n" + _SEVERAL[name]
    assert migrate(text, size_args=True)[0] == text


def test_a_parent_in_another_file_supplies_it() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/block.py": _BLOCK,
        "pkg/net.py": "from flax import linen as nn\n\nfrom .block import Block\n\n\nclass Net(nn.Module):\n"
        "    @nn.compact\n    def __call__(self, x):\n        return Block()(x)\n",
    }
    after = texts(migrate_project(files, size_args=True))["pkg/net.py"]
    assert "def __init__(self, block_0_dense_0_in_features: int, *, rngs: nnx.Rngs):" in after
    assert "self.block_0 = Block(block_0_dense_0_in_features, rngs=rngs)" in after
