"""Helper functions that declare variables for the modules they are given."""

import ast

from .decisions import Decisions
from .model import Refused
from .plan.helpers import Helper, Helpers
from .plan.records import ClassPlan
from .project import Project
from .trees import walk


def split_helpers(project: Project, decisions: Decisions, helpers: Helpers) -> bool:
    """A helper is split when every use of it is one of a migrated class; else those classes stay. True if one does."""
    users: dict[str, list[ClassPlan]] = {}
    for plan in decisions.plans.values():
        for call in plan.calls:
            users.setdefault(call.helper, []).append(plan)
    for name, plans in users.items():
        if decisions.reach is None and len(plans) != _mentions(project, name):
            for plan in {p.cls.name: p for p in plans}.values():
                reason = f"`{name.rpartition('.')[2]}` creates variables for it and is used elsewhere too"
                decisions.refuse(plan.cls, Refused("MN107", plan.cls.node, reason))
            return True
    decisions.helpers = [h for name in sorted(users) if isinstance(h := helpers[name], Helper)]
    return False


def _mentions(project: Project, name: str) -> int:
    count, short = 0, name.rpartition(".")[2]
    for module, source in project.sources.items():
        names = project.names[module]
        for node in walk(source.tree) if short in source.text else ():
            if (
                isinstance(node, ast.Name | ast.Attribute)
                and project.canonical(names.resolve(node) or "") == name
            ):
                count += 1
    return count
