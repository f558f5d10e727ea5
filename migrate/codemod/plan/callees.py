"""What a call of a submodule runs, and what that is called with."""

import ast
from collections.abc import Iterator

from ..model import Method
from .records import ClassPlan


def parameters(method: Method) -> Iterator[tuple[str, ast.expr | None]]:
    """Yields the parameters behind `self` that have a place, with their defaults."""
    arguments = method.node.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    defaults = [None] * (len(names) - len(arguments.defaults)) + arguments.defaults
    yield from list(zip(names, defaults, strict=True))[1:]
    yield from ((a.arg, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))


def call_of(child: ClassPlan | None) -> Method | None:
    """Returns the method that a call of a child runs."""
    owners = (child, *child.bases) if child is not None else ()
    return next((o.cls.methods["__call__"] for o in owners if "__call__" in o.cls.methods), None)
