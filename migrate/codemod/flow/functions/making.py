"""Functions that are given the shape of their result."""

import ast
from collections.abc import Callable, Collection

from .. import arrays
from ..terms import Term, const
from ..values import Array, Value
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
    """`arange(n)`; with more arguments the length is not followed."""
    alone = len(given.values) == 1 and not {"stop", "start", "step"} & given.keywords.keys()
    return Array(None, 0, (given.term(0, "start") if alone else None,), 1)


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
    """`array([[f(i, j) for j in range(m)] for i in range(n)])` has n rows of m numbers."""
    match given.node.args[:1]:
        case [ast.ListComp(elt=ast.ListComp(elt=each, generators=[inner]), generators=[outer])]:
            targets = {n.id for g in (inner, outer) for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            rows, columns = _counted(given, outer, targets), _counted(given, inner, targets)
            known = {n.id for g in (inner, outer) for n in ast.walk(g) if isinstance(n, ast.Name)}
            if rows and columns and given.plain and _is_number(given, each, known):
                return Array(None, 0, (rows, columns), 2)
            return None
    return elementwise.same(given)


def _counted(given: Arguments, loop: ast.comprehension, targets: Collection[str]) -> Term | None:
    """How many rounds `for i in range(n)` has, where n is a number, or a name that stands for one of all rounds."""
    match loop:
        case ast.comprehension(
            target=ast.Name(),
            iter=ast.Call(
                func=ast.Name(id="range"), args=[ast.Name() | ast.Constant() as count], keywords=[]
            ),
            ifs=[],
        ) if not (isinstance(count, ast.Name) and count.id in targets):
            value = given.evaluator.value(count)
            return value if isinstance(value, Term) else None
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
