"""Calls behind transforms: the module becomes the first argument of what is called."""

import ast
from collections.abc import Callable, Mapping, Sequence

import libcst as cst

from ..plan.records import Decorator, LocalFunction
from ..source import Source, Span
from .layout import Layout
from .rows import with_blank_line
from .splice import spliced


def recalled(call: cst.Call, function: str, arguments: Sequence[str | int]) -> cst.Call:
    """Returns a call of another function: with arguments of the old call, by their place, and with new ones."""
    given = [
        call.args[a].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        if isinstance(a, int)
        else cst.Arg(cst.parse_expression(a))
        for a in arguments
    ]
    return call.with_changes(func=cst.Name(function), args=given, lpar=call.lpar, rpar=call.rpar)


def in_front(
    function: cst.BaseStatement, statement: cst.SimpleStatementLine
) -> cst.FlattenSentinel[cst.BaseStatement]:
    """Returns both, apart by a blank line; the comments above the statement stand above the function."""
    above = [line for line in statement.leading_lines if line.comment]
    first = function.with_changes(leading_lines=above)
    return cst.FlattenSentinel(
        [with_blank_line(first), with_blank_line(statement.with_changes(leading_lines=[]))]
    )


def create(name: str, made: str, parts: Sequence[str], rounds: str, layout: Layout, depth: int) -> str:
    """Returns the code of a function that makes the modules of all rounds, each with random numbers of its own."""
    call = layout.call(f"return {made}", parts, "", depth + 1).splitlines()
    rows = [
        f"@nnx.split_rngs(splits={rounds})",
        "@nnx.vmap(in_axes=0, out_axes=0)",
        f"def {name}(rngs: nnx.Rngs):",
    ]
    return "\n".join([*rows, *(layout.indent + row for row in call)]) + "\n"


def define(
    function: LocalFunction, source: Source, replace: Mapping[Span, str], layout: Layout, depth: int
) -> str:
    """Returns the code of a function that runs a module behind transforms."""

    def text(node: ast.expr) -> str:
        return spliced(source.segment(node), source.span(node), dict(replace))

    arguments = [a if isinstance(a, str) else text(a) for a in function.arguments]
    if function.called is not None:
        arguments.insert(0, function.module)
    call = f"{function.called.id if function.called else function.module}({', '.join(arguments)})"
    body = [f"return {call}"]
    if function.carry:
        body = [f"{function.carry}, _ = {call}", f"return {function.carry}"]
    rows = [_decorator(d, text, layout, depth) for d in function.decorators]
    rows.append(layout.signature(function.name, function.parameters, depth))
    return "\n".join([*rows, *(layout.indent + row for row in body)]) + "\n"


def _decorator(decorator: Decorator, text: Callable[[ast.expr], str], layout: Layout, depth: int) -> str:
    function, options = decorator
    given = [o if isinstance(o, str) else f"{o[0]}={text(o[1])}" for o in options]
    return layout.call(f"@{function}", given, "", depth) if given else f"@{function}"
