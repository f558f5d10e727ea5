"""Attributes that setup gives values of fields alone, wherever it does: the constructor sets them to the same."""

import ast

from ..bindings import stores_in
from ..model import Method
from ..trees import walk
from .records import ClassPlan


def plain_attributes(plan: ClassPlan) -> frozenset[str]:
    """Returns those of a class that is planned; its own setup decides, or that of its nearest base."""
    if any("__post_init__" in p.cls.methods for p in (plan, *plan.bases)):
        return frozenset()
    owner = next((p for p in (plan, *plan.bases) if "setup" in p.cls.methods), None)
    return _of(owner, owner.cls.methods["setup"]) if owner is not None else frozenset()


def _of(plan: ClassPlan, setup: Method) -> frozenset[str]:
    taken = [keep for method, keep in plan.takeover if method is setup]
    made = {v.creation.call for v in plan.variables} | {s.construction.call for s in plan.submodules}
    computed = {d.attribute for d in plan.derived}
    stores = [
        target.attr
        for keep in taken
        for statement in keep
        for target in _targets(statement)
        if setup.is_this(target) and _is_reached(setup, statement) and not made & {*walk(statement)}
    ]
    every = {name for name in stores if len([*stores_in(setup, name)]) == stores.count(name)}
    return frozenset(every - computed)


def _is_reached(setup: Method, statement: ast.stmt) -> bool:
    """Tells whether it runs once, in any case or on a condition; the constructor asks the same."""
    return all(isinstance(above, ast.If) for above in setup.above(statement))


def _targets(statement: ast.stmt) -> list[ast.Attribute]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [t for t in targets if isinstance(t, ast.Attribute)]
