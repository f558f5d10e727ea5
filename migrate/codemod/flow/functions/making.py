"""Functions that are given the shape of their result."""

import ast
from collections.abc import Callable, Collection

from .. import arrays
from ..terms import Kind, Term, const, op
from ..values import Array, Opaque, Value
from . import elementwise
from .arguments import Arguments

_OF_NUMBERS = frozenset(
    f"{module}.{name}"
    for module in ("numpy", "jax.numpy", "math")
    for name in ("power", "pow", "sqrt", "exp", "log", "sin", "cos")
)
"""Functions that give a number for numbers."""


def shaped(position: int, name: str = "shape") -> Callable[[Arguments], Value]:
    """Returns the rule of a function whose argument `position` is the shape of what it gives."""

    def rule(given: Arguments) -> Value:
        return arrays.of_shape(given.get(position, name)) if given.plain else None

    return rule


def counted(given: Arguments) -> Value:
    """`arange(n)`, `arange(a, b)` and `arange(a, b, 2)`, of integers."""
    first, last, step = given.term(0, "start"), given.term(1, "stop"), given.integer(2, "step", 1)
    if not given.has(1, "stop") or given.get(1, "stop") == const(None):
        first, last = const(0), first
    if first is None or last is None or step is None or step < 1 or not given.plain:
        return Array(None, 0, (None,), 1)
    whole = all(size.kind is not Kind.CONST or size.number is not None for size in (first, last))
    rounds = op("//", op("+", op("-", last, first), const(step - 1)), const(step))
    return Array(None, 0, (rounds if whole else None,), 1)


def spaced(given: Arguments) -> Value:
    """`linspace(a, b, n)` of two numbers."""
    ends = (given.get(0, "start"), given.get(1, "stop"))
    numbers = all(isinstance(end, Term | Opaque) for end in ends)
    again = {"endpoint", "retstep", "axis"} & given.keywords.keys() or len(given.values) > 3
    size = given.term(2, "num") if given.has(2, "num") else const(50)
    return Array(None, 0, (size,), 1) if numbers and given.plain and not again else None


def square(given: Arguments) -> Value:
    """`eye(rows, columns)`."""
    rows = given.term(0, "N")
    columns = given.term(1, "M") if given.has(1, "M") and given.get(1, "M") != const(None) else rows
    return Array(None, 0, (rows, columns), 2)


def one_hot(given: Arguments) -> Value:
    array, classes, axis = given.array(), given.term(1, "num_classes"), given.integer(9, "axis", -1)
    if array is None or axis != -1:
        return None
    return array.ending(classes)


def of_rows(given: Arguments) -> Value:
    """`array([[f(i, j) for j in range(m)] for i in range(n)])` has n rows of m numbers; one of numbers alone has n."""
    plain = given.node.args and given.plain and "ndmin" not in given.keywords
    if plain and (sizes := _written(given.node.args[0])) is not None:
        return Array(None, 0, tuple(map(const, sizes)), len(sizes))
    match given.node.args[:1]:
        case [ast.ListComp(elt=ast.ListComp(elt=each, generators=[inner]), generators=[outer])]:
            targets = {n.id for g in (inner, outer) for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            rows, columns = _counted(given, outer, targets), _counted(given, inner, targets)
            known = {n.id for g in (inner, outer) for n in ast.walk(g) if isinstance(n, ast.Name)}
            if rows and columns and given.plain and _is_number(given, each, known):
                return Array(None, 0, (rows, columns), 2)
            return None
        case [ast.ListComp(elt=each, generators=[outer])]:
            targets = {n.id for n in ast.walk(outer.target) if isinstance(n, ast.Name)}
            known = {n.id for n in ast.walk(outer) if isinstance(n, ast.Name)}
            count = _counted(given, outer, targets)
            if count and given.plain and _is_number(given, each, known):
                return Array(None, 0, (count,), 1)
    return elementwise.same(given)


def _written(node: ast.expr) -> list[int] | None:
    """The shape of numbers that are written down, in rows that are all alike: `[0.5, 1.0]` or `[[1, 0], [0, 1]]`."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) if items:
            rows = [_written(item) for item in items]
            inner = next(iter(rows))
            return None if inner is None or any(row != inner for row in rows) else [len(rows), *inner]
        case ast.Constant(value=bool() | int() | float()):
            return []
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [] if _written(operand) == [] else None
    return None


def _counted(given: Arguments, loop: ast.comprehension, targets: Collection[str]) -> Term | None:
    """How many rounds `for i in range(n)` has, where n is a number, or what stands for one of all rounds."""
    match loop:
        case ast.comprehension(
            target=ast.Name(),
            iter=ast.Call(func=ast.Name(id="range"), args=[*ends], keywords=[]),
            ifs=[],
        ) if len(ends) in (1, 2) and all(
            isinstance(e, ast.Name | ast.Constant | ast.Attribute) for e in ends
        ):
            if any(isinstance(end, ast.Name) and end.id in targets for end in ends):
                return None
            first, last = [const(0), *(given.evaluator.value(end) for end in ends)][-2:]
            return op("-", last, first) if isinstance(first, Term) and isinstance(last, Term) else None
    return None


def _is_number(given: Arguments, node: ast.expr, known: Collection[str]) -> bool:
    """Tells whether an expression of `known` numbers is one."""
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.Name(id=name):
            return name in known
        case ast.BinOp(left=left, right=right):
            return all(_is_number(given, part, known) for part in (left, right))
        case ast.UnaryOp(operand=operand):
            return _is_number(given, operand, known)
        case ast.Call(func=function, args=args, keywords=[]):
            named = given.evaluator.cls.names.resolve(function) in _OF_NUMBERS
            return named and all(_is_number(given, part, known) for part in args)
    return False
