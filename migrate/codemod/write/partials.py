"""`partial(nn.Conv, features=8)` as NNX takes it: `partial(nnx.Conv, out_features=8)`."""

import ast
from collections.abc import Mapping

import libcst as cst

from ...catalog.norms import CASTING_NORMS
from ..plan.records import PartialEdit
from ..source import Source, Span
from .splice import spliced
from .submodules import IDENTITY
from .units import code_of

_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def edited(call: cst.Call, edit: PartialEdit) -> cst.BaseExpression:
    """Returns the partial with its arguments by name, without those that go; sizes stand in front of all others."""
    function, *rest = call.args
    names = iter(edit.names)
    kept = [function]
    for argument in rest:
        name = argument.keyword.value if argument.keyword else next(names)
        if name not in edit.dropped:
            equal = argument.equal if argument.keyword else _EQUAL
            kept.append(argument.with_changes(keyword=cst.Name(_renamed(name, edit)), equal=equal))
    if len(kept) == 1 < len(call.args):
        return function.value  # nothing is left to bind
    kept += _added(edit, kept)
    if len(kept) < len(call.args):
        last = call.args[-1]
        kept[-1] = kept[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return call.with_changes(args=kept)


def _renamed(name: str, edit: PartialEdit) -> str:
    layer = edit.factory.layer
    return layer.renamed.get(name, name) if layer is not None else name


def _added(edit: PartialEdit, kept: list[cst.Arg]) -> list[cst.Arg]:
    """A norm that is given a dtype here computes its statistics as Linen does."""
    layer = edit.factory.layer
    given = [a for a in kept if a.keyword is not None and a.keyword.value == "dtype"]
    if layer is None or layer.linen not in CASTING_NORMS or not given:
        return []
    if isinstance(given[0].value, cst.Name) and given[0].value.value == "None":
        return []
    name, _, code = IDENTITY.partition("=")
    last, between = kept[-1].comma, kept[0].comma
    kept[-1] = kept[-1].with_changes(
        comma=between if isinstance(last, cst.Comma) else cst.MaybeSentinel.DEFAULT
    )
    return [cst.Arg(cst.parse_expression(code), cst.Name(name), _EQUAL, comma=last)]


def is_itself(statement: cst.BaseSmallStatement) -> bool:
    """Tells whether a statement binds a name to itself: `norm = partial(self.norm, ...)` with nothing left to bind."""
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(target))], value=cst.Name(value)):
            return target == value
    return False


def edited_text(
    node: ast.expr, source: Source, replace: Mapping[Span, str], edits: Mapping[ast.Call, PartialEdit]
) -> str:
    """Returns the text of an expression outside of a method, with `replace` and the partials in it edited."""
    done = dict(replace)
    inner = [n for n in ast.walk(node) if isinstance(n, ast.Call) and n in edits]
    for call in reversed(inner):
        text = cst.parse_expression(spliced(source.segment(call), source.span(call), done))
        assert isinstance(text, cst.Call)
        place = source.span(call)
        done = {s: c for s, c in done.items() if not (place[:2] <= s[:2] and s[2:] <= place[2:])}
        done[place] = code_of(edited(text, edits[call]))
    return spliced(source.segment(node), source.span(node), done)
