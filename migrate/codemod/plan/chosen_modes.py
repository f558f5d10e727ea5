"""A mode that a call gives to one of several layers alone, which one line in front of all such calls decides.

`mode = {"use_running_average": not train} if self.norm == "batch" else {}`: the others do not take it.
"""

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from ..branches import attributes_of, of_module, test_of, way_to
from ..conditions import conjunction, negated
from ..model import Method, Refused
from ..trees import walk
from .layer_rules import Moved
from .records import ClassPlan, Submodule
from .stores import kept_as

Step = tuple[ast.expr, str]
"""A test on the way to a layer, and the part of the condition that the layer stands in."""


class ChosenMode(NamedTuple):
    """What the call of one of several layers gives to it alone, and the tests behind which that one is bound."""

    given: tuple[Moved, ...]
    tests: tuple[Step, ...]

    def reads(self, method: Method) -> set[str]:
        """The attributes of the module that the statement reads."""
        nodes = [*(value for _, value in self.given), *(test for test, _ in self.tests)]
        return {n.attr for node in nodes if isinstance(node, ast.expr) for n in attributes_of(method, node)}

    def row(self, name: str, plan: ClassPlan, method: Method) -> str:
        """The statement that binds `name` to the keywords of the calls, as the configuration wants them."""
        texts = [(_code(test, plan, method), part) for test, part in self.tests]
        asked = [test if part == "body" else negated(test) for test, part in texts]
        values = [(mode, value) for mode, value in self.given if isinstance(value, ast.expr)]
        pairs = (f'"{mode}": {_code(value, plan, method)}' for mode, value in values)
        return f"{name} = {{{', '.join(pairs)}}} if {conjunction(asked)} else {{}}"


def chosen_mode(plan: ClassPlan, each: Sequence[Submodule], call: ast.Call) -> ChosenMode | None:
    """Returns what a call of one of the layers `each` gives, where it is not the same for all of them.

    Raises Refused where that cannot be decided in front of everything else in the method.
    """
    modes = [s for s in each if s.at_call.get(call)]
    if not modes or all(_spelled(s.at_call.get(call, ())) == _spelled(modes[0].at_call[call]) for s in each):
        return None
    (taken, *others), construction = modes, modes[0].construction
    given, method = taken.at_call[call], construction.method
    values = [value for _, value in given if isinstance(value, ast.expr)]
    if others or len(values) < len(given) or call not in method.parents:
        raise Refused("MN101", call, "more than one of the layers that it may call takes a mode")
    way = way_to(method, values[0], [*method.above(construction.call)])
    tests = [(test, part) for condition, part in way if (test := test_of(condition)) is not None]
    tests.sort(key=lambda step: (step[0].lineno, step[0].col_offset))
    found = ChosenMode(given, tuple(tests))
    early = _is_known_early(method, values) and all(of_module(method, test) for test, _ in tests)
    if (
        len(tests) < len(way)
        or not tests
        or not early
        or not found.reads(method) <= {f.name for f in plan.fields}
    ):
        name = given[0][0]
        raise Refused(
            "MN101", values[0], f"`{name}` is for `{construction.kind}` alone, and not known from the start"
        )
    return found


def _code(node: ast.expr, plan: ClassPlan, method: Method) -> str:
    """The code of an expression, fields by what keeps them."""
    kept = {n.attr: kept_as(plan, n.attr) for n in attributes_of(method, node)}
    if all(name == attribute for name, attribute in kept.items()):
        return plan.cls.source.segment(node)
    new = ast.parse(ast.unparse(node), mode="eval").body
    for read in attributes_of(method, new):
        read.attr = kept[read.attr]
    return re.sub(r"'(\w*)'", r'"\1"', ast.unparse(new))


def _spelled(given: Sequence[Moved]) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else ast.unparse(value)) for name, value in given]


def _is_known_early(method: Method, values: Sequence[ast.expr]) -> bool:
    """Tells whether values are made of what the method is given: that names are bound once is known by then."""
    names = {n.id for value in values for n in walk(value) if isinstance(n, ast.Name)}
    return names <= {method.this, *method.parameters}
