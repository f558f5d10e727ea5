"""What one refusal means for other classes: bases, subclasses, and what builds a class."""

from .decisions import Decisions
from .model import LinenClass, Refused
from .project import Project


def spread_bases(project: Project, decisions: Decisions) -> None:
    """A base of a class that stays Linen stays Linen, and so does what inherits from one that stays."""
    changed = True
    while changed:
        changed = False
        for cls in project.classes.values():
            for base in project.bases(cls):
                if decisions.reach is None:  # the Linen base stays in any case beside the NNX one
                    message = f"`{cls.short}` inherits from it and stays Linen"
                    changed |= _together(cls, base, decisions, message, base)
                changed |= _together(base, cls, decisions, f"its base `{base.short}` stays Linen", cls)
        changed |= _spread_children(decisions)
    for name in decisions.refused:
        decisions.plans.pop(name, None)


def _spread_children(decisions: Decisions) -> bool:
    """An NNX class cannot build a Linen one."""
    changed = False
    for plan in decisions.plans.values():
        for submodule in plan.submodules:
            target = submodule.construction.target
            if target in decisions.refused and plan.cls.name not in decisions.refused:
                reason = f"it builds `{submodule.construction.kind}`, which stays Linen"
                decisions.refuse(plan.cls, Refused("MN110", submodule.construction.call, reason))
                changed = True
    return changed


def _together(
    one: LinenClass, other: LinenClass, decisions: Decisions, message: str, subject: LinenClass
) -> bool:
    if one.name not in decisions.refused or other.name in decisions.refused:
        return False
    decisions.refuse(subject, Refused("MN104", subject.node, message))
    return True
