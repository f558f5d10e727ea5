"""Methods that replace one of a base class which the base's constructor depends on."""

import ast

from ..flow.run import called_methods
from ..model import Method, Refused
from .records import ClassPlan


def check_overrides(plan: ClassPlan, method: Method) -> None:
    """A method that replaces a creating method of its base, without calling it, would create less."""
    for base in plan.bases:
        lifted = {s.attribute for s in base.submodules if s.construction.lifted is not None}
        reads = (n for n in ast.walk(method.node) if isinstance(n, ast.Attribute) and method.is_this(n))
        read = next((n for n in reads if n.attr in lifted), None)
        if read is not None:
            reason = f"`self.{read.attr}` is a submodule of `{base.cls.short}` that stands behind a transform"
            raise Refused("MN104", read, reason)
        other = base.cls.methods.get(method.node.name)
        creates = any(v.creation.method is other for v in base.variables)
        called = bool(base.submodules) and method.node.name in called_methods(base.cls)
        if other is not None and (called or method.node.name in base.flow.told):
            reason = f"`{method.node.name}` replaces one that `{base.cls.short}` calls to tell its sizes"
            raise Refused("MN104", method.node, reason)
        if other is not None and any(s.construction.method is other for s in base.submodules):
            reason = f"`{method.node.name}` replaces one of `{base.cls.short}` that builds submodules"
            raise Refused("MN104", method.node, reason)
        if other is not None and creates:
            calls_up = any(_is_super(n, method.node.name) for n in ast.walk(method.node))
            if not calls_up:
                raise Refused(
                    "MN104",
                    method.node,
                    f"`{method.node.name}` replaces one of `{base.cls.short}` that creates variables",
                )


def _is_super(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "super"
    )  # fmt: skip
