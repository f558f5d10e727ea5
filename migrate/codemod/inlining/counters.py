"""`i = 0`, `while i < self.n:` and `i += 1` at the end of each round, read as `for i in range(self.n):`."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..bindings import defines, statements, stored, stored_outside
from ..model import LinenClass, Method
from ..names import first_name
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from ..trees import walk
from .builders import names_module

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE
}  # fmt: skip
_UP, _DOWN = (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)
_WHOLE = (
    ast.Name | ast.Constant | ast.Attribute | ast.Subscript | ast.Slice | ast.BinOp | ast.UnaryOp
    | ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod | ast.USub | ast.expr_context
)  # fmt: skip
"""What the first number, and the one that ends the loop, may be made of: whole numbers."""
_LATER = ast.Lambda | ast.FunctionDef | ast.GeneratorExp
_CHANGED = ast.Store | ast.Del


class _Ends(NamedTuple):
    """`counter < bound`, or another comparison; the bound is none of the numbers unless it is `within`."""

    counter: str
    up: bool
    within: bool
    bound: ast.expr


@dataclass(frozen=True, eq=False)
class _Counted:
    """A loop whose counter starts as `first`, and which the statement `step` sets to the next number."""

    loop: ast.While
    ends: _Ends
    first: ast.Assign
    step: ast.stmt
    by: int


def read_counters(project: Project) -> list[Rewording]:
    """Returns such loops that may make layers: their heads, and the statements that count."""
    return [one for cls, method in project.methods for one in _read(cls, method, project)]


def _read(cls: LinenClass, method: Method, project: Project) -> Iterator[Rewording]:
    loops = [s for s in statements(method.node.body) if isinstance(s, ast.While)]
    found = [c for loop in loops if (c := _counted(method, loop)) is not None]
    for one in found:
        alike = [c for c in found if c.ends.counter == one.ends.counter]
        if not _is_alone(method, one, alike) or not any(
            _may_make(n, cls, method, project) for n in walk(one.loop)
        ):
            continue
        head, lines = _head(one, cls.source), [_lines(s, cls.source) for s in (one.first, one.step)]
        if head is not None and None not in lines and _is_whole(one, cls, method):
            yield Rewording(cls, _place(one.loop, one.loop.test), head)
            yield from (Rewording(cls, place, "") for place in lines if place is not None)


def _counted(method: Method, loop: ast.While) -> _Counted | None:
    ends = _ends(loop.test)
    if ends is None or loop.orelse or any(isinstance(s, ast.Continue) for s in statements(loop.body)):
        return None
    steps = [(s, by) for s in loop.body if (by := _step(s, ends.counter))]
    first = _first(method, loop, ends.counter)
    if len(steps) != 1 or first is None or (steps[0][1] > 0) != ends.up:
        return None
    (step, by), bound = steps[0], [n for n in walk(loop) if _binds(n, ends.counter)]
    behind = loop.body[loop.body.index(step) + 1 :]
    again = any(_is(n, ends.counter) for s in behind for n in walk(s))
    return None if again or len(bound) != 1 or loop.body == [step] else _Counted(loop, ends, first, step, by)


def _ends(test: ast.expr) -> _Ends | None:
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as op],
            comparators=[bound],
        ):
            return _Ends(name, isinstance(op, _UP), isinstance(op, ast.LtE | ast.GtE), bound)
        case ast.Compare(left=bound, ops=[op], comparators=[ast.Name() as counter]) if type(op) in _TURNED:
            return _ends(ast.Compare(counter, [_TURNED[type(op)]()], [bound]))
    return None


def _step(statement: ast.stmt, counter: str) -> int:
    """What a statement adds to the counter: nothing where it does something else."""
    match statement:
        case ast.AugAssign(target=ast.Name(id=name), op=op, value=ast.Constant(value=int(by))):
            pass
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=same), op=op, right=ast.Constant(value=int(by))),
        ) if same == name:
            pass
        case _:
            return 0
    sign = {ast.Add: 1, ast.Sub: -1}.get(type(op), 0)
    return sign * by if name == counter else 0


def _first(method: Method, loop: ast.While, counter: str) -> ast.Assign | None:
    """The statement of the same block that gives the counter its first number."""
    block = method.block(loop)
    ahead = block[: block.index(loop)]
    for statement in reversed(ahead):
        if any(_is(n, counter) for n in walk(statement)):
            match statement:
                case ast.Assign(targets=[ast.Name()], value=value):
                    read = {n.id for n in walk(value) if isinstance(n, ast.Name)}
                    between = [s for s in statements(ahead) if s.lineno > statement.lineno]
                    changed = {name for s in between for name in defines(s) | stored_outside(s)}
                    return None if read & changed or counter in read else statement
            return None
    return None


def _is_alone(method: Method, one: _Counted, alike: Sequence[_Counted]) -> bool:
    """Tells whether nothing else reads the counter, such as what stands behind the loop or runs later."""
    inside = {n for c in alike for part in (c.first, c.loop) for n in walk(part)}
    names = [n for n in walk(method.node) if _is(n, one.ends.counter)]
    mine = [n for n in names if n in {*walk(one.loop)}]
    later = any(isinstance(a, _LATER) for n in mine for a in method.above(n))
    return inside.issuperset(names) and not later


def _is_whole(one: _Counted, cls: LinenClass, method: Method) -> bool:
    """Tells whether the numbers are whole ones, and what they are computed from is the same in each round."""
    parts = [n for e in (one.first.value, one.ends.bound) for n in walk(e)]
    changed = {name for s in statements(one.loop.body) for name in defines(s) | stored_outside(s)}
    fractions = {f.name for f in cls.fields if _is_fraction(f.statement)}
    for node in parts:
        match node:
            case ast.Name(id=name) if name in changed:
                return False
            case ast.Constant(value=value) if type(value) is not int:
                return False
            case ast.Attribute(attr=name) if method.is_this(node) and (
                name in fractions or any(_sets(n, name) for n in walk(method.node))
            ):
                return False
            case ast.Call(func=ast.Name(id="len"), args=[ast.Attribute() as listed], keywords=[]) if (
                method.is_this(listed)
            ):
                continue
            case _ if not isinstance(node, _WHOLE):
                return False
    return True


def _is_fraction(field: ast.AnnAssign) -> bool:
    default = field.value.value if isinstance(field.value, ast.Constant) else None
    return isinstance(default, float) or "float" in ast.unparse(field.annotation)


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, _CHANGED)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, _CHANGED)


def _may_make(node: ast.AST, cls: LinenClass, method: Method, project: Project) -> bool:
    """Tells whether an expression is a call of what a layer is made by, or is a layer itself."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    local = (s.name for s in method.node.body if isinstance(s, ast.FunctionDef))
    own = {method.this, *method.parameters, *stored(method.node), *local}
    return names_module(node.func, cls.names, project) or first_name(function) in own


