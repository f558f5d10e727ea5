"""Sizes that a submodule made before knows: `self.mlp_0.hidden_dims[-1]`, behind what a field makes.

A script hands the class a partial, `partial(MLP, hidden_dims=dims)`, of which the class itself sees no value.
"""

import ast
from collections.abc import Iterable

from ..flow.terms import Kind, Term
from ..model import Method, Refused
from ..project import Project
from .arrays import array_fields
from .behind_loops import OUT, Behind, keep_behind, kept_inside
from .records import ClassPlan, Form, Submodule
from .stores import kept_as


def check_kept(plan: ClassPlan, spelled: Iterable[tuple[Term, ast.AST]], project: Project) -> None:
    """Has the submodules keep the fields that sizes ask for. Raises Refused where one is not there by then."""
    for term, place in spelled:
        for part in (p for p in term.walk() if p.kind is Kind.KEPT):
            made, name = _made(plan, part), _name(part)
            if made is None or not _is_before(made.construction.method, made.construction.call, place):
                reason = f"a size depends on what is given as `{name}`, which is not known where it is needed"
                raise Refused("MN108", place, reason)
            if isinstance(part.value[1], Behind):
                keep_behind(made.child, part.value[1], place)
            else:
                keep(made.child, name, place, project)


def in_time(plan: ClassPlan, size: Term | None, place: ast.AST) -> Term | None:
    """Returns a size, unless a module keeps it which is not made by then."""
    for part in kept_inside(plan, size) if size is not None else ():
        made = _made(plan, part)
        if made is None or not _is_before(made.construction.method, made.construction.call, place):
            return None
    return size


def spell_kept(plan: ClassPlan, part: Term) -> str:
    """Returns the attribute of the submodule, as the constructor reads it."""
    made = _made(plan, part)
    assert made is not None
    assert made.child is not None
    kept = OUT if isinstance(part.value[1], Behind) else kept_as(made.child, part.value[1])
    return f"self.{made.attribute}.{kept}"


def _name(part: Term) -> str:
    return OUT if isinstance(part.value[1], Behind) else str(part.value[1])


def _made(plan: ClassPlan, part: Term) -> Submodule | None:
    """The submodule, where one attribute holds it in any case."""
    call, _ = part.value
    found = next((s for s in plan.submodules if s.construction.call is call), None)
    alone = found is not None and found.form is Form.BIND and not found.hoisted and found.guard is None
    return found if alone else None


def _is_before(method: Method, call: ast.Call, place: ast.AST) -> bool:
    """Tells whether a statement in front of the place has made it, whichever way there is to that."""
    if place not in method.parents:
        return False
    statement, around = method.statement(call), [place, *method.above(place)]
    first = (statement.end_lineno or statement.lineno) < place.lineno  # type: ignore[attr-defined]
    rounds = any(isinstance(a, ast.For | ast.While) for a in method.above(statement))
    return first and not rounds and any(n in method.block(statement) for n in around)


def keep(child: ClassPlan | None, name: str, place: ast.AST, project: Project) -> None:
    if child is None or child.bases or "__post_init__" in child.cls.methods:
        raise Refused("MN108", place, f"a size depends on the field `{name}` of a class that inherits it")
    if name in child.made_only or name in array_fields(child.cls, project):
        raise Refused("MN108", place, f"a size depends on the field `{name}`, which no module keeps")
    if not any(field == name for _, field in child.stores):
        child.stores.append((kept_as(child, name), name))
