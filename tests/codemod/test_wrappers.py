# ruff: noqa: E501
"""nn.SpectralNorm and nn.WeightNorm become the twins of this project, around a layer that is made on the spot."""

import pytest

from .check import (
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    load,
    name_of,
    run_once,
    with_header,
)
from .wrappers_transformed import TRANSFORMED

_METHOD = "class L(nn.Module):\n    f: int = 4\n\n    @nn.compact\n    def __call__(self, x, train=False):\n        "

REFUSED = (
    Refusal("a-layer-held-elsewhere", "MN101", _METHOD + "d = nn.Dense(3)\n        return nn.WeightNorm(d)(x)\n"),
    Refusal("a-class-of-ones-own", "MN101", "class B(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n\n\n" + _METHOD + "return nn.WeightNorm(B())(x)\n"),
    Refusal("several-kernels", "MN101", _METHOD + "return nn.SpectralNorm(nn.LSTMCell(3))(x, x, update_stats=train)\n"),
    Refusal("a-bias-with-axes", "MN101", _METHOD + "return nn.SpectralNorm(nn.DenseGeneral((3, 4)))(x, update_stats=train)\n"),
    Refusal("another-collection", "MN109", _METHOD + "return nn.SpectralNorm(nn.Dense(3), collection_name='c')(x, update_stats=train)\n"),
    Refusal("no-steps", "MN109", _METHOD + "return nn.SpectralNorm(nn.Dense(3), n_steps=0)(x, update_stats=train)\n"),
    Refusal("another-filter", "MN109", _METHOD + "return nn.WeightNorm(nn.Dense(3), variable_filter={'bias'})(x)\n"),
    Refusal("under-a-transform", "MN101", _METHOD + "return nn.WeightNorm(nn.remat(nn.Dense)(4))(x)\n"),
    Refusal("two-inputs", "MN101", _METHOD + "return nn.SpectralNorm(nn.Dense(3))(x, x, update_stats=train)\n"),
    Refusal("taken-name", "MN208", "class WeightNorm:\n    pass\n\n\nclass LinenWeightNorm:\n    pass\n\n\n" + _METHOD + "return nn.WeightNorm(nn.Dense(3))(x)\n"),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), case.after)
    for call in case.calls:
        run_once(load(case.after), call)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
