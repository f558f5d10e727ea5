"""The sizes that Linen took from the input, written as an NNX caller writes them."""

import ast
import math

from ..names import Names

# Position of the shape in the functions that make an array of a given shape.
_SHAPED = {
    "ones": 0, "zeros": 0, "empty": 0, "full": 0, "ShapeDtypeStruct": 0,
    "normal": 1, "uniform": 1, "truncated_normal": 3,
}  # fmt: skip
_MODULES = ("jax", "jax.numpy", "numpy", "jax.random")


def size(template: str, argument: ast.expr, text: str, names: Names) -> str | None:
    """Returns `template` with `argument`, spelled `text`, put in for `{}`; None if that is not plain."""
    if is_chain(argument) or (isinstance(argument, ast.Constant) and "{}." not in template):
        return template.replace("{}", text)
    shape = _shape(argument, names)
    if shape is None:
        return None
    if template.endswith(".size"):
        return _product(shape.elts[template.count("[0]") :])
    elements = ast.unparse(shape)
    filled = template.replace("{}.shape", elements).replace("{}.ndim", str(len(shape.elts)))
    return None if "{}" in filled else ast.unparse(_Fold().visit(ast.parse(filled, mode="eval")))


def _product(sizes: list[ast.expr]) -> str | None:
    numbers = [s.value if isinstance(s, ast.Constant) and isinstance(s.value, int) else None for s in sizes]
    known = [n for n in numbers if n is not None]
    others = [ast.unparse(s) for s, n in zip(sizes, numbers, strict=True) if n is None]
    first = [str(math.prod(known))] if math.prod(known) != 1 or not others else []
    return " * ".join([*first, *others])


def rank(argument: ast.expr, names: Names) -> int | None:
    """Returns how many axes an array that is made on the spot has."""
    shape = _shape(argument, names)
    return len(shape.elts) if shape is not None else None


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
    elements = given[0].elts if isinstance(given[0], ast.Tuple | ast.List) else [given[0]]
    if isinstance(given[0], ast.Tuple | ast.List):
        plain = all(isinstance(element, ast.Constant) or is_chain(element) for element in elements)
    else:
        plain = isinstance(given[0], ast.Constant) and isinstance(given[0].value, int)
    return ast.Tuple(list(elements), ast.Load()) if plain else None


class _Fold(ast.NodeTransformer):
    """Picks the element out of `(4, 8)[-1]`."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.value, ast.Tuple):
            return node
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
