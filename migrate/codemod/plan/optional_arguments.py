"""Arguments without which some models of the project are made: a constructor is told whether they will be given."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from ..bindings import may_be_missing
from ..branches import Way, way_to
from ..constructions import Construction
from ..constructors import SizeArgument, item_path
from ..flow.terms import Given, Kind, Term, const, is_given, substitute
from ..flow.values import Array, Use
from ..model import LinenClass, Method, MethodKind, Missing, Refused
from ..requests import asked_for, given_by
from ..trees import walk
from .child_calls import Call
from .records import ClassPlan


def left_out(child: ClassPlan | None, size: str, uses: Sequence[Use]) -> Missing | None:
    """Returns the argument of `child` that a size of it is taken from, and that one of the calls leaves out."""
    arguments = [p.argument for p in child.every_parameter if p.name == size] if child is not None else []
    found = (
        Call(child, {}, use, lambda _: None).leaves_out(argument)
        for argument in arguments
        for use in uses
        if child is not None
    )
    return next((missing for missing in found if missing is not None), None)


def behind_optional(cls: LinenClass, place: ast.expr) -> Missing | None:
    """Returns the argument that decides, above a place, on what an array goes through: `if context is not None`."""
    for method in (m for m in cls.methods.values() if place in m.parents):
        for condition in (n for n in walk(method.node) if isinstance(n, ast.If)):
            name = asked_for(method, condition)
            above = condition not in method.above(place) and condition.lineno < place.lineno
            if name and name not in method.optional and above:
                return Missing(cls.name, method.node.name, name)
    return None


def decides_output(child: ClassPlan, uses: Sequence[Use]) -> Missing | None:
    """Returns the argument, which calls leave out, that decides what a submodule gives where that is not known."""
    for owner in (child, *child.bases):
        for method in owner.cls.methods.values():
            given = owner.flow.returns.get(method.node.name)
            if isinstance(given, Array) and given.at(-1) is None:
                asked = (n for n in walk(method.node) if isinstance(n, ast.If | ast.IfExp))
                for name in dict.fromkeys(asked_for(method, condition) for condition in asked):
                    argument = SizeArgument("", method.node.name, name)
                    out = (Call(child, {}, use, lambda _: None).leaves_out(argument) for use in uses)
                    if name and name not in method.optional and (missing := next(filter(None, out), None)):
                        return missing
    return None


def made_in_vain(plans: Mapping[str, ClassPlan]) -> Iterator[Missing]:
    """Yields the arguments that calls leave out without which Linen would not make some of the submodules."""
    for plan in plans.values():
        for found in plan.flow.found.values():
            child = plans.get(found.construction.target) if found.construction.layer is None else None
            if child is not None:
                yield from (one for p in (child, *child.bases) for one in _in_vain(p, child, found.uses))


def _in_vain(owner: ClassPlan, child: ClassPlan, uses: Sequence[Use]) -> Iterator[Missing]:
    for method in owner.cls.methods.values():
        mine = (condition for condition in owner.from_start if condition in method.parents)
        for name in dict.fromkeys(asked_for(method, condition) for condition in mine):
            argument = SizeArgument("", method.node.name, name)
            out = (Call(child, {}, use, lambda _: None).leaves_out(argument) for use in uses)
            yield from (missing for missing in out if missing is not None)


def may_be_left_out(plan: ClassPlan) -> set[Missing]:
    """Returns the arguments, None by default, of which a class has sizes: a script may leave them out."""
    found = set()
    for owner in (plan, *plan.bases):
        for argument in (p.argument for p in plan.every_parameter if not p.argument.instead):
            method, name = owner.cls.methods.get(argument.method), item_path(argument.parameter)[0]
            if method is not None and may_be_missing(method, name) and name not in method.optional:
                found.add(Missing(owner.cls.name, argument.method, name))
    return found


def where_made(cls: LinenClass, made: Construction, size: Term) -> Term:
    """Returns a size where a submodule is made: what has to be given, or is given there, is not asked for."""

    def leaf(term: Term) -> Term:
        if term.kind is not Kind.DIM or not isinstance(term.value, Given):
            return term
        owner, name = cls.methods.get(term.value.method), term.value.array
        sure = owner is not None and (not may_be_missing(owner, name) or _is_behind(owner, name, made))
        return const(True) if sure else term

    found = substitute(size, leaf)
    assert found is not None
    return found


def guard_by_argument(construction: Construction, ways: Collection[tuple[Method | None, Way]]) -> Term | None:
    """Returns whether an optional argument is given, with which alone every call of what setup makes is come to."""
    asked = {
        (m, given_by(m, *step) if len(way) == 1 else "") for m, way in ways if m is not None for step in way
    }
    method, name = asked.pop() if len(asked) == 1 and all(way for _, way in ways) else (None, "")
    if construction.method.kind is not MethodKind.SETUP or method is None or name not in method.optional:
        return None
    return is_given(method.node.name, name)


def check_optional(
    cls: LinenClass, made: Construction, child: ClassPlan | None, name: str, size: Term, guard: Term | None
) -> None:
    """Raises Refused where a size is of an argument that models may lack that make the module as well."""
    argument = next((p.argument for p in child.every_parameter if p.name == name), None) if child else None
    if argument is not None and argument.optional:
        return
    for method, array in _sizes_of(size):
        owner = cls.methods.get(method)
        guarded = guard == is_given(method, array)
        if owner is None or array not in owner.optional or guarded or _is_behind(owner, array, made):
            continue
        reason = f"`{made.kind}` is made where `{array}` is missing too, of which it has a size"
        missing = _asked(child, name) if child is not None else None
        raise Refused("MN108", made.call, reason, {missing} if missing is not None else ())


def _is_behind(owner: Method, name: str, made: Construction) -> bool:
    """Tells whether a submodule is made where an argument of the method is given."""
    if owner is not made.method:
        return False
    steps = way_to(owner, made.call)
    choices = (c for c, part in steps if isinstance(c, ast.IfExp) and part == "body")
    return name in {given_by(owner, *step) for step in steps} | {asked_for(owner, c) for c in choices}


def _asked(child: ClassPlan, name: str) -> Missing | None:
    """The argument of a child that a size of it is taken from, where the child itself works without."""
    for plan in (child, *child.bases):
        for argument in (p.argument for p in child.every_parameter if p.name == name):
            if argument.method in plan.cls.methods:
                return Missing(plan.cls.name, argument.method, item_path(argument.parameter)[0])
    return None


def _sizes_of(size: Term) -> Iterator[tuple[str, str]]:
    """Yields the arguments of which a size is made; what is chosen where one is given has that."""
    if size.kind is Kind.DIM and not isinstance(size.value, Given):
        yield size.value.method, item_path(size.value.array)[0]
    asked = size.parts[0] if size.kind is Kind.CHOICE else None
    for place, part in enumerate(size.parts):
        yield from (root for root in _sizes_of(part) if place != 1 or asked != is_given(*root))
