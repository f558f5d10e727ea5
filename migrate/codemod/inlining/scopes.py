"""`self.scope.make_rng("dropout")`, read as `self.make_rng("dropout")`: nn.Module only asks its scope."""

import ast

from ..project import Project
from ..rewording import Rewording
from ..trees import walk

_ASKED = frozenset(
    {"get_variable", "has_rng", "has_variable", "is_mutable_collection", "make_rng", "put_variable"}
)
"""What nn.Module hands on to its scope as it was given."""


def read_scopes(project: Project) -> list[Rewording]:
    """Returns the scopes that are only asked for what the module itself can be asked for."""
    return [
        Rewording(cls, scope, cls.source.segment(scope.value))
        for cls, method in project.methods
        for node in walk(method.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKED
        if isinstance(scope := node.func.value, ast.Attribute) and method.is_this(scope, "scope")
    ]  # fmt: skip
