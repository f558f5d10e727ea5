"""What operators between sizes, arrays and tuples give."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..bindings import is_number
from . import broadcasting
from .chosen import is_none, straight
from .comparisons import unequal
from .mixed import filled_in_turn
from .modules import goes_on
from .ones import with_ones
from .outputs import as_tuple
from .ranks import any_of, longer, of_rank, ranks_of
from .terms import OPERATORS, Kind, Term, const, is_given, op
from .truths import truth
from .values import SOMEWHERE, Array, Items, Leading, Made, Opaque, Shape, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_TRUTH = ("__bool__", "__len__")
_FEW = 16  # items that are spelled
_OF_IMAGE = 3  # axes


def binary(scope: "Evaluator", node: ast.BinOp) -> Value:
    left, right = (_spelled_out(as_tuple(scope.value(side))) for side in (node.left, node.right))
    if isinstance(left, Items) and right is None and (filled := with_ones(scope, node, left)) is not None:
        return filled
    if isinstance(left, Array) or isinstance(right, Array):
        if isinstance(node.op, ast.MatMult):
            return broadcasting.matmul(left, right, scope.assume)
        wide = [v for n, v in ((node.left, left), (node.right, right)) if _has_axes(scope, n, v)]
        if isinstance(left, Array) and isinstance(right, Array) and len(wide) == 1:
            return wide[0]
        if isinstance(left, Array) and isinstance(right, Array):
            left, right = _beside(scope, left, right), _beside(scope, right, left)
        return broadcasting.elementwise(left, right)
    if isinstance(left, Items) and isinstance(right, Term) and isinstance(node.op, ast.Mult):
        return _repeated(left, right.number)
    if isinstance(left, Term) and isinstance(right, Term) and type(node.op) in OPERATORS:
        return op(OPERATORS[type(node.op)], left, right)
    if isinstance(left, Term | Opaque) and isinstance(right, Term | Opaque):
        return Opaque()
    if isinstance(node.op, ast.Add) and (listed := filled_in_turn(left, right)) is not None:
        return listed
    if isinstance(node.op, ast.Add) and isinstance(left, Leading):
        return _put_together(left, right)
    if isinstance(node.op, ast.Add) and isinstance(left, Items) and not isinstance(right, Items):
        behind = in_front(left.items, right) if isinstance(right, Shape) else None
        return behind or _put_together(left, right)
    if isinstance(node.op, ast.Add) and isinstance(right, Items):
        if isinstance(left, Items):
            return Items((*left.items, *right.items))
        if isinstance(left, Shape):
            return Shape(left.array.ending(*(v if isinstance(v, Term) else None for v in right.items)))
        if isinstance(left, Term) and left.kind is Kind.FIELD:  # a tuple of any length
            return Shape(Array(SOMEWHERE).ending(*(v if isinstance(v, Term) else None for v in right.items)))
    return None


def _beside(scope: "Evaluator", array: Array, other: Array) -> Array:
    """`x - mean`, where `mean` has the axes (1, 1, 1, n): images are no vectors, whether there is a batch or not."""
    count = len(other.tail) - 1
    ones = other.root is None and count >= _OF_IMAGE and {*other.tail[:count]} == {const(1)}
    return array.spelled(count) if array.untouched and ones and scope.assume(array, count) else array


def _has_axes(scope: "Evaluator", node: ast.expr, value: Value) -> bool:
    """Tells whether an operand is an array, and no argument that is declared as a number."""
    if not isinstance(value, Array) or not value.untouched or not isinstance(node, ast.Name):
        return isinstance(value, Array)
    return value.argument != (scope.method.node.name, node.id) or not is_number(scope.method, node.id)


def _spelled_out(value: Value) -> Value:
    """Of a shape whose axes are counted, its sizes."""
    if isinstance(value, Shape) and value.array.axes is not None:
        whole = value.array.whole().tail
        return Items(whole) if len(whole) == value.array.axes else value
    return value


def in_front(sizes: Sequence[Value], shape: Shape) -> Shape | None:
    """`(n, *x.shape)`, of an array of which nobody says how many axes it has: its last one stays the last."""
    ranks = longer(ranks_of(shape.array), len(sizes))
    array = of_rank(ranks, shape.array.at(-1)) or (any_of(ranks) if ranks else None)
    return Shape(array) if array is not None else None


def _put_together(left: Items | Leading, right: Value) -> Leading | None:
    """Two tuples, one of which has an unknown number of items; what is added may be unknown altogether."""
    more = right.items if isinstance(left, Items) and isinstance(right, Leading) else ()
    last = right.items if isinstance(right, Items) else right.last if isinstance(right, Leading) else ()
    items = (*left.items, *more)
    return Leading(items, last) if items or last else None


def unary(scope: "Evaluator", node: ast.UnaryOp) -> Value:
    value = asked(scope, node.operand) if isinstance(node.op, ast.Not) else scope.value(node.operand)
    if isinstance(value, Term):
        if isinstance(node.op, ast.USub):
            number = value.number
            return const(-number) if number is not None else Term(Kind.NOT, "-", (value,))
        return Term(Kind.NOT, "not", (value,)) if isinstance(node.op, ast.Not) else None
    return value if isinstance(value, Array | Opaque) else None


def compare(scope: "Evaluator", node: ast.Compare) -> Value:
    values = [scope.value(node.left), *(scope.value(c) for c in node.comparators)]
    left, right = values[0], values[-1]
    if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(right, Items):
        listed = tuple(item for item in right.items if isinstance(item, Term) and item.kind is Kind.CONST)
        right = Term(Kind.TUPLE, None, listed) if len(listed) == len(right.items) else right
    if len(values) == 2 and isinstance(left, Shape) and isinstance(right, Shape):
        return _of_shapes(scope, node.ops[0], left, right)
    if len(values) == 2 and isinstance(left, Term) and isinstance(right, Term):
        return Term(Kind.OP, OPERATORS[type(node.ops[0])], (left, right))
    if len(values) == 2 and right == const(None) and isinstance(node.ops[0], ast.Is | ast.IsNot):
        test = is_none(left) or _is_missing(scope, left)
        if isinstance(left, Made) and (there := scope.there.get(left.call)) is not None:
            test = Term(Kind.NOT, "not", (there,))
        if test is not None:
            return test if isinstance(node.ops[0], ast.Is) else straight(Term(Kind.NOT, "not", (test,)))
    shaped = [v for v in values if isinstance(v, Array)]
    return broadcasting.elementwise(left, right) if shaped and len(values) == 2 else None


def _is_missing(scope: "Evaluator", value: Value) -> Term | None:
    """When an argument is None that some models are never given."""
    root = value.argument if isinstance(value, Array) and not value.cut and not value.tail else None
    method = scope.methods.get(root[0]) if root is not None else None
    if root is None or method is None or root[1] not in method.optional:
        return None
    return Term(Kind.NOT, "not", (is_given(*root),))


def _of_shapes(scope: "Evaluator", sign: ast.cmpop, left: Shape, right: Shape) -> Value:
    test = unequal(left, right, scope.assume) if isinstance(sign, ast.Eq | ast.NotEq) else None
    return Term(Kind.NOT, "not", (test,)) if test is not None and isinstance(sign, ast.Eq) else test


def asked(scope: "Evaluator", node: ast.expr) -> Value:
    """What a condition comes to: `if self.proj` asks of a module in the place of None whether it is there."""
    value = scope.value(node)
    if not isinstance(value, Made):
        return value
    made = scope.made.get(value.call)
    own = made is not None and _tells_itself(scope, made.construction.target)
    return None if own else scope.there.get(value.call)


def _tells_itself(scope: "Evaluator", name: str) -> bool:
    """Tells whether a class says whether its modules are true, or one of its bases does."""
    found = scope.lookup(name) if name else None
    if found is None or not isinstance(found.node, ast.ClassDef):
        return False
    own = any(isinstance(s, ast.FunctionDef) and s.name in _TRUTH for s in found.node.body)
    return own or any(_tells_itself(scope, found.names.resolve(base) or "") for base in found.node.bases)


def boolean(scope: "Evaluator", node: ast.BoolOp) -> Value:
    """Of two that are one, `self.a is not None and self.b is not None` of what one condition makes, one says it."""
    values = [scope.value(v) for v in node.values]
    if any(isinstance(v, Items) for v in values):
        return _first(values, isinstance(node.op, ast.Or))
    terms = tuple(dict.fromkeys(v for v in values if isinstance(v, Term)))
    if not all(isinstance(v, Term) for v in values):
        return None
    return terms[0] if len(terms) == 1 else Term(Kind.OP, OPERATORS[type(node.op)], terms)


def _first(values: Sequence[Value], stops: bool) -> Value:
    """`strides or (1, 1)`: the first one that says how it ends, if all before it are known."""
    for value in values[:-1]:
        holds = bool(value.items) if isinstance(value, Items) else truth(value)
        if holds is None or (isinstance(value, Items) and goes_on(value)):
            return None
        if holds == stops:
            return value
    return values[-1]


def _repeated(value: Items, count: int | None) -> Items | None:
    """`(1,) * len(window)`, of so many as are known."""
    known = count is not None and not goes_on(value) and len(value.items) * count <= _FEW
    return Items(value.items * count) if known and count is not None else None
