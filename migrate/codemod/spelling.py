"""What the nodes of a file spell: names, also in texts, as `__all__` and `getattr` have them."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from .trees import remembered, walk


def spelled(node: ast.AST) -> Iterator[str]:
    """What may be a name of something, also in `__all__` and `getattr`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield from (name.rpartition(".")[2], other or "")


@remembered
def by_spelling(tree: ast.Module) -> Mapping[str, Sequence[ast.AST]]:
    """Returns the nodes of a file by what they spell, those of each name in the order of `walk`."""
    found: dict[str, list[ast.AST]] = {}
    for node in walk(tree):
        for name in {*spelled(node)}:
            found.setdefault(name, []).append(node)
    return found


def spelling(tree: ast.Module, names: Collection[str]) -> list[ast.AST]:
    """Returns the nodes of a file that spell one of the names, in the order of `walk`."""
    known = by_spelling(tree)
    found = [known[name] for name in known.keys() & names]
    if len(found) < 2:
        return [*found[0]] if found else []
    places = _places(tree)
    return sorted({node for nodes in found for node in nodes}, key=places.__getitem__)


@remembered
def _places(tree: ast.Module) -> Mapping[ast.AST, int]:
    return {node: place for place, node in enumerate(walk(tree))}


@remembered
def used(tree: ast.Module) -> frozenset[str]:
    """Returns what a file spells, but for what it takes or exports by that name."""
    alone = {a for a in walk(tree) if isinstance(a, ast.alias) and a.asname in (None, a.name)}
    apart = alone | {n for s in tree.body if _exports(s) for n in walk(s)}
    return frozenset(name for name, nodes in by_spelling(tree).items() if not apart.issuperset(nodes))


def _exports(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
