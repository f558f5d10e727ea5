"""Migrated classes under a parent that stays Linen: it builds them with `nnx.bridge.to_linen`.

The parent's variables keep their paths, so that its checkpoints stay what they were.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from ..bindings import stored
from ..constructions import Construction, constructions
from ..constructors import SizeArgument
from ..edits import Replace
from ..flow.arrays import Assume
from ..flow.found import Flow, holds_anywhere
from ..flow.held import Held
from ..flow.run import run
from ..flow.terms import Kind, Term, code
from ..flow.values import Use, Value
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..sizes import Parameter
from ..static_arguments import is_value
from .arrays import holds_arrays, keeps_array
from .automatic import Places, attribute_target, count_automatic, is_automatic
from .averaged import averages
from .bridge_axes import has_enough_axes
from .bridge_uses import is_looked_into, other_uses
from .caches import attention_in
from .children import Children, Sizes
from .instances import instance_fields
from .kept_names import draws, keeps_names
from .records import ClassPlan
from .sharded import partitioned
from .sown import sows
from .training import trains_by_mode
from .unnamed import unnamed


@dataclass(frozen=True)
class Bridge:
    """`parent` builds the migrated class `child` at `edit`; `mention` is where it names the class."""

    parent: LinenClass
    child: str
    mention: ast.expr
    edit: Replace


@dataclass
class Bridges:
    """`refused` has the reason for each mention that cannot be bridged, `named` those that only names keep from it."""

    found: list[Bridge] = field(default_factory=list)
    refused: dict[ast.AST, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


def plan_bridges(parents: list[LinenClass], project: Project, plans: Mapping[str, ClassPlan]) -> Bridges:
    """Returns what each of `parents`, which stay Linen, can do about the migrated classes that it builds."""
    bridges = Bridges()
    for parent in parents:
        made = constructions(parent, project)
        built = [c for c in made if c.target in plans]
        if built:
            _Parent(parent, project, plans, made, bridges).run(built)
    return bridges


class _Parent:
    def __init__(
        self,
        cls: LinenClass,
        project: Project,
        plans: Mapping[str, ClassPlan],
        made: list[Construction],
        bridges: Bridges,
    ):
        self.cls, self.project, self.plans, self.made, self.bridges = cls, project, plans, made, bridges

    @cached_property
    def places(self) -> Places:
        """The numbers in automatic names. Raises Refused."""
        return count_automatic(self.made, unnamed(self.cls, self.project, self.made))[0]

    @cached_property
    def flow(self) -> Flow:
        """What shapes say about the parent; asked for only where a call does not spell the size by itself."""
        children = Children(self.project, self.plans)

        def used(
            construction: Construction,
            values: Mapping[str, Value],
            use: Use,
            assume: Assume,
            held: Mapping[str, Held] = MappingProxyType({}),
        ) -> tuple[Sizes, Value]:
            """What stays Linen has no plan: nothing is known of what it gives."""
            known = construction.target in self.plans
            return children.used(construction, values, use, assume, held) if known else ((), None)

        return run(self.cls, self.made, {f.name: False for f in self.cls.fields}, used)

    def run(self, built: list[Construction]) -> None:
        for construction in built:
            try:
                self.bridges.found.append(self._bridge(construction, self.plans[construction.target]))
            except Refused as refused:
                self.bridges.refused |= dict.fromkeys(construction.spelled, refused.message)

    def _bridge(self, construction: Construction, plan: ClassPlan) -> Bridge:
        call = construction.call
        self._check(construction, plan)
        name = self._name(construction)
        sizes = [self._size(construction, p) for p in plan.every_parameter]
        if not keeps_names(plan):
            self.bridges.named.add(construction.target)
            reason = f"a variable of `{plan.cls.short}` would have another path in its checkpoints"
            raise Refused("MN302", call, reason)
        edit = Replace(self.cls.source.span(call), self._code(construction, sizes, name))
        return Bridge(self.cls, construction.target, call.func, edit)

    def _check(self, construction: Construction, plan: ClassPlan) -> None:
        call, method = construction.call, construction.method
        names = self.cls.names
        if names.aliases.get("nnx", "flax.nnx") != "flax.nnx" or "nnx" in stored(self.cls.source.tree):
            raise Refused("MN302", call, "the file calls something of its own `nnx`")
        if construction.lifted is not None:
            raise Refused("MN302", call, "it stands inside of a transform")
        if not construction.factory.direct:
            raise Refused("MN302", call, "a partial or a field makes it")
        held = sorted(f.name for f in plan.fields if self.project.factories.makes(plan.cls, f.name))
        if held := held or sorted(instance_fields(plan.cls, self.project)):
            raise Refused("MN302", call, f"`{held[0]}` of `{plan.cls.short}` holds or makes a module")
        if construction.odd or construction.unknown:
            reason = construction.odd or f"it has no argument `{construction.unknown[0]}`"
            raise Refused("MN302", call, reason)
        if method.kind not in (MethodKind.COMPACT, MethodKind.SETUP) or len(method.node.decorator_list) > 1:
            raise Refused("MN302", call, f"`{method.node.name}` is not followed")
        if holds_arrays(plan) or keeps_array(construction, plan, self.cls, self.project):
            raise Refused(
                "MN302", call, f"`{plan.cls.short}` would keep an array of a field among its variables"
            )
        if draws(plan):
            reason = f"`{plan.cls.short}` draws random numbers, and Linen's init may have no key for that"
            raise Refused("MN302", call, reason)
        if sows(plan):
            reason = f"what `{plan.cls.short}` sows would not reach a Linen module around it"
            raise Refused("MN302", call, reason)
        if attention_in(plan):
            reason = f"nobody would call `init_cache` of the attention in `{plan.cls.short}`"
            raise Refused("MN302", call, reason)
        if trains_by_mode(plan):
            reason = f"`mutable=` of the parent does not reach `{plan.cls.short}`, which trains by its mode"
            raise Refused("MN302", call, reason)
        if averages(plan):
            reason = f"`{plan.cls.short}` averages over an axis of pmap, which is not there in an init"
            raise Refused("MN302", call, reason)
        if partitioned(plan):
            raise Refused(
                "MN302", call, f"the boxes of `{plan.cls.short}`, which is sharded, would be others"
            )
        assumes = any(p.flow.assumed for p in (plan, *plan.bases))
        if assumes and not has_enough_axes(construction, self.cls, self.flow, plan, self.project):
            reason = f"the sizes of `{plan.cls.short}` hold only for inputs with enough axes"
            raise Refused("MN302", call, reason)
        if any(p.unguarded is not None for p in (plan, *plan.bases)):
            raise Refused("MN302", call, f"`{plan.cls.short}` writes variables in Linen's init too")
        nested = {n for node in construction.given.values() for n in ast.walk(node)}
        if any(c.call in nested for c in self.made):
            raise Refused("MN302", call, "a module is built in its arguments")
        allowed = (ast.ListComp,) if attribute_target(construction) is not None else ()
        inner = next(
            (a for a in method.above(call) if isinstance(a, _NESTED) and not isinstance(a, allowed)), None
        )
        if inner is not None:
            raise Refused("MN302", call, "it is built where its name cannot be told")
        looked = is_looked_into(plan.cls, construction, self.project)
        if looked or any(other_uses(self.cls, construction)):
            raise Refused("MN302", call, "the module is used for more than being called")

    def _name(self, construction: Construction) -> str:
        """Returns what stands behind `name=`; nothing where an attribute of setup names the module."""
        if construction.name_node is not None:
            return self.cls.source.segment(construction.name_node)
        if construction.method.kind is MethodKind.SETUP:
            return ""
        number, sure = self.places[construction]
        loop = any(isinstance(a, ast.For | ast.While) for a in construction.method.above(construction.call))
        others = {c.method for c in self.made if is_automatic(c)}
        if not sure or loop or len(others) > 1 or self.project.bases(self.cls):
            raise Refused("MN302", construction.call, "its automatic name is not the same at every call")
        return repr(f"{construction.counted}_{number}").replace("'", '"')

    def _size(self, construction: Construction, parameter: Parameter) -> str:
        """Spells a size where the module is built: by what it is called with there, or by the parent's fields."""
        given = self._given(construction, parameter.argument)
        along = parameter.argument.along
        told = (along is None or along[0] not in construction.every) and not parameter.argument.other
        if isinstance(given, ast.Name) and parameter.argument.template and told:
            return parameter.argument.spelled.format(given.id)
        found = self.flow.found.get(construction.call)
        term = dict(found.sizes or ()).get(parameter.name) if found is not None else None
        if (
            term is None
            or (given is None and is_value(parameter.argument))
            or self.flow.assumed
            or not holds_anywhere(term)
            or _names(term) & stored(construction.method.node)
        ):
            reason = f"its size `{parameter.name}` cannot be told where it is built"
            raise Refused("MN302", construction.call, reason)
        return code(term, lambda part: _spelled(construction.method, part))

    def _given(self, construction: Construction, argument: SizeArgument) -> ast.expr | None:
        above = construction.method.parents[construction.call]
        if not (isinstance(above, ast.Call) and above.func is construction.call):
            return None
        plan = self.plans[construction.target]
        owner = next(p.cls for p in (plan, *plan.bases) if argument.method in p.cls.methods)
        parameters = owner.methods[argument.method].parameters
        if argument.method != "__call__" or any(isinstance(a, ast.Starred) for a in above.args):
            return None
        given = dict(zip(parameters, above.args, strict=False)) | {k.arg: k.value for k in above.keywords}
        return given.get(argument.parameter)

    def _code(self, construction: Construction, sizes: list[str], name: str) -> str:
        source, call = self.cls.source, construction.call
        nnx = next((n for n, dotted in self.cls.names.aliases.items() if dotted == "flax.nnx"), "nnx")
        own = [source.segment(a) for a in call.args]
        own += [source.segment(k) for k in call.keywords if k.arg not in ("name", "parent")]
        rows = [source.segment(call.func), *sizes, *own, *([f"name={name}"] if name else [])]
        return f"{nnx}.bridge.to_linen({', '.join(rows)})"


_NESTED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.While, ast.Try,
)  # fmt: skip


def _names(term: Term) -> set[str]:
    return {str(part.value) for part in term.walk() if part.kind is Kind.GLOBAL}


def _spelled(method: Method, term: Term) -> str:
    if term.kind is Kind.HELD:
        return f"{method.this}.{term.value}.features"
    return f"{method.this}.{term.value}" if term.kind in (Kind.FIELD, Kind.COMPUTED) else str(term.value)
