"""Functions that give a layer its first values, `nn.Dense(n, kernel_init=lambda *_: k)(x)`: it calls them at once."""

import ast
from collections.abc import Iterator, Mapping

from ..names import Names
from ..trees import parents_of, walk
from .builders import is_layer

_INIT = "_init"


def _lambdas_in(node: ast.AST) -> list[ast.Lambda]:
    return [n for n in walk(node) if isinstance(n, ast.Lambda)]


def parameters_of(node: ast.AST) -> set[str]:
    """Returns the names that the lambdas in an expression bind."""
    return {n.arg for each in _lambdas_in(node) for n in walk(each.args) if isinstance(n, ast.arg)}


def are_first_values(node: ast.FunctionDef, names: Names) -> bool:
    """Tells whether all lambdas in a function are handed to layers that are called where they are made."""
    parents = parents_of(node)
    return all(_is_handed_on(each, node, parents, names) for each in _lambdas_in(node))


def _is_handed_on(
    each: ast.Lambda, node: ast.FunctionDef, parents: Mapping[ast.AST, ast.AST], names: Names
) -> bool:
    above = _beyond_choices(each, parents)
    match above:
        case ast.Assign(targets=[ast.Name(id=name)]):
            reads = [*_reads(name, node)]
            return all(_is_given(_beyond_choices(n, parents), parents, names) for n in reads)
    return _is_given(above, parents, names)


def _beyond_choices(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> ast.AST:
    above = parents[node]
    while isinstance(above, ast.IfExp) and node is not above.test:
        node, above = above, parents[above]
    return above


def _reads(name: str, node: ast.FunctionDef) -> Iterator[ast.Name]:
    yield from (
        n for n in walk(node) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    )


def _is_given(above: ast.AST, parents: Mapping[ast.AST, ast.AST], names: Names) -> bool:
    """Tells whether a keyword is that of an initializer of a layer, which the same expression calls."""
    if not isinstance(above, ast.keyword) or not (above.arg or "").endswith(_INIT):
        return False
    made = parents[above]
    called = parents.get(made)
    at_once = isinstance(called, ast.Call) and called.func is made
    return isinstance(made, ast.Call) and at_once and is_layer(made.func, names)
