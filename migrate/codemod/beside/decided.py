"""What the decisions of a run mean for the new files."""

import ast

from ..decisions import Decisions
from ..model import Refused
from ..project import Project
from ..trees import walk
from .moves import Moves, plan_moves
from .reach import Reach


def moves_of(project: Project, decisions: Decisions) -> Moves:
    """Returns what goes into new files; nothing where the files themselves are rewritten."""
    if decisions.reach is None:
        return Moves({}, frozenset())
    return plan_moves(decisions.reach, *_ends(project, decisions, decisions.reach))


def unneeded(project: Project, decisions: Decisions) -> set[ast.AST]:
    """Returns all that stands in statements which no migrated class needs: it goes on with the Linen classes."""
    reach = decisions.reach
    if reach is None:
        return set()
    kept = reach.of(*_ends(project, decisions, reach))
    return {node for statement in reach.module_of if statement not in kept for node in walk(statement)}


def refuse_unmovable(project: Project, decisions: Decisions) -> None:
    """A class stays Linen that needs what a function binds anew: the new file would have imported it as it was.

    So does one that needs what stands in a file whose rewrite failed.
    """
    reach = decisions.reach
    if reach is None or not (reach.rebound or decisions.broken):
        return
    roots, closed = _ends(project, decisions, reach)
    moved = plan_moves(reach, roots, closed).every
    for plan in decisions.plans.values():
        needed = moved & reach.of(reach.around([plan.cls.node]), closed)
        names = {name for s in needed for name in reach.mentions(s)} & reach.rebound
        if names:
            name = min(names).rpartition(".")[2]
            reason = f"`{name}` is bound anew by a function, and a new file would go on with what it was"
            decisions.refuse(plan.cls, Refused("MN301", plan.cls.node, reason))
        paths = {project.sources[reach.module_of[s]].path for s in needed} & decisions.broken
        if paths:
            reason = f"it needs what stands in {min(paths)}, which cannot be rewritten"
            decisions.refuse(plan.cls, Refused("MN906", plan.cls.node, reason))


def _ends(project: Project, decisions: Decisions, reach: Reach) -> tuple[set[ast.stmt], set[ast.stmt]]:
    """Returns the statements of what is migrated, and those of the classes that stay Linen."""
    nodes = [p.cls.node for p in decisions.plans.values()]
    roots = reach.around([*nodes, *(h.method.node for h in decisions.helpers)])
    return roots, reach.around([project.classes[name].node for name in decisions.refused]) - roots
