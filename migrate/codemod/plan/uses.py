"""Whether a submodule is called in any case: Linen makes its variables at the first call, NNX where it is built."""

import ast
from collections.abc import Sequence

from ..constructions import Construction
from ..flow.values import Use
from ..model import LinenClass, Method, MethodKind, Refused
from .branches import Way, runs_always, told_apart, way_to
from .optional_modules import asks_for_it
from .requests import given_by, on_request


def check_used(cls: LinenClass, construction: Construction, uses: Sequence[Use]) -> None:
    """A module that is only called on a condition may have no variables in Linen.

    The constructor follows the place where the module is built, so the condition has to stand around that.
    """
    if _in_any_case(cls, construction, uses) or _is_asked_for(cls, construction, uses):
        return
    reason = (
        f"`{construction.kind}` is built in any case, but called, which makes its variables, on a condition"
    )
    raise Refused("MN201", uses[0].call, reason)


def asked_by(cls: LinenClass, construction: Construction, uses: Sequence[Use]) -> list[str]:
    """Returns the arguments without which no call comes to a submodule: Linen's variables are there for these alone."""
    if _in_any_case(cls, construction, uses):
        return []
    ways = [(m, way) for m, way in _ways(cls, construction, uses) if m is not None]
    named = [{given_by(m, c) for c, part in way if part == "body"} - {""} for m, way in ways]
    return sorted(set().union(*named)) if all(named) else []


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
    return [(m, _way(m, use.call, construction)) for m, use in zip(callers, uses, strict=True)]


def _way(method: Method | None, call: ast.Call, construction: Construction) -> Way:
    if method is None:
        return frozenset()
    around = construction.method.above(construction.call)
    own = [a for a in method.above(call) if asks_for_it(construction, a, method)]
    return way_to(method, call, [*around, *own])
