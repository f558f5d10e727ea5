"""Which of these functions change: those all of whose uses are calls in classes that are migrated."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..decisions import Decisions
from ..model import LinenClass, Refused
from ..plan.records import ClassPlan, Submodule
from ..project import Project
from ..spelling import spelling
from ..trees import walk
from .records import Heir, Maker


@dataclass(frozen=True, eq=False)
class Changed:
    """A function that makes NNX modules from now on; `sizes` are its new arguments, with what annotates them."""

    maker: Maker | Heir
    sizes: Mapping[str, str]


def changed(project: Project, decisions: Decisions) -> list[Changed]:
    """Returns the functions that change with the classes that are planned, and classes above a layer."""
    found = []
    every = _users(decisions)
    for name in {**every, **dict.fromkeys(decisions.waiting)}:
        users = every.get(name, [])
        maker = _maker(name, project)
        if _reason(maker, users, project, decisions) is None:
            found.append(Changed(maker, _sizes(maker, decisions)))
    return sorted(found, key=lambda each: each.maker.name)


def _maker(name: str, project: Project) -> Maker | Heir:
    heirs = project.factories.heirs
    return heirs[name] if name in heirs else project.factories.makers[name]


def settle_makers(project: Project, decisions: Decisions) -> bool:
    """Has the classes stay Linen whose function cannot change. Returns whether there are any."""
    again = False
    for name, users in _users(decisions).items():
        reason = _reason(_maker(name, project), users, project, decisions)
        for plan, submodule in users if reason is not None else ():
            call = submodule.construction.call
            message = (
                f"`{ast.unparse(call.func)}` builds modules for its caller, outside of the class, {reason}"
            )
            decisions.refuse(plan.cls, Refused("MN101", call, message))
            again = True
    return again


def settle_heirs(project: Project, decisions: Decisions) -> list[LinenClass]:
    """Has the classes above a layer that change with their users migrate; returns the others, which stay Linen."""
    for name in decisions.waiting:
        del decisions.refused[name]
    there = {each.maker.name for each in decisions.makers}
    return [project.classes[name] for name in sorted(decisions.waiting - there)]


def _users(decisions: Decisions) -> dict[str, list[tuple[ClassPlan, Submodule]]]:
    found: dict[str, list[tuple[ClassPlan, Submodule]]] = {}
    for plan in decisions.plans.values():
        for submodule in plan.submodules:
            factory = submodule.construction.factory
            if name := factory.function or factory.heir:
                found.setdefault(name, []).append((plan, submodule))
    return found


def _reason(
    maker: Maker | Heir, users: Sequence[tuple[ClassPlan, Submodule]], project: Project, decisions: Decisions
) -> str | None:
    """Why a function cannot change."""
    if decisions.reach is not None:
        return "and has no twin in a file of its own"
    if maker.source.path in decisions.broken:
        return "in a file that stays"
    if isinstance(maker, Heir) and maker.name not in decisions.waiting:
        return "which stays Linen"
    calls = {submodule.construction.call.func for _, submodule in users}
    if any(node not in calls for node in _mentions(project, maker.name)):
        return "and is used elsewhere too"
    child = decisions.plans.get(maker.made.target)
    if child is not None and child.asked:
        return "which would have to hand on what a call decides"
    spelled = {n.id for n in walk(maker.node) if isinstance(n, ast.Name)} | {*maker.parameters}
    clash = sorted(spelled & {"rngs", *_sizes(maker, decisions)})
    return f"and has a `{clash[0]}` of its own" if clash else None


def _sizes(maker: Maker | Heir, decisions: Decisions) -> dict[str, str]:
    if maker.made.layer is not None:
        return dict.fromkeys(maker.made.layer.sizes, "int")
    plan = decisions.plans.get(maker.made.target)
    return {p.name: p.annotation for p in plan.every_parameter} if plan is not None else {}


def _mentions(project: Project, name: str) -> list[ast.AST]:
    found: list[ast.AST] = []
    spelled = _spelled(project, name.rpartition(".")[2])
    for module, source in project.sources.items():
        names = project.names[module]
        for node in spelling(source.tree, spelled):
            if isinstance(node, ast.Name | ast.Attribute):
                full = project.canonical(names.resolve(node) or "")
                if full == name:
                    found.append(node)
    return found


def _spelled(project: Project, last: str) -> set[str]:
    """What any file may call the things whose names end in `last`: what one imports as another name, others take."""
    found, new = set[str](), {last}
    while new:
        found |= new
        new = {
            n for names in project.names.values() for each in new for n in names.known_as.get(each, ())
        } - found
    return found
