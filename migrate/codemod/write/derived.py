"""What `setup` computes of fields and variables, as methods that compute it at every call."""

import ast

import libcst as cst

from ..plan.records import ClassPlan, Derived
from ..source import Span
from .editor import Editor
from .rows import is_docstring, rows_of, with_blank_line, without_leading_blank
from .units import Unit


def computed(unit: Unit, plan: ClassPlan, setup: cst.FunctionDef, derived: Derived) -> cst.BaseStatement:
    """The part of setup that computes one attribute, as a method that returns it."""
    body, span = plan.bodies[derived.method], plan.cls.source.span
    this = plan.cls.methods["setup"].this
    returned = {span(s) for s in derived.keep if not derived.local and _assigns(s, derived.attribute, this)}
    replace = {**plan.references, **{span(n): code for n, code in body.replace.items()}}
    new = setup.visit(_Returns(unit, replace, {span(s) for s in body.remove}, returned))
    assert isinstance(new, cst.FunctionDef)
    rows = [r for r in rows_of(new.body) if not is_docstring(r)]
    rows[0] = without_leading_blank(rows[0])
    if derived.local:
        rows.append(cst.parse_statement(f"return {derived.attribute}", unit.module.config_for_parsing))
    block = cst.IndentedBlock(rows)
    name = cst.Name(derived.method)
    return with_blank_line(new.with_changes(name=name, body=block, leading_lines=[], returns=None))


class _Returns(Editor):
    """The body of a method that computes what `setup` kept on the module."""

    def __init__(self, unit: Unit, replace: dict[Span, str], remove: set[Span], returned: set[Span]):
        super().__init__(unit, replace, remove)
        self.returned = returned

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel:  # type: ignore[override]
        if isinstance(original, cst.Assign | cst.AnnAssign) and self.span(original) in self.returned:
            assert isinstance(updated, cst.Assign | cst.AnnAssign)
            return cst.Return(updated.value)
        return super().on_leave(original, updated)


def _assigns(statement: ast.stmt, attribute: str, this: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(
        isinstance(t, ast.Attribute)
        and t.attr == attribute
        and isinstance(t.value, ast.Name)
        and t.value.id == this
        for t in targets
    )
