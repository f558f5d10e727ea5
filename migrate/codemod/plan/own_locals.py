"""Sizes are spelled with what the constructor has anyway: `hidden`, `self.width` rather than `in_channels * ratio`."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ..bindings import statements, stores_in
from ..flow.found import holds_anywhere
from ..flow.terms import PLACED, Kind, Maker, Term
from ..model import Method, MethodKind
from .records import ClassPlan

_LEFT_ALONE = frozenset({Kind.CONST, Kind.DIM, Kind.TUPLE})
"""What is as short as a name, or has one already."""


_WORKED_OUT = frozenset({Kind.OP, Kind.CALL, Kind.CHOICE})
"""What an attribute of self is worth that is shorter than it."""


class _Local(NamedTuple):
    """A local, or with `on_self` an attribute that setup keeps."""

    name: str
    statement: ast.stmt
    value: Term
    on_self: bool = False

    @property
    def term(self) -> Term:
        if self.on_self:
            return Term(Kind.FIELD, self.name)
        return Term(Kind.LOCAL, Maker(self.name, self.statement.lineno, self.statement.col_offset))


def spell_with_locals(plan: ClassPlan) -> None:
    """Fills `plan.spelled`, and changes what loops start from and go on with."""
    kept = [a for method, keep in plan.takeover for a in _attributes(plan, method, keep)]
    plan.through_self |= {attribute.name: attribute.name for attribute in kept}
    for method, keep in plan.takeover:
        found = [*_locals(plan, method, keep), *kept]
        if not found:
            continue
        for submodule in (s for s in plan.submodules if s.construction.method is method and not s.hoisted):
            known = _at(method, found, submodule.construction.call)
            plan.spelled[submodule] = tuple(_with(size, known) for size in submodule.sizes)
        for loop, group in plan.phis.items():
            place = plan.flow.place(loop)
            if place in method.parents and loop not in plan.list_loops:
                before = _at(method, found, place)
                after = _at(method, found, plan.flow.last(loop), behind=True)
                plan.phis[loop] = [
                    c._replace(entry=_with(c.entry, before), back=_with(c.back, after)) for c in group
                ]


def _locals(plan: ClassPlan, method: Method, keep: Collection[ast.stmt]) -> Iterator[_Local]:
    """Those that one statement binds to something which means the same all the way."""
    taken = {f.name for f in plan.fields} | {p.name for p in plan.every_parameter} | set(plan.dims.values())
    for statement in statements(method.node.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if statement in keep:
                term = plan.flow.seen.get(value)
                if (
                    name not in taken
                    and isinstance(term, Term)
                    and _stays(term)
                    and _bound_once(method, name)
                ):
                    yield _Local(name, statement, term)


def _attributes(plan: ClassPlan, setup: Method, keep: Collection[ast.stmt]) -> Iterator[_Local]:
    """Those that setup alone assigns, and once: to something that says more than their names."""
    for statement in setup.node.body if setup.kind is MethodKind.SETUP else ():
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name) as target], value=value) if statement in keep:
                term = plan.flow.seen.get(value)
                once = [n for m in plan.methods.values() for n in stores_in(m, name)] == [target]
                worth = isinstance(term, Term) and _is_worked_out(term) and holds_anywhere(term)
                if isinstance(term, Term) and worth and once:
                    yield _Local(name, statement, term, on_self=True)


def _is_worked_out(term: Term) -> bool:
    return term.kind in _WORKED_OUT or (
        bool(term.parts) and any(t.kind is Kind.COMPUTED for t in term.walk())
    )


def _stays(term: Term) -> bool:
    """Tells whether a value that is worth a name means the same at every place of a method."""
    return term.kind not in _LEFT_ALONE and not any(part.kind in PLACED for part in term.walk())


def _bound_once(method: Method, name: str) -> bool:
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    return name not in method.parameters and sum(not isinstance(n.ctx, ast.Load) for n in spelled) == 1


def _at(method: Method, found: list[_Local], place: ast.AST, *, behind: bool = False) -> dict[Term, Term]:
    """The locals that are there by now whatever the method does, by what they are worth."""
    around = [place, *method.above(place)]
    known: dict[Term, Term] = {}
    for local in found:
        if local.statement not in method.parents:
            known.setdefault(local.value, local.term)  # setup has run before
            continue
        block = _block(method, local.statement)
        at = next((s for s in block if s in around), None)
        before = at is not None and block.index(local.statement) < block.index(at)
        if before or (behind and local.statement is place):
            known.setdefault(local.value, local.term)
    return known


def _block(method: Method, statement: ast.stmt) -> list[ast.stmt]:
    above = method.parents[statement]
    blocks = (getattr(above, part, None) for part in ("body", "orelse", "finalbody"))
    return next((b for b in blocks if isinstance(b, list) and statement in b), [statement])


def _with(size: Term, known: Mapping[Term, Term]) -> Term:
    if size in known:
        return known[size]
    return replace(size, parts=tuple(_with(part, known) for part in size.parts)) if size.parts else size
