"""`[dense(name=n)(x) for n in ("query", "key")]`, read with each element spelled out, and so each name.

So is `self.query, self.key = [nn.Dense(self.width) for _ in range(2)]`, which gives each of them a name.
"""

import ast
import json
from collections.abc import Sequence

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .builders import names_module
from .text import with_code

_MOST = 8
"""Elements that are spelled out; more of them make a line that nobody reads."""


def read_spelled_out(project: Project) -> list[Rewording]:
    """Returns the lists over literal names that make modules of those names, and those that setup unpacks."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        nodes = [n for n in walk(method.node) if isinstance(n, ast.ListComp | ast.GeneratorExp)]
        if method.kind is MethodKind.COMPACT:
            found += [one for node in nodes if (one := _spelled_out(cls, method, node)) is not None]
        if method.kind is MethodKind.SETUP:
            found += [one for node in nodes if (one := _one_by_one(cls, method, node, project)) is not None]
    return found


def _one_by_one(
    cls: LinenClass, method: Method, node: ast.ListComp | ast.GeneratorExp, project: Project
) -> Rewording | None:
    """So many modules as a literal says, of which none depends on its number, unpacked to so many names."""
    match method.parents[node], node.elt, node.generators:
        case (
            ast.Assign(targets=[ast.Tuple(elts=targets)]),
            ast.Call() as made,
            [
                ast.comprehension(
                    target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=[last]), ifs=[]
                )
            ],
        ) if isinstance(last, ast.Constant) and last.value == len(targets) <= _MOST:
            inside = [*walk(made)]
            number = any(_is(n, name) or isinstance(n, ast.NamedExpr | ast.Lambda) for n in inside)
            if number or not names_module(made.func, cls.names, project):
                return None
            text = cls.source.segment(made)
            return Rewording(cls, node, ", ".join([text] * len(targets))) if "\n" not in text else None
    return None


def _spelled_out(cls: LinenClass, method: Method, node: ast.ListComp | ast.GeneratorExp) -> Rewording | None:
    unpacked = _is_unpacked(method.parents[node])
    if isinstance(node, ast.GeneratorExp) and not unpacked:
        return None
    match node.generators:
        case [
            ast.comprehension(
                target=ast.Name(id=name), iter=ast.Tuple(elts=given) | ast.List(elts=given), ifs=[]
            )
        ] if 0 < len(given) <= _MOST:
            texts = [
                each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            named = any(
                isinstance(n, ast.keyword) and n.arg == "name" and _is(n.value, name) for n in walk(node.elt)
            )
            inner = any(isinstance(n, ast.JoinedStr | ast.comprehension | ast.Lambda) for n in walk(node.elt))
            if not named or inner or len(texts) < len(given):
                return None
            names = [n for n in walk(node.elt) if isinstance(n, ast.Name) and n.id == name]
            quoted = (json.dumps(text, ensure_ascii=False) for text in texts)
            rows = [with_code(cls.source, node.elt, dict.fromkeys(names, text)) for text in quoted]
            known = [row for row in rows if row is not None]
            code = _laid_out(cls, node, known, bare=unpacked) if len(known) == len(rows) else None
            return Rewording(cls, node, code) if code is not None else None
    return None


def _laid_out(
    cls: LinenClass, node: ast.ListComp | ast.GeneratorExp, elements: Sequence[str], *, bare: bool
) -> str | None:
    """The elements over as many lines as the comprehension, one or more on each; None where it has too many."""
    between = (node.end_lineno or node.lineno) - node.lineno - 1
    if between < 0:
        return ", ".join(elements) if bare else f"[{', '.join(elements)}]"
    if not 0 < between <= len(elements):
        return None
    source, last = cls.source, len(elements) - between
    rows = [", ".join(elements[: last + 1]), *elements[last + 1 :]]
    ahead = source.newline + " " * source.span(node.elt).column
    closing = source.newline + " " * (source.span(node).end_column - 1)
    return f"[{''.join(f'{ahead}{row},' for row in rows)}{closing}]"


def _is_unpacked(above: ast.AST) -> bool:
    """`query, key = ...`."""
    return isinstance(above, ast.Assign) and all(isinstance(t, ast.Tuple) for t in above.targets)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