def _head(one: _Counted, source: Source) -> str | None:
    first, bound = source.segment(one.first.value), one.ends.bound
    last = _beyond(bound, source, 1 if one.ends.up else -1) if one.ends.within else source.segment(bound)
    if "\n" in first + last:
        return None
    given = [first, last, *([str(one.by)] if one.by != 1 else [])]
    return f"for {one.ends.counter} in range({', '.join(given[1:] if given == ['0', last] else given)})"


def _beyond(bound: ast.expr, source: Source, by: int) -> str:
    """The code for the number next to one that is still counted."""
    match bound, by:
        case ast.Constant(value=int(number)), _:
            return str(number + by)
        case (ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=1)), 1) | (
            ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)),
            -1,
        ):
            return source.segment(left)
    return f"{source.segment(bound)} {'+' if by > 0 else '-'} 1"


def _place(first: ast.stmt, last: ast.expr) -> ast.expr:
    """What stands for the text from one node to another."""
    end = {"end_lineno": last.end_lineno, "end_col_offset": last.end_col_offset}
    return ast.Name("", ast.Load(), lineno=first.lineno, col_offset=first.col_offset, **end)


def _lines(statement: ast.stmt, source: Source) -> ast.expr | None:
    """What stands for the lines of a statement, if it has them for itself."""
    span, end = source.span(statement), statement.end_lineno or statement.lineno
    behind = source.lines[end - 1][span.end_column :].strip()
    if source.ahead(statement).strip() or (behind and not behind.startswith("#")):
        return None
    place = {"lineno": span.line, "col_offset": 0, "end_lineno": end}
    return ast.Name("", ast.Load(), **place, end_col_offset=len(source.lines[end - 1].encode()))
