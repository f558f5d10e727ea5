"""What an expression gives: explained by the runs, or not said at all."""

import ast
from typing import NamedTuple

import pytest
from migrate_norm.codemod.flow.terms import Kind, Size, Term, const, op
from migrate_norm.codemod.flow.values import SOMEWHERE, Array, Value
from migrate_norm.codemod.traced.explain import Owner
from migrate_norm.codemod.traced.records import Dims, Facts, TracedCall, TracedModule, TracedValue
from migrate_norm.codemod.traced.values import told_by_runs

_X, _Y = Array(("__call__", "x")), Array(("__call__", "y"))
_SPAN = ("layer.py", 1, 0, 1, 7)
_OWNER = Owner({"f"}, {("__call__", "x"), ("__call__", "y")})


class Run(NamedTuple):
    """The shapes of the parts `x` and `y`, what `g(x, y)` gave, and the field `f` of the class."""

    x: Dims
    gave: Dims | None
    y: Dims | None = None
    f: int = 4


def _of_x(index: int) -> Term:
    return Term(Kind.DIM, Size("__call__", "x", index))


def _ending(*axes: Term) -> Array:
    return Array(SOMEWHERE, len(axes)).ending(*axes)


CASES = {
    "keeps-the-shape": ([Run((2, 5), (2, 5)), Run((3, 7), (3, 7))], _X),
    "keeps-the-shape-of-any-rank": ([Run((2, 5), (2, 5)), Run((2, 3, 7), (2, 3, 7))], _X),
    "keeps-the-last": ([Run((2, 5), (2, 9, 5)), Run((2, 7), (2, 8, 7))], _ending(_of_x(-1))),
    "turns-it": ([Run((2, 5), (5, 2)), Run((3, 7), (7, 3))], _ending(_of_x(-1), _of_x(-2))),
    "a-multiple": ([Run((3, 5), (3, 10)), Run((3, 7), (3, 14))], _ending(op("*", _of_x(-1), const(2)))),
    "a-field": ([Run((2, 5), (2, 4)), Run((2, 5), (2, 6), f=6)], _ending(Term(Kind.FIELD, "f"))),
    "square": ([Run((5, 5), (5, 5)), Run((7, 7), (7, 7))], None),
    "never-another-size": ([Run((2, 5), (2, 5)), Run((2, 5), (2, 5), f=6)], None),
    "never-another-last-axis": ([Run((2, 5), (2, 5)), Run((2, 3, 5), (2, 3, 5))], None),
    "another-size-once": ([Run((2, 5), (2, 5)), Run((3, 7), (3, 7)), Run((3, 8), (3, 9))], None),
    "no-array-once": ([Run((2, 5), (2, 5)), Run((3, 7), (3, 7)), Run((3, 8), None)], None),
    "twice-it-or-so-many-times": ([Run((2, 5), (2, 10)), Run((2, 7), (2, 14))], None),
    "of-either-part": ([Run((2, 5), (2, 5), (3, 5)), Run((2, 7), (2, 7), (3, 7))], None),
    "of-a-part-or-a-field": ([Run((2, 5), (2, 20)), Run((2, 7), (2, 28), f=4)], None),
}


def _told(runs: list[Run], *, again: bool = False) -> Array | None:
    node = ast.parse("g(x, y)", mode="eval").body
    assert isinstance(node, ast.Call)
    x, y = node.args
    values = []
    for run in runs:
        given = [{"shape": [*dims]} for dims in (run.x, run.y) if dims is not None]
        names = ("x", "y")[: len(given)]
        module = TracedModule("L", None, {"f": run.f}, {})
        above = TracedCall(module, "__call__", None, None, tuple(given), {}, names)
        parts = {Facts().span_of("layer.py", node): dims for node, dims in ((x, run.x), (y, run.y))}
        values.append(TracedValue(above, run.gave, parts))
    known: dict[ast.AST, Value] = {x: _X, y: _Y}
    return told_by_runs(node, _SPAN, Facts(values={_SPAN: values}), _OWNER, known, again=again)


@pytest.mark.parametrize("name", CASES)
def test_values(name: str) -> None:
    runs, expected = CASES[name]
    assert _told(runs) == expected


@pytest.mark.parametrize("name", ["a-multiple", "a-field"])
def test_in_a_loop_a_field_may_explain_one_round_only(name: str) -> None:
    assert _told(CASES[name][0], again=True) is None


def test_in_a_loop_a_part_is_that_of_the_round() -> None:
    assert _told(CASES["keeps-the-shape"][0], again=True) == _X
