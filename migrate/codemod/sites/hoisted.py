"""Moves a construction to the init of the model. What its arguments need is worked out where it stood."""

import ast
from collections.abc import Iterator

from ..edits import Edit, Remove, Replace
from .construct import movable
from .mentions import Mentions
from .records import Refused
from .references import is_bound
from .scopes import Scope, mentioned, mutated
from .text import Text
from .values import Site


def hoisted(
    mentions: Mentions, text: Text, scope: Scope, site: Site, behind: ast.stmt
) -> tuple[list[Edit], list[Edit]]:
    """Returns the edits of the statement that constructs, and those of the arguments, which move to `behind`.

    An argument that may mean something else by then is given the name of its field. Raises Refused.
    """
    passed = [n for s in between(scope, site.owner, behind) for n in ast.walk(s)]
    kept = [(name, node) for name, node in _arguments(site) if not _moves(node, passed)]
    span = mentions.source.span
    if mentioned(site.call) & mutated(passed):
        raise Refused(
            site.constructor.name, site.call, "what it is given changes before the init of the model"
        )
    if not kept:
        return [Remove(span(site.owner))], []
    for name, node in kept:
        if not name or isinstance(node, ast.Starred | ast.NamedExpr):
            raise Refused(site.constructor.name, node, "it cannot be moved to the init of the model")
        if is_bound(scope, name):
            raise Refused(
                site.constructor.name, node, f"it cannot be moved, and `{name}` is a variable already"
            )
    (target,) = site.owner.targets  # type: ignore[attr-defined]
    names = ", ".join(name for name, _ in kept)
    values = ", ".join(text.of(node) for _, node in kept)
    before: list[Edit] = [Replace(span(target), names), Replace(span(site.call), values)]
    return before, [Replace(span(node), name) for name, node in kept]


def between(scope: Scope, first: ast.stmt, last: ast.stmt) -> list[ast.stmt]:
    """Returns the statements that stand between two of the same block."""
    inside = (n for n in ast.walk(scope) if isinstance(n, ast.stmt))
    return [n for n in inside if first.lineno < n.lineno < last.lineno]


def _arguments(site: Site) -> Iterator[tuple[str, ast.expr]]:
    fields = site.constructor.fields
    for place, node in enumerate(site.call.args):
        yield (fields[place] if place < len(fields) and not isinstance(node, ast.Starred) else ""), node
    for keyword in site.call.keywords:
        yield keyword.arg or "", keyword.value


def _moves(node: ast.expr, between: list[ast.AST]) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant()):
            return not any(isinstance(n, ast.Name) and n.id == name for n in between)
    return not between or movable(ast.Call(ast.Name("_", ast.Load()), [node], []), between)
