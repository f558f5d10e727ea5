"""`self._make_encoder(64)` in setup, a method that sets attributes: read as if its statements stood in setup."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from ..bindings import stored_outside, stores_in
from ..built import LATER
from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import GONE, Rewording, instead_of
from ..source import Source
from ..trees import after_docstring, walk
from .builders import signature
from .calls import bound_in, given_to, moves
from .text import dedented, needs_none, one_line
from .unused import mentions

_OTHERWISE = ast.Return | ast.Await | ast.Yield | ast.YieldFrom | ast.Global | ast.Nonlocal


def read_parts(project: Project) -> list[Rewording]:
    """Returns the statements of setup that call such methods, and the methods, which the class has no longer."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        setup = cls.methods.get("setup")
        calls = [*_calls(cls, setup)] if setup is not None and setup.kind is MethodKind.SETUP else []
        if setup is not None and calls and not has_family(cls, project):
            found += _read(cls, setup, calls, project)
    return found


def _read(
    cls: LinenClass, setup: Method, calls: Sequence[tuple[ast.stmt, ast.Call]], project: Project
) -> Iterator[Rewording]:
    taken = {n.id for n in walk(setup.node) if isinstance(n, ast.Name)} | {*cls.source.names_at_top}
    for statement, call in calls:
        assert isinstance(call.func, ast.Attribute)
        part = cls.methods[call.func.attr]
        own, hidden = _locals(part), bound_in(setup) - {setup.this, *part.parameters}
        hides = any(isinstance(n, ast.Name) and n.id in hidden for n in walk(part.node))
        rows = _rows(cls, part, call) if part.this == setup.this and not _is_odd(part) else None
        if rows is None or own & taken or hides or [*mentions(part.node.name, cls, project)] != [call.func]:
            continue
        ahead = cls.source.ahead(statement)
        first, *rest = rows
        code = cls.source.newline.join([first, *(ahead + row if row else "" for row in rest)])
        yield instead_of(cls, statement, code)
        yield instead_of(cls, part.node, GONE)


def _calls(cls: LinenClass, setup: Method) -> Iterator[tuple[ast.stmt, ast.Call]]:
    """The statements that are the call of a method, each on lines of its own."""
    for statement in walk(setup.node):
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) as function) as call):
                part = cls.methods.get(name) if setup.is_this(function) else None
                plain = part is not None and part.kind is MethodKind.PLAIN and not name.startswith("__")
                later = any(isinstance(a, LATER | ast.For | ast.While) for a in setup.above(statement))
                if plain and not later and _stands_alone(cls.source, statement):
                    yield statement, call


def _stands_alone(source: Source, statement: ast.stmt) -> bool:
    span = source.span(statement)
    behind = source.lines[span.end_line - 1][span.end_column :]
    return not source.ahead(statement).strip() and not behind.strip()


def _locals(part: Method) -> set[str]:
    """The names that it binds; those of a comprehension are its own."""
    outside = {name for statement in part.node.body for name in stored_outside(statement)}
    return bound_in(part) - {part.this, *part.parameters, *(_inner(part) - outside)}


def _inner(part: Method) -> set[str]:
    """The names that its comprehensions bind."""
    targets = (c.target for c in walk(part.node) if isinstance(c, ast.comprehension))
    return {n.id for target in targets for n in walk(target) if isinstance(n, ast.Name)}


def _is_odd(part: Method) -> bool:
    """Tells whether it does more than run to its end, or has text that indenting it otherwise would change."""
    nodes = [n for s in part.node.body for n in walk(s)]
    long = any(isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in nodes[1:])
    sets = any(
        part.is_this(n) and isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in nodes
    )
    return long or not sets or any(isinstance(n, _OTHERWISE) for n in nodes)


def _rows(cls: LinenClass, part: Method, call: ast.Call) -> list[str] | None:
    """The statements of the method, with the arguments in the places of its parameters."""
    source, function = cls.source, signature(part.node, cls.source)
    given = given_to(call, part.parameters, function.defaults) if function is not None else None
    statements = after_docstring(part.node)
    names = [n for s in statements for n in walk(s) if isinstance(n, ast.Name) and n.id in part.parameters]
    if given is None or not statements or any(not isinstance(n.ctx, ast.Load) for n in names):
        return None
    if any(isinstance(a, ast.JoinedStr) for n in names for a in part.above(n)):
        return None  # where a name stands in such a text is not known
    spelled = {n.id for node in given.values() for n in walk(node) if isinstance(n, ast.Name)}
    if spelled & _inner(part):
        return None
    counts = Counter(n.id for n in names)
    if not all(moves(node, max(counts[name], 1), cls.names) for name, node in given.items()):
        return None
    read = {n.attr for node in given.values() for n in walk(node) if isinstance(n, ast.Attribute)}
    if any(stores_in(part, name) for name in read):
        return None
    lines = [line.rstrip("\r\n") for line in source.lines]
    for name in sorted(names, key=lambda n: (n.lineno, n.col_offset), reverse=True):
        argument, span = given[name.id], source.span(name)
        code = one_line(source.segment(argument))
        if code is None:
            return None
        code = code if needs_none(argument, part.parents[name], name) else f"({code})"
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column] + code + line[span.end_column :]
    return dedented(source, statements, lines)
