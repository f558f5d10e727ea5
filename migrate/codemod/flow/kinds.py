"""Whether an element of a list is the layer that a loop asks for: each round has one answer."""

import ast
from typing import TYPE_CHECKING

from ..kinds import ASKED, asks_kind, kind_of
from .values import Keeping, Made

if TYPE_CHECKING:
    from .evaluate import Evaluator


def is_of_kind(scope: "Evaluator", test: ast.expr) -> bool | None:
    """Returns what a test for the kind of a submodule or function gives, where its name holds one."""
    asked = asks_kind(test, scope.cls)
    held = scope.env.get(asked.name) if asked is not None else None
    if asked is None or not isinstance(held, Made | Keeping):
        return None
    made = scope.made.get(held.call) if isinstance(held, Made) else None
    if isinstance(held, Made) and made is None:
        return None
    linen = scope.cls.names.linen(asked.kind)
    if linen in ASKED:
        layer = made.construction.layer if made is not None else None
        return (layer is not None and layer.linen == linen) == asked.holds
    own = kind_of(made.construction.call.func, scope.cls.names) if made is not None else ""
    return (own == kind_of(asked.kind, scope.cls.names)) == asked.holds if own else None
