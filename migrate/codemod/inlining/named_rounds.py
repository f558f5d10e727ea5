"""`for n in ("query", "key"): y[n] = nn.Dense(4, name=n)(x)`, read with each round spelled out, and so each name."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence

from ..bindings import stored
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .text import dedented

_MOST = 8
"""Statements that are spelled out; more of them make a method that nobody reads."""
_PLAIN = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr
_INNER = ast.Lambda | ast.comprehension | ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await

_Texts = Mapping[str, ast.expr]
"""What each name of the loop stands for in one round."""


def read_named_rounds(project: Project) -> list[Rewording]:
    """Returns the loops over literal names that make modules of those names."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        loops = (n for n in walk(method.node) if isinstance(n, ast.For))
        for loop in loops if method.kind is MethodKind.COMPACT else ():
            code = _spelled_out(cls, method, loop)
            found += [instead_of(cls, loop, code)] if code is not None else []
    return found


def _spelled_out(cls: LinenClass, method: Method, loop: ast.For) -> str | None:
    names = [n.id for n in _targets(loop.target)]
    rounds = [*_rounds(loop, method)]
    plain = all(isinstance(s, _PLAIN) and not any(isinstance(n, _INNER) for n in walk(s)) for s in loop.body)
    few = 0 < len(rounds) * len(loop.body) <= _MOST and None not in rounds
    if not few or not plain or loop.orelse or not names or not _own(method, loop, names):
        return None
    if not any(_is_named(n, names) for s in loop.body for n in walk(s)):
        return None
    rows = list[str]()
    for texts in rounds:
        code = _round(cls, loop.body, texts, again=bool(rows)) if texts is not None else None
        if code is None:
            return None
        rows += code
    indent = cls.source.ahead(loop)
    return (cls.source.newline).join([rows[0], *(indent + row if row else "" for row in rows[1:])])


def _targets(target: ast.expr) -> Sequence[ast.Name]:
    """The names of `for name in ...`, or of `for name, size in ...`."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [p for p in parts if isinstance(p, ast.Name)]
    return names if len(names) == len(parts) else ()


def _rounds(loop: ast.For, method: Method) -> Iterator[_Texts | None]:
    """Yields what the names stand for in each round; None where that is not written down."""
    names = [n.id for n in _targets(loop.target)]
    for each in loop.iter.elts if isinstance(loop.iter, ast.Tuple | ast.List) else ():
        single = isinstance(loop.target, ast.Name)
        values = [each] if single else each.elts if isinstance(each, ast.Tuple | ast.List) else []
        known = all(isinstance(v, ast.Constant) or method.is_this(v) for v in values)
        yield dict(zip(names, values, strict=True)) if known and len(values) == len(names) else None


def _own(method: Method, loop: ast.For, names: Sequence[str]) -> bool:
    """Tells whether nothing around the loop knows the names, and nothing in it binds them again."""
    inside = {n for s in loop.body for n in walk(s)} | {*walk(loop.target)}
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id in names]
    bound = {name for s in loop.body for name in stored(s)} | {*method.parameters}
    return all(n in inside for n in spelled) and not bound & {*names}


def _is_named(node: ast.AST, names: Sequence[str]) -> bool:
    """Tells whether a module gets its name from the loop."""
    given = node.value if isinstance(node, ast.keyword) and node.arg == "name" else None
    return given is not None and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(given))


def _round(cls: LinenClass, body: list[ast.stmt], texts: _Texts, *, again: bool) -> list[str] | None:
    """The statements of one round; comments of their own are there once."""
    source, lines = cls.source, list(cls.source.lines)
    places = list[tuple[ast.expr, str]]()
    for node in (n for s in body for n in _spelled(s, texts)):
        code = _text_of(cls, node, texts)
        if code is None or node.lineno != node.end_lineno:
            return None
        places.append((node, code))
    for node, code in sorted(places, key=lambda p: (p[0].lineno, p[0].col_offset), reverse=True):
        line, column, _, end_column = source.span(node)
        lines[line - 1] = lines[line - 1][:column] + code + lines[line - 1][end_column:]
    rows = dedented(source, body, lines)
    return [r for r in rows if not (again and r.strip().startswith("#"))] if rows is not None else None


def _spelled(node: ast.AST, texts: _Texts) -> Iterator[ast.expr]:
    """Yields what is spelled with the names: `name`, and `f"h_{name}"` as one."""
    own = any(isinstance(n, ast.Name) and n.id in texts for n in ast.walk(node))
    if isinstance(node, ast.JoinedStr | ast.Name):
        yield from [node] if own else []
        return
    for child in ast.iter_child_nodes(node) if own else ():
        yield from _spelled(child, texts)


def _text_of(cls: LinenClass, node: ast.expr, texts: _Texts) -> str | None:
    """What stands there in one round, in the quotes of the user."""
    if isinstance(node, ast.Name):
        return cls.source.segment(texts[node.id])
    whole = ""
    for part in node.values if isinstance(node, ast.JoinedStr) else ():
        match part:
            case ast.Constant(value=str(text)):
                whole += text
            case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None) if (
                name in texts
            ):
                value = getattr(texts[name], "value", None)
                if not isinstance(value, str | int) or not isinstance(texts[name], ast.Constant):
                    return None
                whole += str(value)
            case _:
                return None
    quoted = json.dumps(whole, ensure_ascii=False)
    single = cls.source.segment(node).endswith("'") and quoted == f'"{whole}"' and "'" not in whole
    return f"'{whole}'" if single else quoted
