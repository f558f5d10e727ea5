"""The statements of a function that run where the arguments of a call decide its conditions: `if pool: ...`."""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..names import Names
from ..trees import walk

Step = ast.Assign | ast.AugAssign | ast.Expr


@dataclass(frozen=True, eq=False)
class Loop:
    """A `for` with what runs of it in each round."""

    node: ast.For
    body: "Steps"


@dataclass(frozen=True, eq=False)
class Choice:
    """An `if` that the arguments do not decide, with what runs of its sides."""

    node: ast.If
    body: "Steps"
    orelse: "Steps"


@dataclass(frozen=True, eq=False)
class Fork:
    """An `if` that the arguments do not decide, each side of which returns or raises."""

    node: ast.If
    yes: "Run"
    no: "Run"


Steps = Sequence[Step | Loop | Choice]
Returned = ast.expr | Fork | ast.Raise
Run = tuple[Steps, Returned]

_LIBRARIES = ("flax.", "jax.")  # whose functions and classes are neither None nor false
_LAST = ast.Return | ast.Raise
_SOMETHING, _UNKNOWN = object(), object()
_COMPARED: Mapping[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_NUMBERS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def targets_of(statement: ast.stmt) -> list[str] | None:
    """Returns the names that a statement binds; None where it binds something else, or does more than that."""
    match statement:
        case ast.Assign(targets=[target]) | ast.For(target=target, orelse=[]) | ast.AugAssign(target=target):
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            names = [part.id for part in parts if isinstance(part, ast.Name)]
            return names if len(names) == len(parts) else ([] if stored_in(statement) else None)
        case ast.If() | ast.Return(value=ast.expr()) | ast.Pass() | ast.Expr(value=ast.Call()):
            return []
        case ast.Raise(exc=ast.expr(), cause=None):
            return []
    return None


def stored_in(statement: ast.stmt) -> str:
    """Returns the name of what a statement puts an item into: `found["x"] = x`."""
    match statement:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)]) if not isinstance(
            index, ast.Slice
        ):
            return name
    return ""


def fills(statement: ast.stmt) -> str:
    """Returns the name of the list that a statement adds to, if it does no more than that."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"))):
            return name
    return ""


def bound_by(statements: Sequence[ast.stmt]) -> list[str] | None:
    """Returns all names that statements may bind, on whatever side of a condition; None if they do more than that."""
    found: list[str] = []
    for statement in statements:
        names = targets_of(statement)
        below = [*statement.body, *statement.orelse] if isinstance(statement, ast.For | ast.If) else []
        inner = bound_by(below)
        if names is None or inner is None:
            return None
        found += [*names, *inner]
    return found


def comprehensions(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Returns the comprehensions among some nodes: they evaluate what they hold again and again."""
    return [n for n in nodes if isinstance(n, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)]


def targets_in(node: ast.AST) -> list[ast.Name]:
    """Returns what the comprehensions in an expression bind."""
    targets = [g.target for c in comprehensions(walk(node)) for g in c.generators]  # type: ignore[attr-defined]
    return [n for target in targets for n in walk(target) if isinstance(n, ast.Name)]


def parts_returned(value: Returned) -> Iterator[tuple[ast.AST, bool]]:
    """Yields the same of what is returned."""
    if isinstance(value, ast.expr | ast.Raise):
        yield value, False
    else:
        yield value.node.test, False
        for steps, inner in (value.yes, value.no):
            yield from (*parts_of(steps), *parts_returned(inner))


def parts_of(steps: Steps) -> Iterator[tuple[ast.AST, bool]]:
    """Yields what is evaluated or bound, and whether a loop may do it again."""
    for step in steps:
        match step:
            case Loop(node=loop, body=body):
                yield from ((loop.target, True), (loop.iter, False))
                yield from ((part, True) for part, _ in parts_of(body))
            case Choice(node=choice, body=body, orelse=orelse):
                yield choice.test, False
                yield from parts_of([*body, *orelse])
            case ast.AST():
                yield step, False


