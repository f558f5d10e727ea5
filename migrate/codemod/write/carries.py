"""First carries of recurrent cells: zeros, or what NNX's cell makes."""

import ast
from collections.abc import Mapping

import libcst as cst

from ..plan.records import ClassPlan, Zeros
from ..source import Span
from .splice import spliced
from .units import code_of


def zeros_code(zeros: Zeros, plan: ClassPlan, replace: Mapping[Span, str]) -> str:
    """Returns the code of one array of zeros, or of a tuple of two."""
    features = text_of(zeros.features, plan, replace)
    if zeros.cut:
        (whole,) = zeros.batch
        batch = [f"*{text_of(whole, plan, replace)}[:-1]"]
    else:
        batch = [_element(node, plan, replace) for node in zeros.batch]
    shape = f"({', '.join([*batch, features])}{'' if batch else ','})"
    dtype = [text_of(zeros.dtype, plan, replace)] if zeros.dtype is not None else []
    one = f"{zeros.function}({', '.join([shape, *dtype])})"
    return one if zeros.count == 1 else f"({', '.join([one] * zeros.count)})"


def carry_call(call: cst.Call, shape: str) -> cst.Call:
    """Returns `cell.initialize_carry(shape, nnx.Rngs(0))`: the carry is zeros, whatever the key."""
    return cst.ensure_type(
        cst.parse_expression(f"{code_of(call.func)}({shape}, nnx.Rngs(0))"), cst.Call
    ).with_changes(lpar=call.lpar, rpar=call.rpar)


def text_of(node: ast.expr, plan: ClassPlan, replace: Mapping[Span, str]) -> str:
    """Returns the code of an expression of the class, as edited."""
    source = plan.cls.source
    return spliced(source.segment(node), source.span(node), dict(replace))


def _element(node: ast.expr, plan: ClassPlan, replace: Mapping[Span, str]) -> str:
    """The star in front of a part that is put in whole is none of the source's."""
    if not isinstance(node, ast.Starred):
        return text_of(node, plan, replace)
    return f"*{text_of(node.value, plan, replace)}"
