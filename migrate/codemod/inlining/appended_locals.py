"""`layer = nn.Dense(n)` and `layers.append(layer)` in setup, read as the one statement that they are together."""

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..bindings import statements
from ..factories.records import Scope
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .calls import bound_in


def read_appended_locals(project: Project) -> list[Rewording]:
    """Returns such pairs of statements, where nothing else reads the local and a module is made."""
    return [
        one
        for cls, method in project.methods if method.kind is MethodKind.SETUP
        for block in _blocks(method)
        for made, added in pairwise(block)
        for one in _read(cls, method, made, added, project)
    ]  # fmt: skip


def _blocks(method: Method) -> Iterator[Sequence[ast.stmt]]:
    yield method.node.body
    for statement in statements(method.node.body):
        yield from (getattr(statement, part, []) for part in ("body", "orelse"))


def _read(
    cls: LinenClass, method: Method, made: ast.stmt, added: ast.stmt, project: Project
) -> Iterator[Rewording]:
    match made, added:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call),
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="append") as append, args=[ast.Name(id=read)], keywords=[]
                )
            ),
        ) if name == read and _is_alone(method, name, append.value):
            if project.factories.factory(call.func, Scope(cls.names, cls, method)) is None:
                return
            if not _between(cls, made, added).strip():
                append_of = cls.source.segment(append)
                if call.lineno < (call.end_lineno or 0) and made.lineno == call.lineno:
                    yield instead_of(cls, _up_to(made, call), f"{append_of}(")
                    yield instead_of(cls, _from_end(call, added), ")")
                else:
                    yield instead_of(cls, _from(made, added), f"{append_of}({cls.source.segment(call)})")


def _from(first: ast.AST, last: ast.AST) -> ast.stmt:
    """From where one node starts to where another ends."""
    both = ast.copy_location(ast.Pass(), first)
    both.end_lineno, both.end_col_offset = last.end_lineno, last.end_col_offset  # type: ignore[attr-defined]
    return both


def _up_to(first: ast.stmt, call: ast.Call) -> ast.stmt:
    """What stands in front of the call, whose lines stay what they are for the runs of models that know them."""
    ahead = ast.copy_location(ast.Pass(), first)
    ahead.end_lineno, ahead.end_col_offset = call.lineno, call.col_offset
    return ahead


def _from_end(call: ast.Call, last: ast.stmt) -> ast.stmt:
    behind = _from(call, last)
    behind.lineno, behind.col_offset = call.end_lineno or 0, call.end_col_offset or 0
    return behind


def _is_alone(method: Method, name: str, target: ast.expr) -> bool:
    """Tells whether a local is bound here alone, and read by what is put at the end of something else alone."""
    named = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    return (
        len(named) == 2 and name in bound_in(method) and name not in method.parameters and _is_plain(target)
    )


def _is_plain(target: ast.expr) -> bool:
    """A list that a name or an attribute stands for, whatever is evaluated before."""
    return isinstance(target, ast.Name) or (isinstance(target, ast.Attribute) and _is_plain(target.value))


def _between(cls: LinenClass, made: ast.stmt, added: ast.stmt) -> str:
    """What stands between two statements, comments for one."""
    source = cls.source
    (_, _, line, column), (end, _, *_) = source.span(made), source.span(added)
    lines = source.lines[line - 1 : end]
    return "".join([lines[0][column:], *lines[1:-1]]) if end > line else ";"
