"""Lists of modules that a compact method makes and goes through at once, read as calls where the list is made.

`layers.append(nn.Dense(f))` and `nn.Sequential(layers)(x)`, or `for layer in layers: x = layer(x)`, are
`x = nn.Dense(f)(x)`: the modules are made in the same order, and so have the same names.
"""

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from ..built import LATER, Fill, fill
from ..factories.records import MODES
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .applied import Use, applied, in_sequence, run_through
from .builders import class_of
from .text import one_line

_SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
_FRESH = ("y", "out", "hidden")


@dataclass(frozen=True, eq=False)
class _Built:
    """A local list: what adds to it, in that order, the statement that goes through it, and what that does."""

    fills: Sequence[Fill]
    last: ast.stmt
    use: Use


def read_sequences(project: Project) -> list[Rewording]:
    """Returns the statements that fill such lists or go through them, as what they can be read as."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            for node in walk(method.node):
                built = _built(cls, method, node, project)
                found += _reworded(cls, method, built) if built is not None else ()
                found += _decided(cls, method, node, project)
    return found


def _decided(cls: LinenClass, method: Method, node: ast.AST, project: Project) -> list[Rewording]:
    """`y = x + nn.Sequential([...])(x)`, of layers that an argument of the method has a say in."""
    match node:
        case ast.Call(
            func=ast.Call(func=function, args=[ast.List(elts=items)], keywords=[]),
            args=[ast.Name(id=given) as argument],
            keywords=[],
        ) if cls.names.linen(function) == "Sequential" and any(_is_decided(method, i) for i in items):
            statement = _alone(method, node)
        case _:
            return []
    target: str | None
    end: str | None
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) if statement.value is node:
            target, end = name, ""
        case ast.Return() if statement.value is node:
            target, end = given, f"return {given}"  # its own name: nothing reads the input any more
        case ast.Assign(targets=[ast.Name()]) | ast.AugAssign(target=ast.Name()) | ast.Return():
            target = _free(method)
            end = _with_name(cls, statement, node, target or "")
        case _:
            return []
    read = {n.id for item in items for n in walk(item) if isinstance(n, ast.Name)}
    if (
        target is None
        or end is None
        or target in read
        or any(_gives_several(cls, item, project) for item in items)
    ):
        return []
    use = Use(node, argument, given, argument)
    found = _statement(cls, statement, items, use, (target, given), alone=True, end=end)
    return [found] if found is not None else []


def _alone(method: Method, node: ast.expr) -> ast.stmt | None:
    """The statement in which an expression stands, where nothing else in it may call a module."""
    above = method.parents[node]
    while isinstance(above, ast.BinOp):
        above = method.parents[above]
    if not isinstance(above, ast.stmt) or any(isinstance(a, LATER) for a in method.above(above)):
        return None
    inside = {*walk(node)}
    return None if any(isinstance(n, ast.Call) and n not in inside for n in walk(above)) else above


def _with_name(cls: LinenClass, statement: ast.stmt, node: ast.expr, name: str) -> str | None:
    """The statement on one line, a name in the place of an expression."""
    segment = cls.source.segment
    return one_line(segment(statement).replace(segment(node), name))


def _is_decided(method: Method, item: ast.expr) -> bool:
    """`nn.Dropout(0.1, deterministic=not train)`, where `train` is an argument of the method, or made of one."""
    given = item.keywords if isinstance(item, ast.Call) else []
    modes = (k.value for k in given if k.arg in MODES)
    return any(isinstance(n, ast.Name) and n.id != method.this for mode in modes for n in walk(mode))


def _gives_several(cls: LinenClass, item: ast.expr, project: Project) -> bool:
    """Tells whether an element may give a tuple or a dict, which a Sequential takes apart for the next one."""
    made = class_of(item.func, cls.names, project) if isinstance(item, ast.Call) else None
    call = made.methods.get("__call__") if made is not None else None
    returns = (n.value for n in walk(call.node) if isinstance(n, ast.Return)) if call is not None else ()
    return any(isinstance(value, ast.Tuple | ast.Dict) for value in returns)


def _built(cls: LinenClass, method: Method, node: ast.AST, project: Project) -> _Built | None:
    """The list that `node` goes through, a Sequential or a loop, where nothing else reads it."""
    use = in_sequence(cls, node) or run_through(node)
    if use is None or use.listed.id in method.parameters:
        return None
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == use.listed.id]
    fills = [_fill(method, n) for n in spelled if n is not use.listed]
    known = sorted((f for f in fills if f is not None), key=lambda f: (f[0].lineno, f[0].col_offset))
    last = node if isinstance(node, ast.For) else method.statement(use.node)
    inside = {*walk(last)}
    outside = any(isinstance(n, ast.Name) and n.id == use.each and n not in inside for n in walk(method.node))
    if outside or not known or len(known) < len(fills) or not isinstance(last, _SIMPLE | ast.For):
        return None
    first = known[0][0]
    made = [s for s, _ in known if isinstance(s, ast.Assign)] == [first]
    ahead = all(_place(s) < _place(last) for s, _ in known)
    if not use.steps and any(_gives_several(cls, item, project) for _, items in known for item in items):
        return None
    above = method.above(use.node)
    later = [a for a in above[: above.index(last)] if isinstance(a, LATER)] if last in above else []
    return _Built(known, last, use) if made and ahead and first in method.block(last) and not later else None


def _fill(method: Method, name: ast.Name) -> Fill | None:
    """What is added one by one: a comprehension cannot be read as calls."""
    found = fill(method, name)
    return None if found is None or any(isinstance(item, ast.ListComp) for item in found[1]) else found


def _place(node: ast.stmt | ast.Name) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _reworded(cls: LinenClass, method: Method, built: _Built) -> list[Rewording]:
    """Every statement as it can be read; none where one cannot."""
    target = _target(method, built)
    if target is None:
        return []
    given, found = built.use.given, list[Rewording | None]()
    for statement, items in built.fills:
        found.append(_statement(cls, statement, items, built.use, (target, given)))
        given = target
    if isinstance(built.last, ast.For):
        found.append(_statement(cls, built.last, (), built.use, (target, target)))
    else:
        found.append(Rewording(cls, built.use.node, target))
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else []


def _target(method: Method, built: _Built) -> str | None:
    """The local that holds what the modules so far give: the input's own name, where nothing else reads it then."""
    name, last, first = built.use.given, built.last, built.fills[0][0]
    names = [n for n in walk(method.node) if isinstance(n, ast.Name)]
    until = (last.end_lineno or last.lineno, last.end_col_offset or 0)
    between = [n for n in names if _place(first) <= _place(n) < until]
    ahead = [n for n in between if _place(n) < _place(last)]
    changed = {n.id for n in ahead if isinstance(n.ctx, ast.Store)} - {built.use.listed.id}
    if changed & (built.use.reads | _read_later(built)):
        return None
    if isinstance(last, ast.For):
        return name if not any(n.id == name for n in ahead) else None
    mine = [n for n in between if n.id == name and n is not built.use.argument]
    assigned = (
        [getattr(t, "id", "") for t in last.targets] == [name] if isinstance(last, ast.Assign) else False
    )
    if (assigned or isinstance(last, ast.Return)) and all(isinstance(n.ctx, ast.Store) for n in mine):
        return name
    return _free(method)


