"""Writes the NNX class in the place of the Linen one."""

import ast
from itertools import takewhile
from typing import cast

import libcst as cst

from ...catalog.mixins import REGISTERED
from ..mixins import gone
from ..model import MethodKind
from ..plan.records import FALSE, TRUE, Body, ClassPlan, Variable, spelled
from ..source import Span
from .borrowed import product
from .call_arguments import with_first, with_names
from .captured import as_one, within_capture
from .carries import carry_call, text_of, zeros_code
from .constructor import Constructor
from .creation import constructed
from .derived import computed
from .editor import Editor
from .iterators import Written, with_iterators
from .joined import joined
from .layout import Layout
from .lifted import define, in_front, recalled
from .loops import paired
from .modes import set_view
from .parameters import with_keywords, with_rest
from .partials import edited
from .rows import (
    is_docstring,
    is_gone,
    rows_of,
    same_place,
    with_blank_line,
    without_leading_blank,
)
from .splice import spliced
from .units import Unit, code_of

_GONE = frozenset({"flax.linen.compact", "flax.linen.nowrap", "dataclasses.dataclass"}) | REGISTERED
_MESSAGE = "is given neither to the constructor nor to the call"


def write_class(unit: Unit, plan: ClassPlan, layout: Layout) -> str:
    """Returns the text of the unit with the class migrated."""
    new = unit.module.visit(_ClassWriter(unit, plan, layout))
    return new.code.replace(TRUE, "True").replace(FALSE, "False")


