"""Writes `__init__`: sizes in front, the fields in their order, and what setup and the compact method create."""

import ast
from collections.abc import Mapping

import libcst as cst

from ..comments import comment_behind, comments_above
from ..model import Field
from ..plan.behind_loops import OUT
from ..plan.needs import spell
from ..plan.records import ClassPlan
from ..plan.retold import sizes_above
from .layout import Comments, Layout
from .partials import edited_text
from .splice import described
from .takeover import Takeover
from .units import Unit

_LOOSE = (ast.Lambda, ast.IfExp, ast.BoolOp, ast.NamedExpr)
"""Expressions that need brackets in front of a call or an `if`."""


class Constructor:
    """`originals` has the methods of the class as they were, by name."""

    def __init__(self, unit: Unit, plan: ClassPlan, layout: Layout, originals: Mapping[str, cst.FunctionDef]):
        self.unit, self.plan, self.layout, self.originals = unit, plan, layout, originals

    def rows(self) -> list[cst.BaseStatement]:
        plan = self.plan
        if not plan.constructor:
            return []
        stores = [self._parse(code) for code in self._stores()]
        unpacked = [self._parse(f"{', '.join(names)} = {shape}") for names, shape in plan.unpacked]
        rows = [*stores, *unpacked] if plan.retold is None else [*unpacked, *stores]
        for name in ("__post_init__",):
            if name in plan.cls.methods:
                rows += self._takeover(name, set())
        once = (d for d in plan.derived if d.attribute in plan.computed_once)
        rows += [self._parse(f"{d.attribute} = self.{d.method}()") for d in once]
        for method, keep in plan.takeover:
            rows += self._takeover(method.node.name, keep)
        if plan.behind is not None:
            rows.append(self._parse(f"self.{OUT} = {spell(plan, plan.behind)}"))
        header = self.layout.signature("__init__", self._parameters(), 1, self._comments())
        empty = cst.parse_statement(
            f"{header}\n{self.layout.indent}pass\n", self.unit.module.config_for_parsing
        )
        assert isinstance(empty, cst.FunctionDef)
        if not rows:
            return [empty]
        return [empty.with_changes(body=empty.body.with_changes(body=rows))]

    def _takeover(self, name: str, keep: set[ast.stmt]) -> list[cst.BaseStatement]:
        method = self.plan.cls.methods[name]
        takeover = Takeover(self.unit, self.plan, method, keep, self.layout)
        return [*takeover.statements(self.originals[name].body), *takeover.hoisted()]

    def _parse(self, code: str) -> cst.BaseStatement:
        return cst.parse_statement(code, self.unit.module.config_for_parsing)

    def _stores(self) -> list[str]:
        rows = []
        if self.plan.base is not None and not self.plan.apart:
            sizes = sizes_above(self.plan)
            fields = [f"{f.name}={f.name}" for f in self.plan.base.fields]
            rows.append(self.layout.call("super().__init__", [*sizes, *fields, "rngs=rngs"], "", 2))
        factories = {f.name: f.factory for f in self.plan.fields if f.factory is not None}
        above = self.plan.base if self.plan.apart else None
        held = self.plan.held | (above.held if above is not None else set())
        for attribute, name in (*(above.stores if above is not None else ()), *self.plan.stores):
            factory = factories.get(name)
            given = f"tuple({name})" if name in self.plan.frozen else name
            value = given if factory is None else f"{self._made(factory)} if {name} is None else {name}"
            wrapped = "nnx.data" if name in held else "nnx.List" if name in self.plan.listed else ""
            rows.append(f"self.{attribute} = {f'{wrapped}({value})' if wrapped else value}")
        for name in sorted(self.plan.made_only):
            rows.append(f"{name} = {self._made(factories[name])} if {name} is None else {name}")
        if self.plan.draws and not (self.plan.base and self.plan.base.draws):
            rows.append("self.rngs = rngs.fork()")
        return rows

    def _parameters(self) -> list[str]:
        sizes = [f"{p.name}: {p.annotation}" if p.annotation else p.name for p in self.plan.every_parameter]
        fields = [self._parameter(f) for f in self.plan.fields if not f.kw_only]
        keyword = [self._parameter(f) for f in self.plan.fields if f.kw_only]
        return ["self", *sizes, *fields, "*", *keyword, "rngs: nnx.Rngs"]

    def _comments(self) -> Comments:
        """Comments of the class's own fields move to their parameters, and so does what describes them."""
        found = {}
        for field in self.plan.fields:
            if field.source is self.plan.cls.source:
                above = comments_above(field.source, field.statement)
                behind = comment_behind(field.source, field.statement)
                above += described(field, self.layout.width - 2 * len(self.layout.indent))
                if above or behind:
                    found[self._parameter(field)] = (above, behind)
        return found

    def _parameter(self, field: Field) -> str:
        text = f"{field.name}: {self._text(field.statement.annotation, field)}"
        if field.factory is not None:
            return f"{text} | None = None"
        return text if field.default is None else f"{text} = {self._text(field.default, field)}"

    def _text(self, node: ast.expr, field: Field | None = None) -> str:
        """The source of an annotation or a default, its Linen names replaced."""
        source = field.source if field is not None else self.plan.cls.source
        replace = self.plan.references if source is self.plan.cls.source else self.plan.inherited_references
        return edited_text(node, source, replace, self.plan.every_partial)

    def _made(self, factory: ast.expr) -> str:
        """What a `default_factory` returns."""
        if not isinstance(factory, ast.Lambda) or ast.unparse(factory.args):
            return f"({self._text(factory)})()" if isinstance(factory, _LOOSE) else f"{self._text(factory)}()"
        body = self._text(factory.body)
        return f"({body})" if isinstance(factory.body, _LOOSE) else body
