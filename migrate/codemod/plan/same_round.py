"""Lists that one loop of setup fills together: a size that one has from another is that of the same round."""

import ast
from collections import defaultdict
from collections.abc import Sequence

from ..bindings import stored
from ..flow.terms import Kind
from ..model import Method, Refused
from .records import ClassPlan, Form, Submodule

_VARYING = frozenset({Kind.LOCAL, Kind.PHI})


def check_same_round(plan: ClassPlan, mine: Sequence[Submodule], methods: Sequence[Method]) -> None:
    """Raises Refused where a method calls elements of such lists that may not stand beside one another."""
    together: defaultdict[ast.AST, list[Submodule]] = defaultdict(list)
    for submodule in mine:
        if submodule.form is Form.APPEND and submodule.loop is not None:
            together[submodule.loop].append(submodule)
    for lists in together.values():
        kinds = {term.kind for one in lists for size in one.sizes for term in size.walk()}
        if len({one.attribute for one in lists}) > 1 and kinds & _VARYING:
            _check_calls(plan, lists, methods)


def _check_calls(plan: ClassPlan, lists: Sequence[Submodule], methods: Sequence[Method]) -> None:
    rounds: defaultdict[ast.AST, set[tuple[object, ...]]] = defaultdict(set)
    called: defaultdict[ast.AST, set[str]] = defaultdict(set)
    for one in lists:
        found = plan.flow.found[one.construction.call]
        for call in dict.fromkeys(use.call for use in (*found.uses, *found.elsewhere)):
            for method in (m for m in methods if call in m.parents):
                place = _outermost(method, call)
                rounds[place].add(_round(method, call))
                called[place].add(one.attribute)
                if len(rounds[place]) > 1 and len(called[place]) > 1:
                    names = " and ".join(f"`self.{name}`" for name in sorted(called[place]))
                    reason = f"the elements of {names} that are called together may be of different rounds"
                    raise Refused("MN108", call, reason)


def _outermost(method: Method, call: ast.Call) -> ast.AST:
    """Returns the loop around a call, or the method: what one part of it computes, another may go on with."""
    loops = [a for a in method.above(call) if isinstance(a, ast.For)]
    return loops[-1] if loops else method.node


def _round(method: Method, call: ast.Call) -> tuple[object, ...]:
    """Returns which element is called: by which index, or what runs through them."""
    function = call.func
    while isinstance(function, ast.Attribute) and not method.is_this(function):
        function = function.value
    spelled = function.slice if isinstance(function, ast.Subscript) else function
    names = {n.id for n in ast.walk(spelled) if isinstance(n, ast.Name)}
    above = method.above(call)
    loops: list[ast.For | ast.comprehension] = [a for a in above if isinstance(a, ast.For)]
    loops += [generator for a in above for generator in getattr(a, "generators", ())]
    binding = tuple(loop for loop in loops if names & stored(loop.target))
    return (*binding, ast.unparse(spelled)) if isinstance(function, ast.Subscript) else binding
