"""A local of a compact method that holds one module after another, or the one or the other: each is an attribute."""

import ast
from collections.abc import Collection, Sequence
from itertools import combinations

from ..bindings import bound_to
from ..branches import exclude
from ..constructions import Construction
from ..given_layers import given_around
from ..model import LinenClass, Method, MethodKind, Refused
from ..trees import is_none, walk
from .alternatives import given
from .records import ClassPlan, Submodule


def local_of(construction: Construction) -> str:
    """Returns the local that a construction is bound to, if it is."""
    target = bound_to(construction.call, construction.method.parents)
    return target.id if isinstance(target, ast.Name) else ""


def is_bound_again(cls: LinenClass, construction: Construction) -> bool:
    """Tells whether the local that holds a module is bound to others too, so that every binding has to stay."""
    name, method = local_of(construction), construction.method
    if not name or method.kind is not MethodKind.COMPACT:
        return False
    return len(_stores(method, name)) > 1 or given_around(method, cls.names, construction.call) is not None


def holds_modules(cls: LinenClass, method: Method, name: str, made: Collection[ast.AST]) -> bool:
    """Tells whether all that a local is bound to are modules, each of them in its turn or on its own condition.

    One may be the layer in a field that is there; None stands before all others, or on another side of a condition.
    """
    stores = _stores(method, name)
    if method.kind is not MethodKind.COMPACT or name in method.parameters or len(stores) < 2:
        return False
    assigns = [a for n in stores if isinstance(a := method.parents[n], ast.Assign) and a.targets == [n]]
    if len(assigns) < len(stores) or any(_is_nested(method, a) for a in assigns):
        return False
    empty = [a for a in assigns if is_none(a.value)]
    modules = [a for a in assigns if a not in empty]
    known = all(a.value in made or given_around(method, cls.names, a.value) is not None for a in modules)
    return known and _in_turn(method, modules) and _is_apart(method, empty, modules)


def _stores(method: Method, name: str) -> list[ast.Name]:
    names = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    return [n for n in names if not isinstance(n.ctx, ast.Load)]


def _is_nested(method: Method, assign: ast.Assign) -> bool:
    return any(not isinstance(a, ast.If) and a is not method.node for a in method.above(assign))


def _in_turn(method: Method, modules: Sequence[ast.Assign]) -> bool:
    """A module that another one replaces on a condition would be called, and have its variables, on the opposite."""
    at_top = all(method.parents[a] is method.node for a in modules)
    return at_top or all(exclude(method, one, two) for one, two in combinations(modules, 2))


def _is_apart(method: Method, empty: Sequence[ast.Assign], modules: Sequence[ast.Assign]) -> bool:
    """None comes first, or where none of the modules is made."""
    if len(empty) > 1 or not modules:
        return False
    return all(
        exclude(method, e, m) or (method.parents[e] is method.node and e.lineno < m.lineno)
        for e in empty
        for m in modules
    )


def asks_for_local(construction: Construction, condition: ast.AST, method: Method) -> bool:
    """Tells whether a condition asks if the local of this module holds one: where it is made, it does."""
    name = local_of(construction)
    if not name or method is not construction.method or not isinstance(condition, ast.If | ast.IfExp):
        return False
    match condition.test:
        case (
            ast.Compare(
                left=ast.Name(id=asked), ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]
            )
            | ast.Name(id=asked)
        ):
            return asked == name and len(_stores(method, name)) > 1
    return False


def check_taken(plan: ClassPlan, method: Method, taken: Collection[str]) -> None:
    """Raises Refused where the constructor would ask a local that holds modules in the call alone."""
    for submodule in (s for s in plan.submodules if s.construction.method is method):
        name = local_of(submodule.construction)
        if name in taken and is_bound_again(plan.cls, submodule.construction):
            reason = f"what is made depends on `{name}`, which holds a module"
            raise Refused("MN101", submodule.construction.call, reason)


def check_locals(plan: ClassPlan) -> None:
    """Raises Refused where a call would have to know which of the modules of a local it calls."""
    for one, two in combinations(plan.submodules, 2):
        name, method = local_of(one.construction), one.construction.method
        if not name or name != local_of(two.construction) or method is not two.construction.method:
            continue
        for call in _calls(plan, one) & _calls(plan, two):
            if given(one, call) != given(two, call) or _is_lifted(one) or _is_lifted(two):
                kinds = f"`{one.construction.kind}` and `{two.construction.kind}`"
                raise Refused("MN101", call, f"`{name}` is one of {kinds}, which NNX calls in other ways")


def _calls(plan: ClassPlan, submodule: Submodule) -> set[ast.Call]:
    return {use.call for use in plan.flow.found[submodule.construction.call].uses}


def _is_lifted(submodule: Submodule) -> bool:
    return submodule.construction.lifted is not None or submodule.iteration is not None
