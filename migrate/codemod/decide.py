"""Which classes are migrated: plans, refusals, and what one refusal means for the others."""

import ast
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from ..catalog.findings import Diagnostic, Severity
from ..catalog.functions import DIFFERENT, LINEN_ONLY, NARROWER, PLAIN, TUPLED, nnx_name
from .api import Options
from .beside.decided import refuse_unmovable
from .beside.reach import Reach
from .bindings import annotations
from .constructions import constructions
from .decisions import Decisions
from .inlining.builders import class_of, returned
from .makers.used import settle_heirs, settle_makers
from .model import LinenClass, Missing, Refused
from .names import stars_linen
from .notes import notes
from .plan.before import plan_before
from .plan.builders import read_builders
from .plan.checks import check
from .plan.confirmed import unconfirmed
from .plan.helpers import Helpers, read_helpers
from .plan.interchangeable import lacking
from .plan.narrower import advice, called_otherwise
from .plan.optional_arguments import made_in_vain
from .plan.planner import plan_class
from .plan.references import linen_names
from .plan.tupled import tupled
from .project import Project
from .settle import bridge_note, settle_sites
from .shared_helpers import split_helpers
from .skip import is_skipped, skips_file
from .source import Source
from .spread import spread_bases
from .trees import walk


def decide(project: Project, options: Options, broken: Mapping[str, str]) -> Decisions:
    """Plans every class; a class that depends on a refused one is refused, until nothing changes any more.

    `broken` has the reason for each path whose rewrite failed: everything in it stays. Classes of which one call makes
    the one or the other take each other's sizes, unless who makes one of them alone cannot tell those.
    """
    found, project = _with_optional(project, options, broken)
    if not found.lacking:
        return found
    agreed = _settled(project.taking(found.lacking), options, broken)
    return agreed if len(agreed.plans) > len(found.plans) else found


def _with_optional(
    project: Project, options: Options, broken: Mapping[str, str]
) -> tuple[Decisions, Project]:
    """Decides, and again with the arguments as optional ones that calls leave out, while that is of use."""
    found = _settled(project, options, broken)
    best, known = (found, project), frozenset[Missing]()
    while missing := (found.missing | found.in_vain) - known or found.left_out - known:
        known |= missing
        project = project.with_optional(missing)
        found = _settled(project, options, broken)
        before = best[0]
        same = found.plans.keys() == before.plans.keys() and not (before.missing | before.left_out)
        if same or len(found.plans) > len(before.plans):
            best = (found, project)
    return best


def _settled(project: Project, options: Options, broken: Mapping[str, str]) -> Decisions:
    kept: set[str] = set(project.classes) if options.linen_names else set()
    reach = Reach(project) if options.beside else None
    while True:
        decisions = _decide(project, options, broken, kept, reach)
        ranked = {argument for sites in decisions.sites.values() for argument in sites.ranked}
        unsure = unconfirmed(decisions.plans, ranked)
        if decisions.linen_names <= kept and not unsure:
            return decisions
        kept |= decisions.linen_names
        project = project.taking(uncounted=unsure)


def _decide(
    project: Project, options: Options, broken: Mapping[str, str], kept: Collection[str], reach: Reach | None
) -> Decisions:
    """Decides with the automatic names of Linen for the classes in `kept`."""
    helpers, builders = read_helpers(project), read_builders(project)
    decisions = Decisions(broken=frozenset(broken), reach=reach)
    decisions.before, unread = plan_before(project, helpers, builders)
    project = replace(project, unread={**project.unread, **unread}) if unread else project
    for cls in (c for c in project.classes.values() if c.name not in project.before):
        if cls.source.path in broken:
            decisions.refuse(cls, Refused("MN906", cls.node, broken[cls.source.path]))
            continue
        if skips_file(cls.source) or is_skipped(cls.source, cls.node):
            decisions.refuse(cls, Refused("MN402", cls.node, "a comment says to skip it"))
            continue
        if cls.name in project.factories.heirs:
            decisions.waiting.add(cls.name)
            decisions.refused[cls.name] = "MN104"
            continue
        if cls.name not in project.checked:
            project.checked[cls.name] = [*check(cls, project, helpers, builders)]
        for reason in project.checked[cls.name]:
            decisions.refuse(cls, reason)
    spread_bases(project, decisions)
    _plan(project, decisions, helpers, kept, options.size_args)
    decisions.lacking = lacking(project, decisions.plans)
    decisions.in_vain |= {*made_in_vain(decisions.plans)}
    refuse_unmovable(project, decisions)
    spread_bases(project, decisions)
    while settle_makers(project, decisions):
        spread_bases(project, decisions)
    settle_sites(project, decisions, options)
    while split_helpers(project, decisions, helpers) or settle_makers(project, decisions):
        spread_bases(project, decisions)
        settle_sites(project, decisions, options)
    for cls in settle_heirs(project, decisions):
        for reason in check(cls, project, helpers, builders):
            decisions.refuse(cls, reason)
    if reach is None:
        _without_functions(project, decisions)
        decisions.diagnostics += _gone(project, decisions)
        _functions(project, decisions)
    decisions.diagnostics += [d for p in decisions.plans.values() for d in notes(p)]
    decisions.diagnostics += [bridge_note(project, bridge) for bridge in decisions.bridges]
    if options.todo and reach is None:
        decisions.todo = {project.classes[name].source.path for name in decisions.refused}
    return decisions


