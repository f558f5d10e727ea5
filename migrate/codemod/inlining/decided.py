"""The statements of a function that run where the arguments of a call decide its conditions: `if pool: ...`."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from ..names import Names

Step = ast.Assign | ast.AugAssign

_LIBRARIES = ("flax.", "jax.")  # whose functions and classes are neither None nor false
_SOMETHING, _UNKNOWN = object(), object()
_COMPARED: Mapping[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_NUMBERS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def steps_of(statements: Sequence[ast.stmt]) -> list[Step] | None:
    """Returns all that may bind a name, on whatever side of a condition; None if there is more than that."""
    found: list[Step] = []
    for statement in statements:
        match statement:
            case ast.Assign() | ast.AugAssign():
                found.append(statement)
            case ast.If():
                inner = steps_of([*statement.body, *statement.orelse])
                if inner is None:
                    return None
                found += inner
            case ast.Return(value=ast.expr()) | ast.Pass():
                pass
            case _:
                return None
    return found


def decided(
    statements: Sequence[ast.stmt], given: Mapping[str, ast.expr], names: Names
) -> tuple[list[Step], ast.expr | None] | None:
    """Returns the statements that run, up to the return, and what this returns, where a call gives `given`.

    None where these arguments do not decide a condition, and one expression does not stand for both sides. `given`
    has no name that a statement binds, and no argument that the caller spells with a local.
    """
    found: list[Step] = []
    for statement in statements:
        match statement:
            case ast.Return(value=ast.expr() as value):
                return found, _side(value, given, names)
            case ast.If(test=test):
                answer = _answer(test, given, names)
                if answer is None and (chosen := _chosen(statement)) is not None:
                    found.append(chosen)
                    continue
                side = statement.body if answer else statement.orelse
                inner = decided(side, given, names) if answer is not None else None
                if inner is None:
                    return None
                found += inner[0]
                if inner[1] is not None:
                    return found, inner[1]
            case ast.Assign(targets=targets, value=value):
                one = ast.Assign(targets, _side(value, given, names))
                found.append(ast.copy_location(one, statement))
            case ast.AugAssign():
                found.append(statement)
    return found, None


def _chosen(statement: ast.If) -> ast.Assign | None:
    """`if tall: x = f(x)` as `x = f(x) if tall else x`; such expressions have no place in the file."""
    match statement:
        case ast.If(body=[ast.Assign(targets=[ast.Name(id=name)], value=value)], orelse=[]):
            sides: tuple[ast.expr, ast.expr] = value, ast.Name(name, ast.Load())
        case ast.If(
            body=[ast.Assign(targets=[ast.Name(id=name)], value=value)],
            orelse=[ast.Assign(targets=[ast.Name(id=other)], value=otherwise)],
        ) if name == other:
            sides = value, otherwise
        case _:
            return None
    if any(isinstance(node, ast.IfExp | ast.Lambda) for node in (statement.test, *sides)):
        return None
    return ast.Assign([ast.Name(name, ast.Store())], ast.IfExp(statement.test, *sides))


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
