"""`raise ValueError(f"empty {self.name}")`, read with the name of the class: modules of NNX have none of their own."""

import ast

from ..factories.program import line
from ..plan.messages import in_message
from ..project import Project
from ..rewording import Rewording
from ..trees import walk


def read_own_name(project: Project) -> list[Rewording]:
    """Returns the names of modules that only the text of an error tells to people."""
    return [
        Rewording(cls, node, f"{method.this}.__class__.__name__")
        for cls, method in project.methods
        for node in walk(method.node)
        if isinstance(node, ast.Attribute) and method.is_this(node, "name") and in_message(method, node)
        if not any("name" in {*c.methods, *c.constants, *(f.name for f in c.fields)} for c in line(cls, project))
    ]  # fmt: skip
