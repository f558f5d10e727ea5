"""Cells that a local holds until the layer around them is made, read as if they were made there: `nn.RNN(cell)`."""

import ast
from collections.abc import Iterator, Sequence

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .text import one_line

_AROUND = frozenset({"RNN", "Bidirectional"})


def read_cells(project: Project) -> list[Rewording]:
    """Returns the statements that make such cells together with the layer that the next one makes of them."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        if method.kind in (MethodKind.COMPACT, MethodKind.SETUP):
            found += _in_method(cls, method)
    return found


def _in_method(cls: LinenClass, method: Method) -> Iterator[Rewording]:
    until = 0
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        made = _made_for(method, call) if cls.names.linen(call.func) in _AROUND else []
        code = _code(cls, method, call, made) if made and made[0].lineno > until else None
        if code is not None:
            place = ast.copy_location(ast.Name("", ast.Load()), made[0])
            until = place.end_lineno = call.end_lineno or call.lineno
            place.end_col_offset = call.end_col_offset
            yield Rewording(cls, place, code)


def _made_for(method: Method, call: ast.Call) -> list[ast.Assign]:
    """The statements right before the one of a call that make its first arguments, in their order, for it alone."""
    statement, given = method.statement(call), [*call.args, *(k.value for k in call.keywords)]
    names = [node.id for node in given if isinstance(node, ast.Name) and _is_once(method, node)]
    value = getattr(statement, "value", None)
    first = value is call or (isinstance(value, ast.Call) and value.func is call)
    in_front = given[: len(names)]
    if not names or not first or [getattr(n, "id", "") for n in in_front] != names:
        return []
    block = method.block(statement)
    before = block[: block.index(statement)][-len(names) :]
    made = [s for s in before if isinstance(s, ast.Assign) and isinstance(s.value, ast.Call)]
    targets = [ast.unparse(s.targets[0]) if len(s.targets) == 1 else "" for s in made]
    return made if targets == names else []


def _is_once(method: Method, name: ast.Name) -> bool:
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name.id]
    return len(spelled) == 2 and name.id not in method.parameters


def _code(cls: LinenClass, method: Method, call: ast.Call, made: Sequence[ast.Assign]) -> str | None:
    """The statement up to the end of the call, over as many lines as all of them."""
    source, statement = cls.source, method.statement(call)
    region = source.lines[made[0].lineno - 1 : call.end_lineno]
    instead = {s.targets[0].id: s.value for s in made if isinstance(s.targets[0], ast.Name)}
    arguments = [("", node) for node in call.args] + [
        (f"{k.arg}=" if k.arg else "**", k.value) for k in call.keywords
    ]
    given = [
        (head, instead.get(node.id, node) if isinstance(node, ast.Name) else node) for head, node in arguments
    ]
    texts = [(head, one_line(source.segment(node))) for head, node in given]
    start, end = source.span(statement), source.span(call)
    if any("#" in line for line in region) or None in (text for _, text in texts) or start.line != end.line:
        return None
    front = source.lines[start.line - 1][start.column : end.column]
    breaks = source.newline * ((call.end_lineno or call.lineno) - made[0].lineno)
    inner = ", ".join(f"{head}{text}" for head, text in texts)
    return f"{front}{source.segment(call.func)}({inner}{breaks})"