def _free(method: Method) -> str | None:
    """A local that the method does not have yet."""
    names = (n for n in walk(method.node) if isinstance(n, ast.Name | ast.FunctionDef | ast.arg))
    taken = {
        n.id if isinstance(n, ast.Name) else n.name if isinstance(n, ast.FunctionDef) else n.arg
        for n in names
    }
    return next((n for n in _FRESH if n not in taken), None)


def _read_later(built: _Built) -> set[str]:
    """The names that functions in the list read when they are called, which is behind all that fills it."""
    later = [item for _, items in built.fills for item in items if isinstance(item, ast.Lambda)]
    read = (
        {n.id for n in walk(i.body) if isinstance(n, ast.Name)} - {a.arg for a in i.args.args} for i in later
    )
    return {name for names in read for name in names}


def _statement(
    cls: LinenClass,
    statement: ast.stmt,
    items: Sequence[ast.expr],
    use: Use,
    names: tuple[str, str],
    *,
    alone: bool = False,
    end: str = "",
) -> Rewording | None:
    """What a statement adds to the list, called where it stands; `x = x` fills the lines between, and goes later.

    One that stands `alone` has all that there is in the list, and may go on with `end`.
    """
    source, (target, given) = cls.source, names
    span, ends = source.span(statement), statement.end_lineno or statement.lineno
    ahead = source.ahead(statement)
    comments = _comments(source.segment(statement), span.line)
    if ahead.strip():
        return None
    rows = []
    for line in range(statement.lineno, ends + 1):
        mine, calls = [item for item in items if item.lineno == line], list[str]()
        for run in _in_order(mine):
            value: str | None = given
            for item in run:
                value = value and applied(cls, item, use, value)
            if value is None:
                return None
            calls.append(f"{target} = {value}")
            given = target
        over = [
            comments.pop(n)
            for n in range(line, max([line, *(i.end_lineno or line for i in mine)]) + 1)
            if n in comments
        ]
        if not mine and over and over[0][0]:
            rows.append(over[0][1])
            continue
        if len(over) > bool(mine):
            return None
        kept = given if alone and not calls else target
        calls += [end] if end and line == ends else []
        row = (source.newline + ahead).join(calls) or f"{kept} = {given}"
        rows.append("  ".join([row, *(text for _, text in over)]))
        given = kept
    code = (source.newline + ahead).join(rows)
    return instead_of(cls, statement, code)


def _in_order(items: Sequence[ast.expr]) -> list[list[ast.expr]]:
    """Splits elements between two that are made: of a call within a call the outer module would be made first."""
    runs: list[list[ast.expr]] = []
    for item in items:
        if not runs or (isinstance(item, ast.Call) and any(isinstance(i, ast.Call) for i in runs[-1])):
            runs.append([])
        runs[-1].append(item)
    return runs


def _comments(code: str, first: int) -> dict[int, tuple[bool, str]]:
    """The comments of a statement by their lines, and whether each stands there alone."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            found[first + token.start[0] - 1] = not token.line[: token.start[1]].strip(), token.string
    return found
