"""Submodules made by partials, by other names of a class, and by classes that are held in fields."""

from typing import cast

import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .check import (
    HEADER,
    NNX_HEADER,
    Case,
    Refusal,
    arrays,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    migrate_project,
    name_of,
    refusals,
    texts,
)
from .factories_refused import REFUSED
from .factories_transformed import IMPORTS, TRANSFORMED


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(IMPORTS + HEADER + case.before, IMPORTS + NNX_HEADER + case.after)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(IMPORTS + HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(IMPORTS + HEADER + case.before, case.code)


_HELD = (
    HEADER
    + """class E(nn.Module):
    f: int

    def setup(self):
        self.d = nn.Dense(self.f)

    def __call__(self, x):
        return self.d(x)

    def double(self, x):
        return self.d(2 * x)


class L(nn.Module):
    model: nn.Module
    norm: nn.Module | None = None

    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(6)(x)
        if self.norm is not None:
            x = self.norm(x, use_running_average=not train)
        return self.model(x) + self.model.double(x)
"""
)


@pytest.mark.parametrize("train", [True, False])
def test_a_module_in_a_field_is_an_argument_of_the_constructor(train: bool) -> None:
    text, file, _ = migrate(_HELD)
    assert not refusals(file)
    assert "self.model = model" in text
    linen, twin = load(_HELD), load(text)

    def build() -> nnx.Module:
        norm, model = nnx.BatchNorm(6, rngs=nnx.Rngs(0)), twin.E(6, 3, rngs=nnx.Rngs(1))
        return cast(nnx.Module, twin.L(4, model, norm, rngs=nnx.Rngs(2)))

    report = check_equivalence(linen.L(linen.E(3), nn.BatchNorm()), build, f32(2, 4), train)
    assert report.equal, report


_STACK = (
    IMPORTS
    + HEADER
    + """class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.f)(x))


class Stack(nn.Module):
    features: tuple
    block_cls: type[nn.Module]

    @nn.compact
    def __call__(self, x):
        for f in self.features:
            x = self.block_cls(f)(x)
        return x


Small = partial(Stack, features=(4,), block_cls=Block)
"""
)
_MAIN = """

def main():
    model = Stack((4, 5), block_cls=Block)
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
"""


def test_a_script_may_hand_a_class_to_a_field_that_makes_it() -> None:
    text, file, _ = migrate(_STACK + _MAIN)
    assert not refusals(file)
    assert "Small = partial(Stack, features=(4,), block_cls=Block)" in text
    assert "model = Stack(3, (4, 5), block_cls=Block, rngs=nnx.Rngs(0))" in text
    twin = load(text)
    assert twin.main().shape == (2, 5)
    assert twin.Small(3, rngs=nnx.Rngs(0))(arrays(f32(2, 3))).shape == (2, 4)


@pytest.mark.parametrize(
    "code",
    [
        "model = Small()\n",
        "Other = partial(Stack, (4,), block_cls=Block)\n",
        "Other = partial(Stack, features=(4,), block_cls=make(Block))\n",
        "Other = partial(Stack, features=(4,), block_cls=nn.Dense)\n",
        "run(Stack, block_cls=Block)\n",
        "Other = partial(run, block_cls=Block)\n",
        "kinds = {'small': Stack}\n",
    ],
)
def test_a_class_that_a_script_hands_on_otherwise_stays(code: str) -> None:
    check_refused(_STACK + code, "MN301" if "nn.Dense" not in code else "MN101")


def test_a_function_of_another_file_may_hand_arguments_on() -> None:
    files = {
        "pack/plain.py": "def given(**kwargs):\n    return kwargs\n",
        "pack/layer.py": "from pack.plain import given\n"
        + HEADER
        + "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
        "        more = given(use_bias=False)\n        return nn.Dense(3, **more)(x)\n",
    }
    text = texts(migrate_project(files))["pack/layer.py"]
    assert "self.dense_0 = nnx.Linear(in_features, 3, **more, rngs=rngs)" in text