def _plan(
    project: Project, decisions: Decisions, helpers: Helpers, kept: Collection[str], size_args: bool
) -> None:
    plans = ChainMap(decisions.plans, {**decisions.before})
    for cls in _in_order(project):
        if cls.name in decisions.refused or cls.name in project.before:
            continue
        refused = next((b for b in project.bases(cls) if b.name in decisions.refused), None)
        if refused is not None:
            decisions.refuse(cls, Refused("MN104", cls.node, f"its base `{refused.short}` stays Linen"))
            continue
        try:
            plans[cls.name] = plan_class(cls, project, plans, helpers, cls.name in kept, size_args)
        except Refused as reason:
            decisions.refuse(cls, reason)


_TUPLED = {name: f"nnx.{twin} takes one tuple: unpack what this returns" for name, twin in TUPLED.items()}
_ADVICE = {"*": "import by name what the file uses", **DIFFERENT, **LINEN_ONLY, **_TUPLED}


_HINT = "flax.linen.Module stays in an annotation, as models of this run are still Linen modules"


def _functions(project: Project, decisions: Decisions) -> None:
    """Functions such as nn.relu change their namespace outside of classes too, where no Linen is left then.

    So does an annotation `model: nn.Module`, unless models of the run are Linen modules still.
    """
    linen_models = _linen_models(project, decisions)
    for module, source in project.sources.items():
        names = project.names[module]
        stays = any(project.classes[name].source is source for name in decisions.refused)
        if stays or source.path in decisions.broken:
            continue
        left: list[tuple[ast.AST, str]] = [
            *linen_names(source.tree, names, inside=_migrated(source, decisions))
        ]
        if not left:
            continue
        star = next((n for n in source.tree.body if isinstance(n, ast.ImportFrom) and stars_linen(n)), None)
        if star is not None:
            left = [(star, "*")]
        taken = tupled(source.tree, names)
        hints = _hints(source, left)
        kept = {source.span(node) for node in hints if linen_models}
        decisions.hints[source.path] = kept
        unknown = [
            (node, name)
            for node, name in left
            if not nnx_name(name) and name not in PLAIN and node not in taken and node not in hints
        ]
        unknown += called_otherwise(source.tree, names)
        if not unknown:
            decisions.functions.add(source.path)
        for node, name in unknown:
            known = advice(name) if name in NARROWER else _ADVICE.get(name)
            lost = project.factories.lost.get(node) if isinstance(node, ast.expr) else None
            if lost is not None and lost.target in decisions.plans:
                known = f"`{lost.name}` cannot be constructed any more, as {lost.reason}"
            span = source.span(node)
            message = f"flax.linen.{name} stays: {known or 'no rule covers it outside of a class'}"
            decisions.diagnostics.append(
                Diagnostic(source.path, span.line, span.column + 1, "MN401", message, name)
            )
        for span in sorted(kept):
            decisions.diagnostics.append(
                Diagnostic(source.path, span.line, span.column + 1, "MN401", _HINT, "Module", Severity.NOTE)
            )


def _linen_models(project: Project, decisions: Decisions) -> bool:
    """Tells whether a model may be a Linen module: of a class that stays, or around one that is or was migrated."""
    bridged = any(sites.bridged for sites in decisions.sites.values())
    return bool(decisions.refused) or bridged or any("to_linen" in s.text for s in project.sources.values())


def _hints(source: Source, left: Collection[tuple[ast.AST, str]]) -> set[ast.AST]:
    """Each `nn.Module` that annotates what a function takes or returns, or a variable."""
    hinted = {part for node in walk(source.tree) for part in annotations(node)}
    return {node for node, name in left if name == "Module" and node in hinted}


def _without_functions(project: Project, decisions: Decisions) -> None:
    """Functions that nothing calls go, and their imports; a file that stays as it was may call any of them."""
    callers = {path for paths in project.called.values() for path in paths}
    if not callers.isdisjoint(decisions.broken):
        return
    decisions.unused = {*project.unused}
    for module, names in project.names.items():
        source = project.sources[module]
        found = {local for local, full in names.aliases.items() if project.canonical(full) in project.called}
        found |= {local for local, full in names.aliases.items() if full in _homes(project)}
        if source.path in callers and found:
            decisions.idle[source.path] = found


def _homes(project: Project) -> set[str]:
    """The files that have such functions."""
    return {name.rpartition(".")[0] for name in project.called}


def _gone(project: Project, decisions: Decisions) -> Iterator[Diagnostic]:
    """Notes: functions that returned a new model, which whoever called them constructs now."""
    for module, source in project.sources.items():
        for node in (n for n in source.tree.body if n in decisions.unused and isinstance(n, ast.FunctionDef)):
            made = returned(node)
            cls = class_of(made.func, project.names[module], project) if made is not None else None
            if cls is not None and cls.name in decisions.plans:
                message = (
                    f"{cls.short} is migrated, and constructed where `{node.name}` was called, which is gone"
                )
                place = (source.path, node.lineno, node.col_offset + 1)
                yield Diagnostic(*place, "MN301", message, cls.short, Severity.NOTE)


def _migrated(source: Source, decisions: Decisions) -> set[ast.AST]:
    plans = [*decisions.plans.values(), *(h.plan for h in decisions.helpers)]
    makers = {changed.maker.node for changed in decisions.makers}
    return {plan.cls.node for plan in plans if plan.cls.source is source} | decisions.unused | makers


def _in_order(project: Project) -> Iterator[LinenClass]:
    """Bases and the classes of submodules come before the classes that need them."""
    done: set[str] = set()

    def visit(cls: LinenClass) -> Iterator[LinenClass]:
        if cls.name not in done:
            done.add(cls.name)
            for needed in (*project.bases(cls), *_built(cls, project)):
                yield from visit(needed)
            yield cls

    for cls in project.classes.values():
        yield from visit(cls)


def _built(cls: LinenClass, project: Project) -> Iterator[LinenClass]:
    """The classes of the project that `cls` makes submodules of."""
    for made in constructions(cls, project):
        if made.layer is None:
            yield project.classes[made.target]
