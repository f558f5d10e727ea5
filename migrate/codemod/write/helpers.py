"""Writes a function that created variables on a module as two: one creates them, the other reads them."""

import ast

import libcst as cst

from ..plan.helpers import SUFFIX, Helper
from .editor import Editor
from .layout import Layout
from .splice import spliced
from .takeover import Takeover
from .units import Unit


def write_helper(unit: Unit, helper: Helper, layout: Layout) -> str:
    """Returns the text of both functions, the creating one first."""
    plan, span = helper.plan, helper.plan.cls.source.span
    body = plan.bodies[helper.method.node.name]
    replace = {**plan.references, **{span(n): code for n, code in body.replace.items()}}
    reading = unit.module.visit(Editor(unit, replace, {span(s) for s in body.remove})).code
    return _creating(unit, helper, layout) + layout.newline * 2 + reading


def _creating(unit: Unit, helper: Helper, layout: Layout) -> str:
    function = next(n for n in unit.module.body if isinstance(n, cst.FunctionDef))
    ((method, keep),) = helper.plan.takeover
    rows = Takeover(unit, helper.plan, method, keep, layout).statements(function.body)
    header = layout.signature(method.node.name + SUFFIX, _parameters(helper), 0)
    new = cst.parse_statement(f"{header}\n{layout.indent}pass\n", unit.module.config_for_parsing)
    assert isinstance(new, cst.FunctionDef)
    docstring = cst.parse_statement(f'"""Creates the variables that `{method.node.name}` reads."""')
    new = new.with_changes(body=new.body.with_changes(body=[docstring, *rows]))
    return unit.module.with_changes(body=[new], header=[], footer=[]).code


def _parameters(helper: Helper) -> list[str]:
    """Sizes first, then what creation depends on, as the function itself declares it."""
    arguments = helper.method.node.args
    defaults: dict[str, ast.expr] = {}
    for argument, default in zip(reversed(arguments.args), reversed(arguments.defaults), strict=False):
        defaults[argument.arg] = default
    this = next(a for a in arguments.args if a.arg == helper.method.this)
    sizes = [f"{p.name}: {p.annotation}" for p in helper.sizes]
    inputs = [_parameter(helper, a, defaults.get(a.arg)) for a in arguments.args if a.arg in helper.inputs]
    return [_parameter(helper, this, None), *sizes, *inputs, "*", "rngs: nnx.Rngs"]


def _parameter(helper: Helper, argument: ast.arg, default: ast.expr | None) -> str:
    def text(node: ast.expr) -> str:
        source = helper.plan.cls.source
        return spliced(source.segment(node), source.span(node), helper.plan.references)

    annotated = f"{argument.arg}: {text(argument.annotation)}" if argument.annotation else argument.arg
    equals = " = " if argument.annotation else "="
    return annotated if default is None else f"{annotated}{equals}{text(default)}"
