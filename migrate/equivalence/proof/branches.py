"""Branches: `cond` chooses among results that are computed from the values outside."""

from collections.abc import Sequence

from .constants import number
from .normal_form import NOTHING, Equation, NormalForm
from .terms import Value


def cond(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns the results of a `cond`: one term per result, none where the choice is known or makes no difference."""
    index, *inputs = operands
    wanted = [out.wanted for out in eqn.outs]
    branches = [nf.inline(eqn, branch, inputs, wanted) for branch in eqn.params["branches"]]
    known = number(nf.table, index)
    if known is not None:
        return branches[min(max(int(known), 0), len(branches) - 1)]  # lax.switch clamps
    return [_chosen(nf, index, cases) for cases in zip(*branches, strict=True)]


def _chosen(nf: NormalForm, index: Value, cases: tuple[Value, ...]) -> Value:
    first = cases[0]
    if first == NOTHING or all(case == first for case in cases):
        return first
    return nf.table.make("cond", len(cases), (index, *cases), first.shape, nf.table.dtype(first))
