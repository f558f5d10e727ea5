"""Edits by place: expressions that are replaced, statements that go, conditions whose answer is known."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import libcst as cst

from ...catalog.functions import TUPLED
from ..edits import Insert
from ..plan.records import FALSE, TRUE
from ..source import Span
from .call_arguments import with_tuple
from .cases import is_empty, with_pass
from .inserted import inserted, set_off, with_comments_of
from .layout import Layout
from .parameters import with_keywords
from .partials import is_itself
from .rows import below, same_place, without_leading_blank
from .units import Unit

_TUPLED = frozenset(f"nnx.{name}" for name in TUPLED.values())
_ROWS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


class Editor(cst.CSTTransformer):
    """One traversal of a unit, or of a part of it. With a `layout`, long calls that are put in are broken by it."""

    def __init__(
        self,
        unit: Unit,
        replace: Mapping[Span, str],
        remove: Collection[Span],
        layout: Layout | None = None,
        insert: Mapping[Span, Sequence[Insert]] = MappingProxyType({}),
        ask: Mapping[Span, Mapping[str, str]] = MappingProxyType({}),
    ):
        super().__init__()
        self.unit, self.replace, self.remove, self.broken = unit, replace, remove, layout
        self.insert, self.placed = insert, set[Span]()
        self.ask, self.starts = ask, {span[:2]: span for span in ask}  # libcst sees another end of a function
        self.depth = 0  # of blocks around the present node
        self.elifs: set[cst.CSTNode] = set()
        self.gap = False  # a statement that went away was set off by a blank line
        self.set_off: set[cst.CSTNode] = set()
        self.comments: list[cst.EmptyLine] = []  # of `x = x`, which stands for lines of a longer statement
        self.ahead: dict[cst.CSTNode, list[cst.EmptyLine]] = {}

    def span(self, node: cst.CSTNode) -> Span | None:
        return self.unit.spans.get(node)

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel:  # type: ignore[override]
        if isinstance(original, cst.BaseExpression):
            span = cast(Span, self.span(original))
            code = self.replace.get(span)
            if code is not None:
                self.placed.add(span)
                if self.broken is not None:
                    code = self.broken.expression(code, span.column, self.depth)
                new = cst.parse_expression(code, self.unit.module.config_for_parsing)
                inner = len(original.lpar) - isinstance(
                    original, cst.Tuple
                )  # a tuple's own parentheses go with it
                return (
                    new.with_changes(lpar=original.lpar[:inner], rpar=original.rpar[-inner:])
                    if inner > 0
                    else new
                )
        elif isinstance(original, cst.BaseSmallStatement) and self.span(original) in self.remove:
            return cst.RemoveFromParent()
        elif isinstance(updated, cst.Arg) and updated.keyword is not None:
            return self._argument(original, updated)
        left = super().on_leave(original, updated)
        if isinstance(original, cst.Call) and isinstance(left, cst.Call):
            return (
                with_tuple(left)
                if self.replace.get(cast(Span, self.span(original.func))) in _TUPLED
                else left
            )
        return self._gap(original, left) if isinstance(original, _ROWS) else left  # type: ignore[return-value]

    def _argument(self, original: cst.CSTNode, updated: cst.Arg) -> cst.Arg:
        """`nnx_method="encode"` in the place of `method=Net.encode`, or another name for what is given: `inputs_k=`."""
        code = self.replace.get(cast(Span, self.span(original)))
        if code is None:
            return updated
        self.placed.add(cast(Span, self.span(original)))
        if code.endswith("="):
            return updated.with_changes(keyword=cst.Name(code[:-1]))
        (new,) = cst.ensure_type(cst.parse_expression(f"f({code})"), cst.Call).args
        return updated.with_changes(keyword=new.keyword, value=new.value)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _ROWS) and self.gap:
            self.set_off.add(node)
        if isinstance(node, _ROWS) and self.comments:
            self.ahead[node] = self.comments
        if isinstance(node, (cst.IndentedBlock, *_ROWS)):
            self.gap, self.comments = False, []
        return super().on_visit(node)

    def _gap(self, before: cst.CSTNode, after: object) -> object:
        """Hands the blank line above a statement that goes on to the next one, so that paragraphs stay apart."""
        lines = getattr(before, "leading_lines", ())
        blank = before in self.set_off or any(line.comment is None for line in lines[:1])
        if after is cst.RemovalSentinel.REMOVE:
            own = [*self.ahead.get(before, ()), *lines] if _is_itself(before) else []
            self.comments = own if any(line.comment is not None for line in own) else []
            self.gap = blank and not self.comments
        elif before in self.ahead:
            return below(self.ahead[before], after)
        elif before in self.set_off and isinstance(
            after, cst.SimpleStatementLine | cst.BaseCompoundStatement
        ):
            own = list(getattr(after, "leading_lines", ()))
            if not own or own[0].comment is not None:
                return after.with_changes(leading_lines=[cst.EmptyLine(indent=False), *own])
        return after

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        span = self.starts.get(cast(Span, self.span(original_node))[:2]) if self.ask else None
        if span is None:
            return updated_node
        self.placed.add(span)
        return updated_node.with_changes(params=with_keywords(updated_node.params, self.ask[span]))

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self.depth += 1

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.BaseSuite:
        self.gap = False
        self.depth -= 1
        rows = updated_node.body
        if not rows or not original_node.body or same_place(original_node.body[0], rows[0]):
            return updated_node
        return updated_node.with_changes(body=[without_leading_blank(rows[0]), *rows[1:]])

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        if not updated_node.body:
            return cst.RemoveFromParent()
        if len(updated_node.body) < len(original_node.body):
            last = updated_node.body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            return updated_node.with_changes(body=[*updated_node.body[:-1], last])
        spans = [cast(Span, self.span(n)) for n in original_node.body]
        around = [insert for span in spans for insert in self.insert.get(span, ())]
        self.placed |= {span for span in spans if span in self.insert}
        return self._among(updated_node, around) if around else updated_node

    def _among(
        self, node: cst.SimpleStatementLine, around: list[Insert]
    ) -> cst.FlattenSentinel[cst.BaseStatement]:
        """Puts statements ahead of one, behind it and in its place."""
        ahead, instead, behind = (
            inserted([i.code for i in around if i.place == place], self.broken, self.depth)
            for place in ("ahead", "instead", "behind")
        )
        own: cst.BaseStatement = node
        if instead:
            own, behind = with_comments_of(node, instead[0]), [*instead[1:], *behind]
        if ahead and isinstance(ahead[-1], cst.FunctionDef):
            own = set_off(own, self.depth)
        self.gap = bool(behind) and isinstance(behind[-1], cst.FunctionDef)
        return cst.FlattenSentinel([*ahead, own, *behind])

    # Conditions whose answer is known

    def leave_UnaryOperation(
        self, original_node: cst.UnaryOperation, updated_node: cst.UnaryOperation
    ) -> cst.BaseExpression:
        answer = known(updated_node.expression)
        if isinstance(updated_node.operator, cst.Not) and answer is not None:
            return cst.Name(FALSE if answer else TRUE)
        return updated_node

    def leave_BooleanOperation(
        self, original_node: cst.BooleanOperation, updated_node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        left, right = known(updated_node.left), known(updated_node.right)
        stops = isinstance(updated_node.operator, cst.Or)  # `True or x` is True, `False and x` is False
        if left is not None:
            return updated_node.left if left is stops else _bare(updated_node, updated_node.right)
        if right is not None and right is not stops:
            return _bare(updated_node, updated_node.left)
        return updated_node

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        answer = known(updated_node.test)
        if answer is None:
            return updated_node
        return _bare(updated_node, updated_node.body if answer else updated_node.orelse)

    def visit_If(self, node: cst.If) -> None:
        if isinstance(node.orelse, cst.If):
            self.elifs.add(node.orelse)

    def leave_If(
        self, original_node: cst.If, updated_node: cst.If
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        answer = known(updated_node.test)
        if original_node in self.elifs:
            return cast(
                cst.BaseStatement, self._elif(original_node, updated_node, answer)
            )  # stands where an `else` may
        if answer is True:
            return _spread(updated_node.body, updated_node.leading_lines)
        if answer is False:
            return self._otherwise(updated_node)
        return self._shrunk(original_node, updated_node)

    def _shrunk(self, before: cst.If, after: cst.If) -> cst.If | cst.RemovalSentinel:
        """A branch of which nothing is left goes, and the condition of the other one is turned round."""
        if not self._emptied(before.body, after.body):
            return after
        if after.orelse is None:
            return cst.RemoveFromParent()
        if isinstance(after.orelse, cst.Else):
            return after.with_changes(test=_negated(after.test), body=after.orelse.body, orelse=None)
        return after

    def _elif(
        self, before: cst.If, after: cst.If, answer: bool | None
    ) -> cst.If | cst.Else | cst.RemovalSentinel:
        if answer is True:
            return cst.Else(body=after.body, leading_lines=after.leading_lines)
        if answer is False:
            return after.orelse if after.orelse is not None else cst.RemoveFromParent()
        return self._shrunk(before, after)

    def _otherwise(
        self, node: cst.If
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        if isinstance(node.orelse, cst.If):
            return node.orelse.with_changes(leading_lines=node.leading_lines)
        if isinstance(node.orelse, cst.Else):
            return _spread(node.orelse.body, node.leading_lines)
        return cst.RemoveFromParent()

    def leave_Else(self, original_node: cst.Else, updated_node: cst.Else) -> cst.Else:
        emptied = self._emptied(original_node.body, updated_node.body)
        return cast(cst.Else, cst.RemoveFromParent()) if emptied else updated_node

    def leave_For(
        self, original_node: cst.For, updated_node: cst.For
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        return (
            cst.RemoveFromParent() if self._emptied(original_node.body, updated_node.body) else updated_node
        )

    def leave_MatchCase(self, original_node: cst.MatchCase, updated_node: cst.MatchCase) -> cst.MatchCase:
        emptied = self._emptied(original_node.body, updated_node.body)
        return with_pass(updated_node) if emptied else updated_node

    def leave_Match(
        self, original_node: cst.Match, updated_node: cst.Match
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        gone = is_empty(updated_node) and not is_empty(original_node)
        return cst.RemoveFromParent() if gone else updated_node

    @staticmethod
    def _emptied(before: cst.BaseSuite, after: cst.BaseSuite) -> bool:
        return bool(before.body) and not after.body


def _is_itself(row: cst.CSTNode) -> bool:
    return isinstance(row, cst.SimpleStatementLine) and len(row.body) == 1 and is_itself(row.body[0])


def known(node: cst.BaseExpression) -> bool | None:
    """Returns what an expression always is, or None."""
    if isinstance(node, cst.Name) and node.value in (TRUE, FALSE):
        return node.value == TRUE
    return None


def _bare(whole: cst.BaseExpression, part: cst.BaseExpression) -> cst.BaseExpression:
    """Puts a part in the place of the whole: with the whole's parentheses, or its own."""
    return part.with_changes(lpar=whole.lpar, rpar=whole.rpar) if whole.lpar and not part.lpar else part


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        (target,) = test.comparisons
        if (denied := _DENIED.get(type(target.operator))) is not None:
            return test.with_changes(comparisons=[target.with_changes(operator=denied())])
    if isinstance(test, cst.BooleanOperation | cst.IfExp | cst.Lambda | cst.NamedExpr) and not test.lpar:
        test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), test)


_DENIED: Mapping[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.Equal: cst.NotEqual, cst.NotEqual: cst.Equal, cst.Is: cst.IsNot, cst.IsNot: cst.Is,
    cst.In: cst.NotIn, cst.NotIn: cst.In,
}  # fmt: skip
"""Comparisons by those that hold exactly where they do not."""


def _spread(
    body: cst.BaseSuite, leading: object
) -> cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
    """Puts the statements of a block where the block stood; the comments above the block stay above them."""
    if isinstance(body, cst.SimpleStatementSuite):
        rows: list[cst.BaseStatement] = [cst.SimpleStatementLine(body.body)]
    else:
        rows = [cast(cst.BaseStatement, s) for s in body.body]
    if not rows:
        return cst.RemoveFromParent()
    first = rows[0].with_changes(leading_lines=[*cast(list[cst.EmptyLine], leading), *rows[0].leading_lines])  # type: ignore[attr-defined]
    return cst.FlattenSentinel([first, *rows[1:]])
