"""Which classes are migrated: plans, refusals, and what one refusal means for the others."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..catalog.findings import Diagnostic, Severity
from ..catalog.functions import DIFFERENT, LINEN_ONLY, nnx_name
from .api import Options
from .constructions import constructions
from .constructors import Constructor
from .model import LinenClass, MethodKind, Refused
from .names import Names
from .plan.bridges import Bridge, plan_bridges
from .plan.builders import read_builders
from .plan.checks import check
from .plan.helpers import Helper, Helpers, read_helpers
from .plan.kept_names import with_descendants
from .plan.mapping_rules import below
from .plan.planner import plan_class
from .plan.records import ClassPlan
from .plan.references import linen_names
from .project import Project
from .sites import SitePlan, SiteRefusal, plan_sites
from .sites.records import NOT_FOLLOWED
from .skip import is_skipped, skips_file
from .source import Source


@dataclass(eq=False)
class Decisions:
    """`plans` by class name; `refused` has the code of every class that stays; `sites` the edits by path.

    `linen_names` are classes whose variables have to keep their paths, for the sake of a parent that stays Linen.
    """

    plans: dict[str, ClassPlan] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sites: dict[str, SitePlan] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    functions: set[str] = field(default_factory=set)
    todo: set[str] = field(default_factory=set)
    bridges: list[Bridge] = field(default_factory=list)
    linen_names: set[str] = field(default_factory=set)
    helpers: list[Helper] = field(default_factory=list)

    def changes(self, source: Source) -> bool:
        """Tells whether anything in the file is rewritten."""
        if source.path in self.broken:
            return False
        own = any(plan.cls.source is source for plan in self.plans.values())
        return (
            own
            or source.path in self.todo
            or bool(self.sites.get(source.path) and self.sites[source.path].edits)
            or source.path in self.functions
        )

    def refuse(self, cls: LinenClass, reason: Refused) -> None:
        self.refused.setdefault(cls.name, reason.code)
        self.diagnostics.append(diagnostic(cls, reason.node, reason.code, reason.message))


def diagnostic(cls: LinenClass, node: ast.AST, code: str, message: str) -> Diagnostic:
    """Returns a refusal of `cls` at `node`."""
    span = cls.source.span(node)
    return Diagnostic(
        cls.source.path,
        span.line,
        span.column + 1,
        code,
        f"{cls.short} stays Linen: {message}",
        cls.short,
        Severity.REFUSED,
    )


def decide(project: Project, options: Options, broken: Mapping[str, str]) -> Decisions:
    """Plans every class; a class that depends on a refused one is refused, until nothing changes any more.

    `broken` has the reason for each path whose rewrite failed: everything in it stays.
    """
    kept: set[str] = set(project.classes) if options.linen_names else set()
    while True:
        decisions = _decide(project, options, broken, kept)
        if decisions.linen_names <= kept:
            return decisions
        kept |= decisions.linen_names


def _decide(
    project: Project, options: Options, broken: Mapping[str, str], kept: Collection[str]
) -> Decisions:
    """Decides with the automatic names of Linen for the classes in `kept`."""
    helpers, builders = read_helpers(project), read_builders(project)
    decisions = Decisions(broken=frozenset(broken))
    for cls in project.classes.values():
        if cls.source.path in broken:
            decisions.refuse(cls, Refused("MN906", cls.node, broken[cls.source.path]))
            continue
        if skips_file(cls.source) or is_skipped(cls.source, cls.node):
            decisions.refuse(cls, Refused("MN402", cls.node, "a comment says to skip it"))
            continue
        for reason in check(cls, project, helpers, builders):
            decisions.refuse(cls, reason)
    _spread_bases(project, decisions)
    _plan(project, decisions, helpers, kept)
    _spread_bases(project, decisions)
    _sites(project, decisions, options.calls_by_hand)
    while _split(project, decisions, helpers):
        _spread_bases(project, decisions)
        _sites(project, decisions, options.calls_by_hand)
    _functions(project, decisions)
    decisions.diagnostics += [
        _starts_as_declared(p) for p in decisions.plans.values() if p.unguarded is not None
    ]
    decisions.diagnostics += [_bridged(project, bridge) for bridge in decisions.bridges]
    if options.todo:
        decisions.todo = {project.classes[name].source.path for name in decisions.refused}
    return decisions


def _plan(project: Project, decisions: Decisions, helpers: Helpers, kept: Collection[str]) -> None:
    for cls in _in_order(project):
        if cls.name in decisions.refused:
            continue
        refused = next((b for b in project.bases(cls) if b.name in decisions.refused), None)
        if refused is not None:
            decisions.refuse(cls, Refused("MN104", cls.node, f"its base `{refused.short}` stays Linen"))
            continue
        try:
            decisions.plans[cls.name] = plan_class(cls, project, decisions.plans, helpers, cls.name in kept)
        except Refused as reason:
            decisions.refuse(cls, reason)


def _spread_bases(project: Project, decisions: Decisions) -> None:
    """A base of a class that stays Linen stays Linen, and so does what inherits from one that stays."""
    changed = True
    while changed:
        changed = False
        for cls in project.classes.values():
            for base in project.bases(cls):
                changed |= _together(
                    cls, base, decisions, f"`{cls.short}` inherits from it and stays Linen", base
                )
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


def _sites(project: Project, decisions: Decisions, by_hand: bool) -> None:
    """Plans the call sites; a site that is not understood keeps its class Linen, which changes other sites.

    `by_hand` lists such sites instead: a constructor without `rngs` fails there with a TypeError.
    """
    while True:
        constructors = {name: constructor(plan) for name, plan in decisions.plans.items()}
        bridges = plan_bridges(_may_bridge(project, decisions), project, decisions.plans)
        for name in bridges.named:
            decisions.linen_names |= {*with_descendants(decisions.plans[name])}
        decisions.sites = {}
        for module, source in project.sources.items():
            classes = (c for c in project.classes.values() if c.source is source)
            stays = {c.node for c in classes if c.name in decisions.refused}
            names = _Canonical(module, project.names[module].aliases, project)
            mine = [p for p in decisions.plans.values() if p.cls.source is source]
            owned = {n for p in mine for s in p.submodules for n in s.construction.spelled}
            owned |= {node for p in mine for node in p.factories} | {b.mention for b in bridges.found}
            sites = plan_sites(source, names, constructors, stays, owned, bridges.refused)
            edits = [b.edit for b in bridges.found if b.parent.source is source]
            decisions.sites[source.path] = replace(sites, edits=tuple(sorted({*sites.edits, *edits})))
        refusals = [
            (path, refusal)
            for path, sites in decisions.sites.items()
            for refusal in (*sites.refusals, *_shared(project, sites))
            if not (by_hand and refusal in sites.refusals and refusal.code == NOT_FOLLOWED)
        ]
        if not refusals:
            decisions.diagnostics += _left_to_do(project, decisions)
            decisions.bridges = bridges.found
            return
        for path, refusal in refusals:
            cls = project.classes[refusal.class_name]
            decisions.refused.setdefault(cls.name, refusal.code)
            message = f"{cls.short} stays Linen: {refusal.message}"
            place = (path, refusal.line, refusal.column)
            decisions.diagnostics.append(Diagnostic(*place, refusal.code, message, cls.short))
        _spread_bases(project, decisions)


def _may_bridge(project: Project, decisions: Decisions) -> list[LinenClass]:
    """The classes that stay Linen, but for those that have to stay as they are."""
    untouched = {"MN402", "MN906"}
    return [project.classes[name] for name, code in decisions.refused.items() if code not in untouched]


def _bridged(project: Project, bridge: Bridge) -> Diagnostic:
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


def _shared(project: Project, sites: SitePlan) -> Iterator[SiteRefusal]:
    """A module-level name whose meaning changes must not be known to another file."""
    imported = {target for names in project.names.values() for target in names.aliases.values()}
    for name, class_name in sites.globals:
        if name in imported:
            message = f"`{name}` would mean something else, and another file imports it"
            yield SiteRefusal(class_name, "MN301", 1, 1, message)


def _split(project: Project, decisions: Decisions, helpers: Helpers) -> bool:
    """A helper is split when every use of it is one of a migrated class; else those classes stay. True if one does."""
    users: dict[str, list[ClassPlan]] = {}
    for plan in decisions.plans.values():
        for call in plan.calls:
            users.setdefault(call.helper, []).append(plan)
    for name, plans in users.items():
        if len(plans) != _mentions(project, name):
            for plan in {p.cls.name: p for p in plans}.values():
                reason = f"`{name.rpartition('.')[2]}` creates variables for it and is used elsewhere too"
                decisions.refuse(plan.cls, Refused("MN107", plan.cls.node, reason))
            return True
    decisions.helpers = [h for name in sorted(users) if isinstance(h := helpers[name], Helper)]
    return False


def _mentions(project: Project, name: str) -> int:
    count = 0
    for module, source in project.sources.items():
        names = project.names[module]
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Name | ast.Attribute)
                and project.canonical(names.resolve(node) or "") == name
            ):
                count += 1
    return count


def _starts_as_declared(plan: ClassPlan) -> Diagnostic:
    """A note: the class is migrated, and starts where Linen starts before its init has run a call."""
    assert plan.unguarded is not None
    span = plan.cls.source.span(plan.unguarded)
    message = (
        f"{plan.cls.short} is migrated, and starts from the declared value: Linen's init writes this one too"
    )
    place = (plan.cls.source.path, span.line, span.column + 1)
    return Diagnostic(*place, "MN211", message, plan.cls.short, Severity.NOTE)


def _functions(project: Project, decisions: Decisions) -> None:
    """Functions such as nn.relu change their namespace outside of classes too, where no Linen is left then."""
    for module, source in project.sources.items():
        names = project.names[module]
        stays = any(project.classes[name].source is source for name in decisions.refused)
        left = [
            (node, name)
            for node, name in linen_names(source.tree, names, inside=_migrated(source, decisions))
        ]
        if stays or not left or source.path in decisions.broken:
            continue
        unknown = [(node, name) for node, name in left if nnx_name(name) is None]
        if not unknown:
            decisions.functions.add(source.path)
        for node, name in unknown:
            advice = LINEN_ONLY.get(name) or DIFFERENT.get(name) or "no rule covers it outside of a class"
            span = source.span(node)
            message = f"flax.linen.{name} stays: {advice}"
            decisions.diagnostics.append(
                Diagnostic(source.path, span.line, span.column + 1, "MN401", message, name)
            )


def _migrated(source: Source, decisions: Decisions) -> set[ast.AST]:
    plans = [*decisions.plans.values(), *(h.plan for h in decisions.helpers)]
    return {plan.cls.node for plan in plans if plan.cls.source is source}


@dataclass(frozen=True)
class _Canonical(Names):
    """An import table that follows re-exports, so that one class has one name everywhere."""

    project: Project | None = None

    def resolve(self, node: ast.AST | None) -> str | None:
        name = super().resolve(node)
        return name and self.project.canonical(name) if self.project else name


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


def constructor(plan: ClassPlan) -> Constructor:
    """Returns what call sites need to know of the migrated class."""
    methods: dict[str, tuple[str, ...]] = {}
    collections: dict[str, dict[str, str]] = {}
    for above in (plan, *plan.bases):
        for name, method in above.cls.methods.items():
            if method.kind in (MethodKind.COMPACT, MethodKind.PLAIN):
                methods.setdefault(name, method.parameters)
        for variable in above.variables:
            if variable.path == (variable.attribute,):
                collections.setdefault(variable.creation.collection, {})[variable.linen] = variable.attribute
    for collection in below(plan):
        collections.setdefault(collection, {})
    fields = tuple(f.name for f in plan.fields)
    arguments = tuple(p.argument for p in plan.every_parameter)
    unguarded = any(p.unguarded is not None for p in (plan, *plan.bases))
    least = {root: count for p in (*plan.bases, plan) for root, count in p.flow.assumed.items()}
    return Constructor(plan.cls.name, fields, arguments, methods, collections, unguarded, least)
