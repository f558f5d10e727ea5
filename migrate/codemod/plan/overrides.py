"""Methods that replace one of a base class which the base's constructor depends on."""

import ast

from ..model import Method, Refused
from .called_up import call_up, makes_above
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
        if other is not None and method.node.name in base.flow.told:
            reason = f"`{method.node.name}` replaces one that `{base.cls.short}` calls to tell its sizes"
            raise Refused("MN104", method.node, reason)
    maker = makes_above(plan, method.node.name)
    if maker is not None and call_up(plan.cls, method) is None:
        reason = (
            f"`{method.node.name}` replaces one of `{maker.cls.short}` that makes variables or submodules"
        )
        reason += ", and does not call that once, whatever happens"
        raise Refused("MN104", method.node, reason)
