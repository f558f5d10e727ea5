"""Layers of `setup` that nothing calls: one without variables is built as it is, and is as idle in NNX."""

import ast
from collections.abc import Iterator

from ..constructions import Construction
from ..factories.resolve import line
from ..model import LinenClass, MethodKind
from ..project import Project
from ..trees import walk
from .automatic import attribute_target


def is_uncalled(cls: LinenClass, construction: Construction, project: Project) -> bool:
    """Tells whether neither the class nor one that inherits from it reads a layer of setup without variables."""
    layer, target = construction.layer, attribute_target(construction)
    if layer is None or layer.variables or layer.children or target is None:
        return False
    if construction.method.kind is not MethodKind.SETUP or not _is_direct(construction):
        return False
    return not any(_reads(other, target) for other in _family(cls, project))


def _is_direct(construction: Construction) -> bool:
    return isinstance(construction.method.parents[construction.call], ast.Assign | ast.AnnAssign)


def _family(cls: LinenClass, project: Project) -> Iterator[LinenClass]:
    yield from (other for other in project.classes.values() if cls in line(other, project))


def _reads(cls: LinenClass, name: str) -> bool:
    """`self.name`, also by its text: `getattr(self, "name")`."""
    for method in cls.methods.values():
        for node in walk(method.node):
            named = isinstance(node, ast.Constant) and node.value == name
            loaded = method.is_this(node, name) and isinstance(getattr(node, "ctx", None), ast.Load)
            if named or loaded:
                return True
    return False
