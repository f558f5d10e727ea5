"""The sizes that Linen took from the input, written as an NNX caller writes them."""

import ast
import math
import operator
from collections.abc import Callable

from ..names import Names

# Position of the shape in the functions that make an array of a given shape.
_SHAPED = {
    "ones": 0, "zeros": 0, "empty": 0, "full": 0, "ShapeDtypeStruct": 0,
    "normal": 1, "uniform": 1, "truncated_normal": 3,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq,
}  # fmt: skip
_MODULES = ("jax", "jax.numpy", "numpy", "jax.random")


def size(template: str, argument: ast.expr, text: str, names: Names) -> str | None:
    """Returns `template` with `argument`, spelled `text`, put in for `{}`; None if that is not plain."""
    if is_chain(argument) or (isinstance(argument, ast.Constant) and "{}." not in template):
        return template.replace("{}", text)
    if isinstance(argument, ast.Tuple) and "{}." not in template:
        return ast.unparse(_Fold().visit(ast.parse(template.replace("{}", text), mode="eval")))
    model = _model(argument, names)
    if model is not None:
        return size(template, model, ast.unparse(model), names)
    shape = _shape(argument, names)
    if shape is None:
        return None
    if _is_open(shape.elts) and ("{}.ndim" in template or template.endswith(".size")):
        return None
    if template.endswith(".size"):
        return _product(shape.elts[template.count("[0]") :])
    elements = ast.unparse(shape)
    filled = template.replace("{}.shape", elements).replace("{}.ndim", str(len(shape.elts)))
    return None if "{}" in filled else ast.unparse(_Fold().visit(ast.parse(filled, mode="eval")))


def _model(node: ast.expr, names: Names) -> ast.expr | None:
    """The array that `jnp.zeros_like(x)` takes its shape from."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or any(k.arg != "dtype" for k in node.keywords):
        return None
    module, _, function = (names.resolve(node.func) or "").rpartition(".")
    like = module in _MODULES and function in ("ones_like", "zeros_like", "empty_like")
    return node.args[0] if like and is_chain(node.args[0]) else None


def is_made(node: ast.expr, names: Names) -> bool:
    """Tells whether an array is made on the spot, of a shape that is spelled there or of another array's."""
    return _shape(node, names) is not None or _model(node, names) is not None


def _is_open(elements: list[ast.expr]) -> bool:
    """Tells whether it is not known how many sizes there are."""
    return any(isinstance(e, ast.Starred) for e in elements)


def _product(sizes: list[ast.expr]) -> str:
    numbers = [s.value if isinstance(s, ast.Constant) and isinstance(s.value, int) else None for s in sizes]
    known = [n for n in numbers if n is not None]
    others = [ast.unparse(s) for s, n in zip(sizes, numbers, strict=True) if n is None]
    first = [str(math.prod(known))] if math.prod(known) != 1 or not others else []
    return " * ".join([*first, *others])


def rank(argument: ast.expr, names: Names) -> int | None:
    """Returns how many axes an array that is made on the spot has."""
    shape = _shape(argument, names)
    return len(shape.elts) if shape is not None and not _is_open(shape.elts) else None


def dims(argument: ast.expr | None, names: Names) -> tuple[int | None, ...] | None:
    """Returns the sizes of an array that is made on the spot; None for one that is not spelled out."""
    shape = _shape(argument, names) if argument is not None else None
    if shape is None or _is_open(shape.elts):
        return None
    values = (e.value if isinstance(e, ast.Constant) else None for e in shape.elts)
    return tuple(v if type(v) is int else None for v in values)


def is_chain(node: ast.expr) -> bool:
    """Tells whether an expression is a name, an attribute or an element: cheap, and the same each time."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and not _is_plain_index(node.slice):
            return False
        node = node.value
    return isinstance(node, ast.Name)


def _is_plain_index(node: ast.expr) -> bool:
    plain = (ast.Constant, ast.Name, ast.Slice, ast.Tuple, ast.UnaryOp, ast.USub, ast.expr_context)
    return all(isinstance(child, plain) for child in ast.walk(node))


def _shape(node: ast.expr, names: Names) -> ast.Tuple | None:
    """Returns the shape of an array that is made on the spot."""
    if not isinstance(node, ast.Call):
        return None
    module, _, function = (names.resolve(node.func) or "").rpartition(".")
    position = _SHAPED.get(function)
    if module not in _MODULES or position is None:
        return None
    by_name = [keyword.value for keyword in node.keywords if keyword.arg == "shape"]
    given = by_name or node.args[position : position + 1]
    if not given or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    elements = _elements(given[0])
    return ast.Tuple(elements, ast.Load()) if elements is not None else None


def _elements(shape: ast.expr) -> list[ast.expr] | None:
    """Returns what a shape is made of; one that has a name is unpacked."""
    match shape:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            inner = (e.value if isinstance(e, ast.Starred) else e for e in elements)
            return list(elements) if all(isinstance(e, ast.Constant) or is_chain(e) for e in inner) else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_elements(side) for side in (left, right)]
            return [e for part in parts for e in part or []] if None not in parts else None
        case ast.Constant(value=int()):
            return [shape]
        case ast.Name(id=name) | ast.Attribute(attr=name) if is_chain(shape) and "shape" in name.lower():
            return [ast.Starred(shape, ast.Load())]
    return None


class _Fold(ast.NodeTransformer):
    """Picks the element out of `(4, 8)[-1]`, and the side that `1 if 2 < 3 else 8` comes to."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self.visit(node.test)
        holds = _holds(node.test)
        return self.generic_visit(node) if holds is None else self.visit(node.body if holds else node.orelse)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.value, ast.Tuple):
            return node
        if _is_open(node.value.elts):
            return _of_open(node, node.value.elts)
        try:
            index = ast.literal_eval(node.slice)
            element: ast.expr = node.value.elts[index]
            return element
        except (ValueError, TypeError, IndexError):
            return self._part(node, node.value)

    def _part(self, node: ast.Subscript, shape: ast.Tuple) -> ast.AST:
        part = node.slice
        if not isinstance(part, ast.Slice):
            return node
        try:
            bounds = [ast.literal_eval(end) if end else None for end in (part.lower, part.upper, part.step)]
        except ValueError:
            return node
        return ast.Tuple(shape.elts[slice(*bounds)], ast.Load())


def _holds(test: ast.expr) -> bool | None:
    """What a comparison of two numbers gives."""
    match test:
        case ast.Compare(
            left=ast.Constant(value=int() as left),
            ops=[sign],
            comparators=[ast.Constant(value=int() as right)],
        ) if type(sign) in _COMPARED:
            return _COMPARED[type(sign)](left, right)
    return None


def _is_end(part: ast.expr | None) -> bool:
    """Tells whether a slice is the last so many."""
    return isinstance(part, ast.Slice) and part.upper is None and isinstance(part.lower, ast.UnaryOp)


def _of_open(node: ast.Subscript, elements: list[ast.expr]) -> ast.expr:
    """`(1, *shape)[-1]` is `shape[-1]`: shorter, and an error where the shape has no such size."""
    last = elements[-1]
    try:
        index = ast.literal_eval(node.slice)
    except ValueError:
        index = node.slice if isinstance(node.slice, ast.Slice) else None
    if isinstance(index, int) and not _is_open(elements[index:] if index < 0 else elements[: index + 1]):
        return elements[index]
    behind = index < 0 if isinstance(index, int) else _is_end(index)
    if behind and isinstance(last, ast.Starred):
        return ast.Subscript(last.value, node.slice, ast.Load())
    return node
