"""Modes that a construction says by what the caller is called with, and that the call takes as well."""

import ast
from collections.abc import Sequence

from .factories.merged import merged_fields
from .factories.resolve import depends
from .model import Method
from .project import Project


def moved_to_call(
    call: ast.Call, method: Method, target: str, order: Sequence[str], project: Project
) -> frozenset[str]:
    """Returns the arguments of a construction that its call takes as well, and that depend on the caller's call.

    `Block(train=train)(x)` is `Block()(x, train=train)`: exactly one of the two places has to say it. Of arguments
    by position, whose fields are in `order`, the last one can go.
    """
    cls = project.classes.get(target)
    if cls is None or not _is_called_at_once_or_named(call, method):
        return frozenset()
    last = zip(order[len(call.args) - 1 :], call.args[-1:], strict=False)
    given = [*((k.arg, k.value) for k in call.keywords if k.arg is not None), *last]
    asked = {name for name, value in given if depends(method, value)}
    return frozenset(asked & merged_fields(cls, project)) if asked else frozenset()


def _is_called_at_once_or_named(call: ast.Call, method: Method) -> bool:
    above = method.parents[call]
    if isinstance(above, ast.Call):
        return above.func is call
    return isinstance(above, ast.Assign) and all(isinstance(t, ast.Name) for t in above.targets)
