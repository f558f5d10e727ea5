"""Attributes that a subclass computes otherwise: what the constructor of its base has made by then had the base's."""

import ast
from collections.abc import Collection, Iterator

from ..bindings import statements
from ..model import Method, MethodKind, Refused
from .derived import Setup, assigned
from .records import ClassPlan


def check_set_again(plan: ClassPlan, setup: Setup) -> None:
    """Raises Refused where `setup` assigns what a base has read before: in Linen, methods make modules after it."""
    method = setup.method
    if method is None or not plan.bases:
        return
    own = {name: s for s in statements(method.node.body) for name in assigned(method, s)}
    methods = {one.attribute for one in setup.derived}
    for base in plan.bases:
        for user, name in _reads(base, own):
            theirs = {one.attribute for one in base.derived}
            if user.kind is MethodKind.SETUP or not {name} & methods & theirs:
                reason = f"its setup sets `self.{name}` anew, of which `{base.cls.short}` makes something"
                raise Refused("MN104", own[name], reason)


def _reads(base: ClassPlan, names: Collection[str]) -> Iterator[tuple[Method, str]]:
    """Yields what the constructor of a base reads of these attributes that its setup computes, with the method."""
    made = [(s.construction.method, s.construction.call) for s in base.submodules]
    kept: list[tuple[Method, ast.AST]] = [(m, s) for m, keep in base.takeover for s in keep]
    for method, part in (*made, *kept):
        for node in ast.walk(part):
            if (
                isinstance(node, ast.Attribute)
                and method.is_this(node)
                and isinstance(node.ctx, ast.Load)
                and node.attr in names
                and node.attr in base.computed
            ):
                yield method, node.attr