class _ClassWriter(Editor):
    def __init__(self, unit: Unit, plan: ClassPlan, layout: Layout):
        self.plan, self.layout = plan, layout
        span = plan.cls.source.span
        bodies = [plan.bodies[m.node.name] for m in plan.cls.methods.values() if m.node.name in plan.bodies]
        replace: dict[Span, str] = dict(plan.references)
        for body in bodies:
            replace |= {span(node): code for node, code in body.replace.items()}
        replace |= {
            span(call): zeros_code(zeros, plan, replace) for b in bodies for call, zeros in b.zeros.items()
        }
        remove = {span(s) for body in bodies for s in body.remove}
        remove |= {span(f.doc) for f in plan.cls.fields if f.doc is not None} | gone(plan.cls)
        super().__init__(unit, replace, remove)
        self.put = {span(n): target for b in bodies for n, (target, _) in b.put.items()}
        self.guards: set[cst.CSTNode] = set()
        self.sown = {span(s): this for b in bodies for s, this in b.sown.items()}
        self.made = {span(s): variable for b in bodies for s, variable in b.made.items()}
        self.created = {span(v.creation.call): v for v in self.made.values()}
        self.values: dict[Span, str] = {}
        self.merge = {span(n): name for b in bodies for n, name in b.merge.items()}
        self.named = {span(n): names for b in bodies for n, names in b.named.items()}
        self.keywords = {
            span(n): [(k, _argument(v, plan, replace)) for k, v in added]
            for b in bodies
            for n, added in b.keywords.items()
        }
        self.first = {span(n): code for b in bodies for n, code in b.first.items()}
        self.before = {span(n): definition for b in bodies for n, definition in b.before.items()}
        self.borrowed = {span(n): made for b in bodies for n, made in b.borrowed.items()}
        self.stored = {field: name for p in (*plan.bases, plan) for name, field in p.stores}
        self.recalled = {span(n): made for b in bodies for n, made in b.recalled.items()}
        self.carried = {
            span(n): text_of(shape, plan, replace) for b in bodies for n, shape in b.carried.items()
        }
        self.uncalled = {span(n) for b in bodies for n in b.uncalled}
        self.partials = {span(call): edit for call, edit in plan.partials.items()}
        self.unwrapped = {span(n) for b in bodies for n in b.unwrapped}
        self.iterators = {span(n): codes for b in bodies for n, codes in b.iterators.items()}
        self.counted = {span(n): name for b in bodies for n, name in b.counted.items()}
        self.paired = {span(n): found for b in bodies for n, found in b.paired.items()}
        self.class_span = span(plan.cls.node)
        self.field_spans = {span(s) for s in plan.cls.node.body if _is_field(s, plan)}
        self.methods = {span(m.node): m for m in plan.cls.methods.values()}
        self.originals: dict[str, cst.FunctionDef] = {}
        self.decorators = {
            span(d)
            for d in (
                *plan.cls.node.decorator_list,
                *(d for m in plan.cls.methods.values() for d in m.node.decorator_list),
            )
            if plan.cls.names.resolve(d.func if isinstance(d, ast.Call) else d) in _GONE
        }

    # Statements of the bodies

    def leave_Expr(self, original_node: cst.Expr, updated_node: cst.Expr) -> cst.BaseSmallStatement:
        target = self.put.get(self.span(original_node.value))  # type: ignore[arg-type]
        if target is not None and isinstance(updated_node.value, cst.Call):
            value = updated_node.value.args[2].value
            return cst.Assign(
                [cst.AssignTarget(cst.ensure_type(cst.parse_expression(target), cst.Subscript))], value
            )
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        span = self.span(original_node)
        if span in self.created:
            assert span is not None
            self.values[span] = constructed(self.created[span], updated_node, self.plan)[0]
            return updated_node
        if span in self.partials:
            return edited(updated_node, self.partials[span])
        if span in self.uncalled:
            return updated_node.func
        if span in self.carried:
            return carry_call(updated_node, self.carried[span])
        if span in self.borrowed:
            code = product(updated_node, self.borrowed[span], self.stored)
            given = cst.parse_expression(code, self.unit.module.config_for_parsing)
            return given.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
        if span in self.recalled:
            return recalled(updated_node, *self.recalled[span])
        if span in self.first:
            updated_node = with_first(updated_node, self.first[span])
        if span in self.named or span in self.keywords:
            return with_names(updated_node, self.named.get(span, ()), self.keywords.get(span, []))
        if span is None or span not in self.merge:
            return updated_node
        name = self.merge[span]
        values = [code_of(updated_node.args[2].value), code_of(updated_node.args[1].value)]
        arguments = [*values, f'error_msg="{name} {_MESSAGE}"']
        call = self.layout.expression(f"first_from({', '.join(arguments)})", span.column, self.depth)
        return cst.parse_expression(call, self.unit.module.config_for_parsing)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        made = self.made.get(self.span(original_node.body[0]))  # type: ignore[arg-type]
        if made is not None:
            return self._unless_there(made, updated_node)
        this = self.sown.get(self.span(original_node.body[0]))  # type: ignore[arg-type]
        if this is not None:
            self.guards.add(guard := within_capture(updated_node, this, self.layout, self.depth))
            return guard
        left = super().leave_SimpleStatementLine(original_node, updated_node)
        found = [d for s in original_node.body if (d := self.before.get(self.span(s)))]  # type: ignore[arg-type]
        if not found or not isinstance(left, cst.SimpleStatementLine):
            return left
        code = define(found[0], self.plan.cls.source, self.replace, self.layout, self.depth)
        return in_front(self._parse(code), left)

    def _unless_there(self, variable: Variable, row: cst.SimpleStatementLine) -> cst.BaseStatement:
        """Makes a variable that a call asked for, unless there is one."""
        name = spelled(variable, variable.creation.method.this)
        value = self.values[self.plan.cls.source.span(variable.creation.call)]
        inner = self.layout.call(f"{name} = {variable.type}", [value], "", self.depth + 1)
        new = cst.ensure_type(
            self._parse(self.layout.block(f"if {name} is None", inner.splitlines())), cst.If
        )
        return new.with_changes(leading_lines=row.leading_lines)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.BaseSuite:
        block = (
            as_one(updated_node, self.guards) if self.guards.intersection(updated_node.body) else updated_node
        )
        return super().leave_IndentedBlock(original_node, block)

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> Written:
        rows = [self._parse(code) for code in self.iterators.get(self.span(original_node), ())]  # type: ignore[arg-type]
        written = self._loop(original_node, updated_node)
        return with_iterators(rows, written) if rows else written

    def _loop(self, original_node: cst.For, updated_node: cst.For) -> Written:
        if self.span(original_node) in self.unwrapped and isinstance(updated_node.body, cst.IndentedBlock):
            return cst.FlattenSentinel(updated_node.body.body)
        found = self.paired.get(self.span(original_node.target))  # type: ignore[arg-type]
        if found is not None:
            updated_node = paired(updated_node, *found)
        if found is not None or self.span(original_node.iter) in self.replace:
            updated_node = self._laid_out(original_node, updated_node)
        counter = self.counted.get(self.span(original_node))  # type: ignore[arg-type]
        if counter is not None:
            target = code_of(updated_node.target)
            target = (
                f"({target})" if isinstance(updated_node.target, cst.Tuple) and target[0] != "(" else target
            )
            new = cst.ensure_type(cst.parse_expression(f"{counter}, {target}"), cst.Tuple)
            iterated = cst.Call(cst.Name("enumerate"), [cst.Arg(updated_node.iter)])
            updated_node = updated_node.with_changes(target=new, iter=iterated)
        return super().leave_For(original_node, updated_node)

    def _laid_out(self, before: cst.For, loop: cst.For) -> cst.For:
        """The loop, with what it runs through on several lines where it is long."""
        span = cast(Span, self.span(before))
        column = span.column + len(f"for {code_of(loop.target)} in ") + len(":")
        code = self.layout.expression(code_of(loop.iter), column, span.column // len(self.layout.indent))
        return loop.with_changes(iter=cst.parse_expression(code, self.unit.module.config_for_parsing))

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        found = self.paired.get(self.span(original_node.target))  # type: ignore[arg-type]
        return paired(updated_node, *found) if found is not None else updated_node

    def leave_Decorator(
        self, original_node: cst.Decorator, updated_node: cst.Decorator
    ) -> cst.Decorator | cst.RemovalSentinel:
        return (
            cst.RemoveFromParent() if self.span(original_node.decorator) in self.decorators else updated_node
        )

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        method = self.methods.get(self.span(node))  # type: ignore[arg-type]
        if method is not None:
            self.originals[method.node.name] = node

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        method = self.methods.get(self.span(original_node))  # type: ignore[arg-type]
        if method is None:
            return cst.RemoveFromParent() if self.span(original_node) in self.remove else updated_node
        if method.kind in (MethodKind.SETUP, MethodKind.POST_INIT):
            return cst.RemoveFromParent()
        body = self.plan.bodies.get(method.node.name)
        if body is None:
            return updated_node
        name = method.node.name
        modes = {*self.plan.asked.get(name, ())} - self.plan.handed_on.get(name, set())
        asked = dict.fromkeys(sorted(modes), "bool") | body.asked
        new = self._method(original_node, updated_node, body)
        new = new.with_changes(params=with_keywords(new.params, asked)) if asked else new
        return new.with_changes(params=with_rest(new.params, body.rest)) if body.rest else new

    def _method(self, original: cst.FunctionDef, updated: cst.FunctionDef, body: Body) -> cst.FunctionDef:
        block = updated.body
        if not isinstance(block, cst.IndentedBlock):
            return updated
        rows = list(block.body)
        head = 1 if rows and is_docstring(rows[0]) else 0
        first = (
            original.body.body[head]
            if isinstance(original.body, cst.IndentedBlock) and len(original.body.body) > head
            else None
        )
        moved = first is not None and len(rows) > head and not same_place(first, rows[head])
        if moved:
            rows[head] = without_leading_blank(rows[head])
        rows[head:head] = [
            cst.parse_statement(self._hoisted(code), self.unit.module.config_for_parsing)
            for code in body.hoist
        ]
        return updated.with_changes(body=block.with_changes(body=rows))

    def _hoisted(self, code: str) -> str:
        """A statement in front of all others of a method; a long assignment on several lines."""
        name, equals, value = code.partition(" = ")
        if equals and name.isidentifier() and "\n" not in code and not self.layout.fits(code, 2):
            return self.layout.sized(name, value, 2)
        return code.replace("\t", self.layout.indent)

    # The class itself

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        if self.span(original_node) != self.class_span:
            return updated_node
        assert isinstance(original_node.body, cst.IndentedBlock)
        rows = [*rows_of(updated_node.body)]
        place = self._place(original_node.body, rows)
        added = [*Constructor(self.unit, self.plan, self.layout, self.originals).rows(), *self._derived()]
        if added and place > 0:
            added[0] = with_blank_line(added[0])
        if added and place < len(rows):
            rows[place] = with_blank_line(rows[place])
        rows[place:place] = added
        if self.plan.modes and "set_view" not in self.plan.cls.methods:
            rows.append(with_blank_line(self._parse(set_view(self.plan.modes, self.layout.indent))))
        rows = [row for row in rows if not is_gone(row)]
        keywords = [k for k in updated_node.keywords if k.keyword is None or k.keyword.value != "kw_only"]
        bases = [
            new
            for old, new in zip(original_node.bases, updated_node.bases, strict=True)
            if self.span(old.value) not in self.remove
        ]
        fewer = len(bases) + len(keywords) < len(updated_node.bases) + len(updated_node.keywords)
        if fewer and bases and not keywords:
            bases = [*bases[:-1], bases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        block = (
            updated_node.body.with_changes(body=rows)
            if isinstance(updated_node.body, cst.IndentedBlock)
            else cst.IndentedBlock(rows)
        )
        return updated_node.with_changes(body=block, bases=bases, keywords=keywords)

    def _place(self, original: cst.IndentedBlock, rows: list[cst.BaseStatement]) -> int:
        """The constructor stands where the fields stood, else in front of the first method."""
        kept = 0
        for row in original.body:
            if not isinstance(row, cst.SimpleStatementLine):
                return kept
            if any(self.span(s) in self.field_spans for s in row.body):
                return self._skip_constants(rows, kept)
            kept += 1
        return kept

    def _skip_constants(self, rows: list[cst.BaseStatement], kept: int) -> int:
        plain = (isinstance(row, cst.SimpleStatementLine) and not is_gone(row) for row in rows[kept:])
        return kept + len([*takewhile(bool, plain)])

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel:  # type: ignore[override]
        if isinstance(original, cst.AnnAssign) and self.span(original) in self.field_spans:
            return cst.RemoveFromParent()
        left = super().on_leave(original, updated)
        built = isinstance(original, cst.Call) and isinstance(original.func, cst.Call)
        span = self.span(original) if built else None  # of `nn.Dense(...)(x)` is left `self.dense_0(x)`
        if span is None or not isinstance(left, cst.Call) or isinstance(left.func, cst.Call):
            return left
        return joined(left, self.layout.width - span.column)

    def _derived(self) -> list[cst.BaseStatement]:
        return [computed(self.unit, self.plan, self.originals["setup"], d) for d in self.plan.derived]

    def _parse(self, code: str) -> cst.BaseStatement:
        return cst.parse_statement(code, self.unit.module.config_for_parsing)


def _argument(value: ast.expr | str, plan: ClassPlan, replace: dict[Span, str]) -> str:
    """The code of an argument that a call gets: an expression of the method, or an argument of its own."""
    if isinstance(value, str):
        return value
    source = plan.cls.source
    return spliced(source.segment(value), source.span(value), replace)


def _is_field(statement: ast.stmt, plan: ClassPlan) -> bool:
    """Tells whether a statement of the class says what the constructor takes: a field, or `_: KW_ONLY`."""
    if not isinstance(statement, ast.AnnAssign):
        return False
    marker = plan.cls.names.resolve(statement.annotation) == "dataclasses.KW_ONLY"
    return marker or any(f.statement is statement for f in plan.cls.fields)
