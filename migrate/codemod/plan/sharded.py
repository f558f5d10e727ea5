"""Variables that name the mesh axes they are sharded along: boxes in Linen, metadata of the variable in NNX."""

import ast
from collections.abc import Iterator

from ..constructions import Construction
from ..names import Names
from .records import ClassPlan

PARTITIONED = ("with_partitioning", "with_logical_partitioning")


def partitions(node: ast.AST | None, names: Names) -> bool:
    """Tells whether an expression wraps an initializer, and says no more than the names of axes."""
    plain = isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords
    return plain and isinstance(node, ast.Call) and names.linen(node.func) in PARTITIONED


def of_layer(construction: Construction, names: Names) -> Iterator[ast.Call]:
    """Yields the wrapped initializers that a catalog layer is given where it is constructed."""
    for name, node in construction.given.items() if construction.layer is not None else ():
        if name.endswith("_init") and isinstance(node, ast.Call) and partitions(node, names):
            yield node


def partitioned(plan: ClassPlan) -> bool:
    """Tells whether the variables of a class, or of one below it, name the axes that they are sharded along.

    Without such names the metadata of a transform says nothing.
    """
    plans = (plan, *plan.bases)
    inits = ((v.creation.init, p.cls.names) for p in plans for v in p.variables)
    own = any((names.linen(getattr(init, "func", None)) or "") in PARTITIONED for init, names in inits)
    below = ((s, p.cls.names) for p in plans for s in p.submodules)
    return own or any(
        any(of_layer(s.construction, names)) or (s.child is not None and partitioned(s.child))
        for s, names in below
    )
