"""`conv = nn.Conv if self.down else nn.ConvTranspose`, read as a condition around each statement that makes a layer.

Norms stay as they are: any of them is made and called like any other.
"""

import ast

from ...catalog.layers import find
from ...catalog.norms import NORMS
from ..branches import of_module
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .bodies import Caller
from .left_out import left_out
from .text import one_line, with_code

_SIMPLE = ast.Assign | ast.AugAssign | ast.Return | ast.Expr
_MOST = 2  # statements that there are twice then


def read_chosen_layers(project: Project) -> list[Rewording]:
    """Returns the statements that choose such a layer in a compact method, and those that make it."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        for statement in (n for n in walk(method.node) if isinstance(n, ast.Assign)):
            if method.kind is MethodKind.COMPACT:
                found += _read(cls, method, statement)
    return found


def _read(cls: LinenClass, method: Method, statement: ast.Assign) -> list[Rewording]:
    match statement:
        case ast.Assign(
            targets=[ast.Name() as target], value=ast.IfExp(test=test, body=one, orelse=two) as chosen
        ):
            known = _is_layer(cls, one) and _is_layer(cls, two) and of_module(method, test)
        case _:
            return []
    reads = [
        n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == target.id and n is not target
    ]
    if not known or not 0 < len(reads) <= _MOST or target.id in method.parameters:
        return []
    found: list[Rewording | None] = [left_out(cls, method, statement)]
    for read in reads:
        call, uses = method.parents[read], method.statement(read)
        made = isinstance(call, ast.Call) and call.func is read
        behind = uses in method.block(statement) and uses.lineno > statement.lineno
        alone = sum(n in reads for n in walk(uses)) == 1
        plain = made and behind and alone and isinstance(uses, _SIMPLE)
        found.append(_as_condition(cls, method, uses, read, chosen) if plain else None)
    told = [one for one in found if one is not None]
    return told if len(told) == len(found) else []


def _is_layer(cls: LinenClass, node: ast.expr) -> bool:
    layer = find(cls.names.linen(node) or "")
    return layer is not None and layer not in NORMS


def _as_condition(
    cls: LinenClass, method: Method, statement: ast.stmt, read: ast.Name, chosen: ast.IfExp
) -> Rewording | None:
    """`if self.down: x = nn.Conv(4)(x)`, and the other one."""
    source, indent = cls.source, Caller(cls.source, cls.names, method).indent
    ahead = source.ahead(statement)
    sides = [
        with_code(source, statement, {read: source.segment(layer)}) for layer in (chosen.body, chosen.orelse)
    ]
    test = one_line(source.segment(chosen.test))
    if ahead.strip() or source.behind(statement) or None in (*sides, test):
        return None
    rows = [f"if {test}:", f"{indent}{sides[0]}", "else:", f"{indent}{sides[1]}"]
    return instead_of(cls, statement, (source.newline + ahead).join(rows))
