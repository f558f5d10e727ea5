"""Whether an element of a list is the layer that a loop asks for: each round has one answer."""

import ast
from typing import TYPE_CHECKING

from ..kinds import asks_kind
from .values import Keeping, Made

if TYPE_CHECKING:
    from .evaluate import Evaluator


def is_of_kind(scope: "Evaluator", test: ast.expr) -> bool | None:
    """Returns what a test for the kind of a submodule or function gives, where its name holds one."""
    asked = asks_kind(test, scope.cls.names)
    held = scope.env.get(asked.name) if asked is not None else None
    if asked is None or not isinstance(held, Made | Keeping):
        return None
    kind = scope.kind(held.call) if isinstance(held, Made) else ""
    return None if kind is None else (kind == scope.cls.names.linen(asked.kind)) == asked.holds
