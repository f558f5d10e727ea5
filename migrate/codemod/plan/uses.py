"""Whether a submodule is called in any case: Linen makes its variables at the first call, NNX where it is built."""

import ast
from collections.abc import Mapping, Sequence
from functools import reduce

from ..bindings import stored
from ..branches import Way, not_returned, runs_always, same_question, told_apart, way_to
from ..constructions import Construction
from ..flow.found import holds_anywhere
from ..flow.run import called_methods
from ..flow.terms import Kind, Size, Term
from ..flow.values import Use, Value
from ..kinds import is_told_by_kind
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..requests import given_by, missing_by, on_request
from .callers import given_where
from .local_modules import asks_for_local
from .optional_arguments import guard_by_argument
from .optional_modules import asks_for_it, asks_if_missing


def guard_of(
    cls: LinenClass,
    construction: Construction,
    uses: Sequence[Use],
    seen: Mapping[ast.AST, Value],
    project: Project,
) -> Term | None:
    """Returns the test of configuration on which a submodule is called; None where it is called in any case.

    Raises Refused for other conditions: a module that is only called on one may have no variables in Linen.
    """
    if _in_any_case(cls, construction, uses):
        return None
    told = guard_by_argument(construction, _ways(cls, construction, uses))
    told = told or _told_by_callers(cls, construction, uses, project)
    if told is not None or _is_asked_for(cls, construction, uses):
        return told
    guard = _guard(cls, construction, uses, seen)
    if guard is not None:
        return guard
    reason = (
        f"`{construction.kind}` is built in any case, but called, which makes its variables, on a condition"
    )
    raise Refused("MN201", uses[0].call, reason)


def _guard(
    cls: LinenClass, construction: Construction, uses: Sequence[Use], seen: Mapping[ast.AST, Value]
) -> Term | None:
    """What is asked around all calls of what setup makes at its top, where the module itself says if it holds."""
    ways = told_apart(_ways(cls, construction, uses))
    method, statement = construction.method, construction.method.parents[construction.call]
    if method.kind is not MethodKind.SETUP or method.parents[statement] is not method.node or not ways:
        return None
    held = {
        step: term for step in frozenset.intersection(*ways) if (term := _holds(cls, *step, seen)) is not None
    }
    if not held or not runs_always([way - {*held} for way in ways]):
        return None
    steps = sorted(held, key=lambda step: _position(step[0]))
    return reduce(lambda left, right: Term(Kind.OP, "and", (left, right)), (held[step] for step in steps))


def _position(node: ast.AST) -> tuple[int, int]:
    assert isinstance(node, ast.expr | ast.stmt)
    return node.lineno, node.col_offset


def _holds(cls: LinenClass, condition: ast.AST, part: str, seen: Mapping[ast.AST, Value]) -> Term | None:
    """What a module says of itself, or the sizes that it is made for, that leads into one part of a condition."""
    test = condition.test if isinstance(condition, ast.If | ast.IfExp) else None
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    size = seen.get(test) if test is not None else None
    if not isinstance(size, Term) or not (holds_anywhere(size) or _is_of_input(cls, condition, size)):
        return None
    return size if part == "body" else Term(Kind.NOT, "not", (size,))


def _is_of_input(cls: LinenClass, condition: ast.AST, test: Term) -> bool:
    """Tells whether a test asks for sizes of what its method is given by who calls the module: `x.shape != y.shape`."""
    method = next((m.node.name for m in cls.methods.values() if condition in m.parents), "")
    asked = [part for part in test.walk() if not holds_anywhere(part) and not part.parts]
    features = (type(part.value) is Size and part.value.index == -1 and not part.value.many for part in asked)
    sizes = all(features) and all(part.value.method == method for part in asked)
    return sizes and method not in called_methods(cls) and test.spelled


def _told_by_callers(
    cls: LinenClass, construction: Construction, uses: Sequence[Use], project: Project
) -> Term | None:
    """What fields say where no caller gives the argument without which the module of setup is called."""
    ways = _ways(cls, construction, uses)
    if construction.method.kind is not MethodKind.SETUP or any(len(way) != 1 for _, way in ways):
        return None
    missing = {(m, missing_by(m, *step)) for m, way in ways if m is not None for step in way}
    method, name = missing.pop() if len(missing) == 1 else (None, "")
    if method is None or method.node.name != "__call__" or name in {"", *stored(method.node)}:
        return None
    asked = given_where(cls, name, project)
    return asked._replace(holds=not asked.holds).term if asked is not None else None


def asked_by(cls: LinenClass, construction: Construction, uses: Sequence[Use]) -> list[str]:
    """Returns how a call has to be for Linen's variables to be there: with some arguments, or without them."""
    if _in_any_case(cls, construction, uses):
        return []
    ways = [(m, way) for m, way in _ways(cls, construction, uses) if m is not None]
    named = [{asking for step in way if (asking := _asking(m, *step))} for m, way in ways]
    return sorted(set().union(*named)) if all(named) else []


def _asking(method: Method, condition: ast.AST, part: str) -> str:
    if name := given_by(method, condition, part):
        return f"with `{name}`"
    name = missing_by(method, condition, part)
    return f"without `{name}`" if name else ""


def _in_any_case(cls: LinenClass, construction: Construction, uses: Sequence[Use]) -> bool:
    layer = construction.layer
    if layer is not None and not layer.variables and not layer.children:
        return True
    return runs_always(told_apart(_ways(cls, construction, uses)))


def _is_asked_for(cls: LinenClass, construction: Construction, uses: Sequence[Use]) -> bool:
    """A module of setup that every call uses which is given some arguments.

    NNX has its variables from the start: a checkpoint that lacks them, as Linen's init made no such call, is refused.
    """
    asked = all(m is not None and on_request(m, way) for m, way in _ways(cls, construction, uses))
    return construction.method.kind is MethodKind.SETUP and asked


def _ways(
    cls: LinenClass, construction: Construction, uses: Sequence[Use]
) -> list[tuple[Method | None, Way]]:
    callers = [next((m for m in cls.methods.values() if use.call in m.parents), None) for use in uses]
    return [(m, _way(cls, m, use.call, construction)) for m, use in zip(callers, uses, strict=True)]


def _way(cls: LinenClass, method: Method | None, call: ast.Call, construction: Construction) -> Way:
    if method is None:
        return frozenset()
    around = construction.method.above(construction.call)
    if construction.method.kind is MethodKind.SETUP:
        asked = same_question(construction.method, construction.call, method, call)
        around = [*around, *asked]
    above = method.above(call)
    asked = [a for a in above if asks_for_local(construction, a, method)]
    own = [
        a
        for a in above
        if a in asked or asks_for_it(construction, a, method) or is_told_by_kind(a, call, cls)
    ]
    way = way_to(method, call, [*around, *own])
    if construction.method.kind is not MethodKind.SETUP or any(isinstance(a, ast.If) for a in around):
        return way  # in a compact method it is made there, and what setup asks may be this very question
    returned = (step for step in not_returned(method, call) if step[0] not in around)
    return way | {step for step in returned if not asks_if_missing(construction, step[0], method)}
