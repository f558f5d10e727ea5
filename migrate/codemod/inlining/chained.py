"""`self.proj = self.norm = None` of setup, read as one assignment for each: the constructor may make either."""

import ast

from ..model import MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk


def read_chained(project: Project) -> list[Rewording]:
    """Returns the assignments of one literal to several attributes."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.SETUP):
            for node in walk(method.node):
                match node:
                    case ast.Assign(targets=[_, _, *_] as targets, value=ast.Constant() as value) if all(
                        method.is_this(t) for t in targets
                    ):
                        literal = cls.source.segment(value)
                        code = "; ".join(f"{cls.source.segment(t)} = {literal}" for t in targets)
                        if node.lineno == node.end_lineno:
                            found.append(instead_of(cls, node, code))
    return found