def decided(
    statements: Sequence[ast.stmt], given: Mapping[str, ast.expr], names: Names, *, forks: bool = False
) -> tuple[Steps, Returned | None] | None:
    """Returns the statements that run, up to the return, and what this returns, where a call gives `given`.

    None where these arguments do not decide a condition on which it returns or raises, unless that `forks`. `given` has
    no name that a statement binds, and no argument that the caller spells with a local.
    """
    found: list[Step | Loop | Choice] = []
    for place, statement in enumerate(statements):
        match statement:
            case ast.Return(value=ast.expr() as value):
                return found, _side(value, given, names)
            case ast.Raise():
                return (found, statement) if forks else None
            case ast.If(test=test) if (answer := _answer(test, given, names)) is not None:
                inner = decided(statement.body if answer else statement.orelse, given, names, forks=forks)
                if inner is None:
                    return None
                found += inner[0]
                if inner[1] is not None:
                    return found, inner[1]
            case ast.If() if forks and ends_in(statement):
                rest = statements[place + 1 :]
                both = (
                    decided([*s, *rest], given, names, forks=True) for s in (statement.body, statement.orelse)
                )
                runs = [(run[0], run[1]) for run in both if run is not None and run[1] is not None]
                return (found, Fork(statement, *runs)) if len(runs) == 2 and not _meet(statement) else None
            case ast.If() | ast.For():
                sides = [decided(side, given, names) for side in (statement.body, statement.orelse)]
                known = [side[0] for side in sides if side is not None and side[1] is None]
                if len(known) < len(sides) or ends_in(statement):
                    return None
                found.append(
                    Loop(statement, known[0]) if isinstance(statement, ast.For) else Choice(statement, *known)
                )
            case ast.Assign(targets=targets, value=value):
                one = ast.Assign(targets, _side(value, given, names))
                found.append(ast.copy_location(one, statement))
            case ast.AugAssign() | ast.Expr():
                found.append(statement)
    return found, None


def ends_in(statement: ast.stmt) -> bool:
    """Tells whether the function may end in a statement: by what it returns, or raises."""
    return any(isinstance(n, _LAST) for n in walk(statement))


def _meet(choice: ast.If) -> bool:
    """Tells whether what stands behind a condition runs on both of its sides."""
    return not any(isinstance(side[-1], _LAST) for side in (choice.body, choice.orelse) if side)


def _side(value: ast.expr, given: Mapping[str, ast.expr], names: Names) -> ast.expr:
    """The side of a conditional expression that the arguments decide on."""
    if isinstance(value, ast.IfExp) and (answer := _answer(value.test, given, names)) is not None:
        return _side(value.body if answer else value.orelse, given, names)
    return value


def _answer(test: ast.expr, given: Mapping[str, ast.expr], names: Names) -> bool | None:
    """What a condition comes to; None where that depends on more than the arguments."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            answer = _answer(operand, given, names)
            return None if answer is None else not answer
        case ast.BoolOp(op=op, values=values):
            answers = [_answer(value, given, names) for value in values]
            decisive = isinstance(op, ast.Or)  # what one side alone decides
            return decisive if decisive in answers else (None if None in answers else not decisive)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(_value(left, given, names), _value(right, given, names), op)
    value = _value(test, given, names)
    return None if value is _UNKNOWN else bool(value)


def _compared(one: object, two: object, op: ast.cmpop) -> bool | None:
    if _UNKNOWN in (one, two):
        return None
    if isinstance(op, ast.Is | ast.IsNot) and None not in (one, two):
        return None
    if type(op) in _COMPARED:
        return None if _SOMETHING in (one, two) and None not in (one, two) else _COMPARED[type(op)](one, two)
    numbers = isinstance(one, int | float) and isinstance(two, int | float)
    return _NUMBERS[type(op)](one, two) if numbers and type(op) in _NUMBERS else None  # type: ignore[arg-type]


def _value(node: ast.expr, given: Mapping[str, ast.expr], names: Names) -> object:
    """The value of a literal, or `_SOMETHING` for what is neither None nor false."""
    node = given.get(node.id, node) if isinstance(node, ast.Name) else node
    if isinstance(node, ast.Constant):
        return node.value
    known = isinstance(node, ast.Attribute) and (names.resolve(node) or "").startswith(_LIBRARIES)
    return _SOMETHING if known else _UNKNOWN
