"""The tuples by which copies of Flax's BatchNorm reduce an array: of its axes, and of their sizes."""

import ast
from collections.abc import Collection

LEFT, RESHAPED, GONE = "left", "reshaped", "gone"
"""The sizes along some axes, those with 1 in the places of all others, and the other axes."""


def tuple_of(node: ast.expr, arrays: Collection[str]) -> tuple[str, str]:
    """Returns which of the three it is, of one of the arrays, and the name of the axes; nothing for another tuple."""
    match node:
        case ast.Call(
            func=ast.Name(id="tuple"),
            args=[ast.GeneratorExp(elt=element, generators=[ast.comprehension(ifs=tests) as rounds])],
            keywords=[],
        ):
            texts = tuple(map(ast.unparse, (element, rounds.target, rounds.iter, *tests)))
            every = ((array, axes) for array in arrays for axes in _names(node))
            found = (
                (kind, axes) for array, axes in every for kind, form in _forms(array, axes) if form == texts
            )
            return next(found, ("", ""))
    return "", ""


def _forms(array: str, axes: str) -> list[tuple[str, tuple[str, ...]]]:
    """How they are spelled; what is taken of an array has these names in all copies."""
    sizes = ("(i, d)", f"enumerate({array}.shape)")
    return [
        (LEFT, ("d", *sizes, f"i in {axes}")),
        (RESHAPED, (f"d if i in {axes} else 1", *sizes)),
        (GONE, ("i", "i", f"range({array}.ndim)", f"i not in {axes}")),
    ]


def _names(node: ast.expr) -> list[str]:
    return sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)})
