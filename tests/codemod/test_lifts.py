# ruff: noqa: E501
"""Transforms around submodules and methods: remat and jit."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    name_of,
    with_header,
)
from .lifts_transformed import REMAT

TRANSFORMED = REMAT

_BLOCK = """\
class Block(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x, train=False, mask=None):
        return nn.Dense(self.f)(x)

    def other(self, x):
        return x


class L(nn.Module):
    flag: bool = True

    @nn.compact
    def __call__(self, x, train=False):
"""


def _body(*lines: str) -> str:
    return _BLOCK + "".join(f"        {line}\n" for line in lines)


REFUSED = (
    Refusal("default-is-traced", "MN102", _body("return nn.remat(Block)()(x)")),
    Refusal("static-by-name", "MN102", _body("return nn.remat(Block, static_argnums=(2,))()(x, train=train)")),
    Refusal("static-not-literal", "MN102", _body("return nn.remat(Block, static_argnums=self.flag)()(x, train)")),
    Refusal("static-self", "MN102", _body("return nn.remat(Block, static_argnums=(0, 2))()(x, train)")),
    Refusal("variables", "MN102", _body("return nn.remat(Block, variables='params')()(x, train)")),
    Refusal("methods", "MN102", _body("return nn.remat(Block, methods=['other'])()(x, train)")),
    Refusal("other-method", "MN102", _body("b = nn.remat(Block)(name='b')", "b(x, train)", "return b.other(x)")),
    Refusal("layer-with-modes", "MN102", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, train):\n        return nn.remat(nn.Dropout)(0.5, deterministic=not train)(x)\n"),
    Refusal("name-on-a-condition", "MN204", _body("b = nn.remat(Block) if self.flag else Block", "return b()(x, train)")),
    Refusal("of-an-instance", "MN102", _body("return nn.remat(Block())(x)")),
    Refusal("two-classes", "MN102", _body("b = nn.remat(Block) if self.flag else nn.Dense", "return b(3, name='b')(x)")),
    Refusal("local-of-a-loop", "MN102", _body("for c in (3, 4):", "    b = nn.remat(Block)", "    x = b(3)(x, train)", "return x")),
    Refusal("handed-on", "MN101", _body("b = nn.remat(Block)()", "return jax.jit(b)(x)")),
    Refusal("jit-of-static-arguments", "MN102", _body("return nn.jit(Block, static_argnums=(2,))()(x, train)")),
    Refusal("remat-scan", "MN102", _body("return nn.remat_scan(Block, lengths=(2, 2))()(x)")),
    Refusal("map-variables", "MN102", _body("return nn.map_variables(Block, 'params')()(x)")),
    Refusal("decorated-default", "MN102", "class L(nn.Module):\n    @nn.remat\n    @nn.compact\n    def __call__(self, x, train=False):\n        return nn.Dense(3)(x)\n"),
    Refusal("argument-of-setup", "MN102", _BLOCK.partition("class L")[0] + "class L(nn.Module):\n    flag: bool = True\n\n    def setup(self):\n        self.b = nn.remat(Block, prevent_cse=self.flag)()\n\n    def __call__(self, x):\n        return self.b(x, None)\n"),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
