"""Call sites and bridges: a use that is not understood keeps its class Linen, which changes other uses."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from ..catalog.findings import Diagnostic, Severity
from .api import Options
from .beside.decided import unneeded
from .constructors import Constructor
from .decisions import Decisions
from .factories.outside import understood, variants
from .known import Known
from .makers.used import changed
from .model import LinenClass
from .plan.as_constructor import as_constructor
from .plan.bridges import Bridge, plan_bridges
from .plan.definitions import lookup_in
from .plan.kept_names import with_descendants
from .plan.optional_arguments import may_be_left_out
from .plan.traced_sizes import seen_instances
from .project import Project
from .sites import SitePlan, SiteRefusal, plan_sites
from .sites.records import NOT_FOLLOWED
from .spread import spread_bases
from .trees import walk


def settle_sites(project: Project, decisions: Decisions, options: Options) -> None:
    """Plans the call sites; a site that is not understood keeps its class Linen, which changes other sites.

    With `calls_by_hand` such sites are listed instead, and with `size_args` those of a class that asks for a size:
    a constructor without `rngs` fails there with a TypeError.
    """
    lookup, known = lookup_in(project), Known(project)
    while True:
        partials = [*variants(project, decisions.plans.keys())]
        constructors = {
            name: replace(
                as_constructor(plan, seen_instances(project, decisions.plans, plan)),
                partials=frozenset(v.name for v in partials if v.target == name),
            )
            for name, plan in decisions.plans.items()
        }
        decisions.makers = changed(project, decisions)
        apart = {*understood(project, decisions.plans.keys()), *unneeded(project, decisions)}
        apart |= {leaf.call.func for each in decisions.makers for leaf in each.maker.leaves}
        apart |= {node for function in project.unused for node in walk(function)}
        bridges = plan_bridges(_may_bridge(project, decisions), project, decisions.plans)
        for name in bridges.named:
            decisions.linen_names |= {*with_descendants(decisions.plans[name])}
        decisions.sites = {}
        for module, source in project.sources.items():
            classes = (c for c in project.classes.values() if c.source is source)
            stays = {c.node for c in classes if c.name in decisions.refused}
            names = project.names_of(module)
            mine = [p for p in decisions.plans.values() if p.cls.source is source]
            owned = {n for p in mine for s in p.submodules for n in s.construction.spelled}
            owned |= {node for p in mine for node in p.factories} | {b.mention for b in bridges.found}
            linen = decisions.linen_models
            sites = plan_sites(
                source,
                names,
                constructors,
                stays,
                owned,
                bridges.refused,
                apart,
                project.supply,
                lookup,
                linen,
                partial(known.elsewhere, source) if decisions.reach is None else None,
            )
            edits = [b.edit for b in bridges.found if b.parent.source is source]
            decisions.sites[source.path] = replace(sites, edits=tuple(sorted({*sites.edits, *edits})))
        kept = {name for sites in decisions.sites.values() for name, *_ in sites.split}
        around = {name for sites in decisions.sites.values() for name, *_ in sites.bridged}
        if kept & around:  # variables of the one kind are no good for the other
            decisions.linen_models |= kept & around
            continue
        refusals = [
            (path, refusal)
            for path, sites in decisions.sites.items()
            for refusal in (*sites.refusals, *_shared(project, decisions, sites))
            if not (refusal in sites.refusals and _by_hand(refusal, constructors, options))
        ]
        if not refusals:
            decisions.diagnostics += _left_to_do(project, decisions)
            decisions.diagnostics += _kept(project, decisions)
            decisions.diagnostics += _offered(project, decisions)
            decisions.bridges = bridges.found
            return
        for path, refusal in refusals:
            cls = project.classes[refusal.class_name]
            decisions.refused.setdefault(cls.name, refusal.code)
            decisions.left_out |= may_be_left_out(decisions.plans[cls.name])
            message = f"{cls.short} stays Linen: {refusal.message}"
            place = (path, refusal.line, refusal.column)
            decisions.diagnostics.append(Diagnostic(*place, refusal.code, message, cls.short))
        spread_bases(project, decisions)


def _by_hand(refusal: SiteRefusal, constructors: Mapping[str, Constructor], options: Options) -> bool:
    """Tells whether a site is left to a person, rather than keep the class Linen."""
    asks = any(not a.template for a in constructors[refusal.class_name].arguments)
    return refusal.code == NOT_FOLLOWED and (options.calls_by_hand or (options.size_args and asks))


def _may_bridge(project: Project, decisions: Decisions) -> list[LinenClass]:
    """The classes that stay Linen, but for those that have to stay as they are: all, beside new files."""
    if decisions.reach is not None:
        return []
    untouched = {"MN402", "MN906"}
    return [project.classes[name] for name, code in decisions.refused.items() if code not in untouched]


def bridge_note(project: Project, bridge: Bridge) -> Diagnostic:
    """A note: a class that stays Linen builds a migrated one."""
    child, span = project.classes[bridge.child], bridge.edit.span
    message = (
        f"{child.short} is migrated, and {bridge.parent.short}, which stays Linen, builds it through a bridge"
    )
    place = (bridge.parent.source.path, span.line, span.column + 1)
    return Diagnostic(*place, "MN303", message, child.short, Severity.NOTE)


def _left_to_do(project: Project, decisions: Decisions) -> Iterator[Diagnostic]:
    """The places that a person has to bring in line with a class that is migrated all the same."""
    for path, sites in decisions.sites.items():
        for refusal in sites.refusals:
            cls = project.classes[refusal.class_name]
            message = f"{cls.short} is migrated, and this use of it is left to do by hand: {refusal.message}"
            yield Diagnostic(path, refusal.line, refusal.column, refusal.code, message, cls.short)


_KEPT = (
    (
        "split",
        "MN304",
        (
            "the variables of {0} are states of NNX from here on: what finds them by Linen's names, or loads a Linen "
            "checkpoint into them, has to change"
        ),
        "variables by other names raise an error",
    ),
    (
        "bridged",
        "MN303",
        (
            "{0} is migrated, and this model is a Linen module around it, so that its init and apply stay as they are; "
            "its variables have the names of {0}'s NNX attributes"
        ),
        "variables by other names raise an error, and those that are not there are made anew",
    ),
)
"""What the plan of a file lists, the code of the note about it, what that says of the class, and of code that loads."""


def _kept(project: Project, decisions: Decisions) -> Iterator[Diagnostic]:
    """Notes: variables that are handed on as states, and models that are Linen modules around a migrated class."""
    for path, sites in decisions.sites.items():
        for listed, code, message, loaded in _KEPT:
            for name, line, column in getattr(sites, listed):
                short, loads = project.classes[name].short, project.supply.loads
                told = message.format(short) + (f"; {loads} may load some: {loaded}" if loads else "")
                yield Diagnostic(path, line, column, code, told, short, Severity.NOTE)


def _offered(project: Project, decisions: Decisions) -> Iterator[Diagnostic]:
    """Notes: functions that make models for callers that are not among the files."""
    for path, sites in decisions.sites.items():
        for each in sites.offered:
            shorts = [project.classes[name].short for name in each.class_names]
            message = (
                f"`{each.function}` makes models of {' and '.join(shorts)} for callers that are not among the files: "
                f"they give it what the class asks for by name, {' and '.join(each.asked)}"
            )
            place = (path, each.line, each.column)
            yield Diagnostic(*place, "MN301", message, shorts[0], Severity.NOTE)


def _shared(project: Project, decisions: Decisions, sites: SitePlan) -> Iterator[SiteRefusal]:
    """A module-level name whose meaning changes must not be known to another file."""
    if decisions.reach is not None:
        return
    for name, class_name in sites.globals:
        if _is_known_elsewhere(project, name):
            message = f"`{name}` would mean something else, and another file imports it"
            yield SiteRefusal(class_name, "MN301", 1, 1, message)


def _is_known_elsewhere(project: Project, dotted: str) -> bool:
    """Tells whether another file has a module-level name, by its import or as an attribute of the module."""
    module, _, name = dotted.rpartition(".")
    if name in project.taken.get(module, ()):
        return True
    reads = (
        (project.names[other], node)
        for other, source in project.sources.items()
        if other != module
        for node in walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == name
    )
    return any(names.resolve(node) == dotted for names, node in reads)
