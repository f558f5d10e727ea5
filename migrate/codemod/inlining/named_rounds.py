"""`for n in ("query", "key"): y[n] = nn.Dense(4, name=n)(x)`, read with each round spelled out, and so each name.

So is `for layer in (self.query, self.key): x = layer(x)`, and `for i in range(2): x = getattr(self, f"layer_{i}")(x)`.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence

from ..bindings import stored
from ..comments import comment_behind
from ..model import LinenClass, Method, MethodKind
from ..plan.loop_names import numbered
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
    """Returns the loops over literal names that make modules of those names, or call those that setup made."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        loops = (n for n in walk(method.node) if isinstance(n, ast.For))
        for loop in loops if method.kind is not MethodKind.SETUP else ():
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
    nodes = [n for s in loop.body for n in walk(s)]
    listed = method.kind is MethodKind.COMPACT and isinstance(loop.iter, ast.Tuple | ast.List)
    makes = listed and any(_is_named(n, names) for n in nodes)
    if not makes and not any(_takes(cls, method, n, rounds) for n in nodes):
        return None
    rows = list[str]()
    for texts in rounds:
        code = _round(cls, loop.body, texts, again=bool(rows)) if texts is not None else None
        if code is None:
            return None
        rows += code
    rows[-1] = rows[-1].removesuffix(comment_behind(cls.source, loop)).rstrip()  # it stays where it is
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
    single = isinstance(loop.target, ast.Name)
    for each in _elements(loop.iter):
        values = [each] if single else each.elts if isinstance(each, ast.Tuple | ast.List) else []
        known = all(isinstance(v, ast.Constant) or method.is_this(v) for v in values)
        yield dict(zip(names, values, strict=True)) if known and len(values) == len(names) else None


def _elements(through: ast.expr) -> Sequence[ast.expr]:
    """What a loop runs through, where it is written down: `(a, b)`, `zip((a, b), (c, d))`, `range(1, 3)`."""
    match through:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return elements
        case ast.Call(func=ast.Name(id="zip"), args=[_, _, *_] as args, keywords=[]):
            columns = [_elements(a) for a in args]
            alike = len({len(c) for c in columns}) == 1
            return [ast.Tuple([*each]) for each in zip(*columns, strict=True)] if alike else []
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
            numbers = [a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
            return [ast.Constant(n) for n in range(*numbers[:3])] if 0 < len(numbers) == len(args) < 3 else []
    return []


def _takes(cls: LinenClass, method: Method, node: ast.AST, rounds: Sequence[_Texts | None]) -> bool:
    """Tells whether a call is of what setup made: by a name of the loop, or by `getattr` with its name."""
    made = {*_made(cls)}
    match node:
        case ast.Call(func=ast.Name(id=name)) if all(texts and name in texts for texts in rounds):
            values = [texts[name] for texts in rounds if texts is not None]
            return all(isinstance(v, ast.Attribute) and method.is_this(v) and v.attr in made for v in values)
        case ast.Call(func=ast.Call() as got) if (asked := _got(got)) is not None:
            return made.issuperset(_whole(asked, texts) for texts in rounds if texts is not None)
    return False


def _made(cls: LinenClass) -> Iterator[str]:
    """Yields the attributes that the top of setup assigns a call."""
    setup = cls.methods.get("setup")
    for statement in setup.node.body if setup is not None else ():
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Call()):
                yield name


def _got(node: ast.AST) -> ast.expr | None:
    """Returns the name of `getattr(self, f"layer_{i}")`."""
    match node:
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), name], keywords=[]):
            return name if isinstance(name, ast.JoinedStr) or numbered(name) is not None else None
    return None


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
    if isinstance(node, ast.JoinedStr | ast.Name) or _got(node) is not None:
        assert isinstance(node, ast.expr)
        yield from [node] if own else []
        return
    for child in ast.iter_child_nodes(node) if own else ():
        yield from _spelled(child, texts)


def _text_of(cls: LinenClass, node: ast.expr, texts: _Texts) -> str | None:
    """What stands there in one round, in the quotes of the user."""
    if isinstance(node, ast.Name):
        return (
            ast.unparse(texts[node.id]) if _is_number(texts[node.id]) else cls.source.segment(texts[node.id])
        )
    if (name := _got(node)) is not None:
        attribute = _whole(name, texts)
        return None if attribute is None else f"self.{attribute}"
    whole = _whole(node, texts)
    quoted = json.dumps(whole, ensure_ascii=False)
    single = cls.source.segment(node).endswith("'") and quoted == f'"{whole}"' and "'" not in (whole or "")
    return None if whole is None else f"'{whole}'" if single else quoted


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _whole(node: ast.expr, texts: _Texts) -> str | None:
    """The text of a name in one round: `f"head_{name}"`, `f"layer_{i + 1}"`, `"layer_%d" % i`."""
    prefix, counter, added = numbered(node) or ("", "", 0)
    number = getattr(texts.get(counter), "value", None)
    if isinstance(number, int):
        return f"{prefix}{number + added}"
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
    return whole or None
