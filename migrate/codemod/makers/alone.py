"""What a definition at the top of a file has to be for its callers to know it, and which layers it may make."""

import ast

from ..bindings import stored
from ..names import Names
from ..source import Source
from ..trees import walk

LAYERS = frozenset(
    {"Dense", "Conv", "ConvTranspose", "Embed", "LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm"}
)
"""Layers that stand alone, all of whose arguments NNX takes where Linen does."""
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def stands_alone(node: ast.FunctionDef | ast.ClassDef, source: Source, names: Names) -> bool:
    """Tells whether nothing else in the file binds its name, and `nnx` is none of the file's own."""
    taken = names.aliases.get("nnx", "flax.nnx") != "flax.nnx" or "nnx" in stored(source.tree)
    return not taken and node.name not in _bound_besides(node, source)


def _bound_besides(node: ast.stmt, source: Source) -> set[str]:
    """What other statements at the top of the file bind, blocks below them included."""
    others = [s for s in source.tree.body if s is not node]
    plain = {name for s in others if not isinstance(s, _DEFINITIONS) for name in stored(s)}
    nested = {
        n.name
        for s in others
        if isinstance(s, ast.If | ast.Try)
        for n in walk(s)
        if isinstance(n, _DEFINITIONS)
    }
    imported = {
        (a.asname or a.name).partition(".")[0] for s in others for a in walk(s) if isinstance(a, ast.alias)
    }
    shared = {name for g in walk(source.tree) if isinstance(g, ast.Global) for name in g.names}
    return plain | nested | imported | shared | {s.name for s in others if isinstance(s, _DEFINITIONS)}
