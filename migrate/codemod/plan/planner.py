"""Plans one class: constructor, method bodies, names. Raises Refused, for the whole class, at the first obstacle."""

import ast
from collections.abc import Collection, Mapping

from ..constructions import constructions, thrown_away
from ..held_layers import held_layers
from ..kinds import asked_kinds
from ..model import Creation, Field, LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..read import creations
from ..trees import walk
from .answers import writes_variable
from .apart import what_is_left
from .arrays import array_fields, check_arrays
from .bodies import plan_body
from .caches import asked_for, check_transforms, made_at_first
from .carries import plan_carries
from .class_methods import plan_class_method
from .computed_once import computed_once
from .controls import check_controls
from .decorators import decorators
from .derived import Setup, computed
from .failing import unset
from .frozen import read_frozen
from .given_self import check_given_self, given_self
from .helpers import Helpers, helper_calls
from .inherited_imports import import_of, unknown_names
from .instances import instance_fields, list_fields
from .left_out import calls_if_there
from .mapped_modules import check_mapped_self
from .needs import turn
from .overrides import check_overrides
from .parity import parity_names
from .read_above import check_read_above
from .records import Body, ClassPlan
from .references import factory_names, linen_names, references, rename
from .retold import passes_on
from .scanned_methods import read_scanned
from .set_again import check_set_again
from .setup import read_setup
from .sharded import of_layer
from .shared_scopes import shared_scopes
from .stores import store_fields
from .submodules import plan_submodules
from .takeover import TakeOver
from .variables import name_variables


def plan_class(
    cls: LinenClass, project: Project, bases: Mapping[str, ClassPlan], helpers: Helpers, linen_names: bool,
    size_args: bool = False,
) -> ClassPlan:  # fmt: skip
    """Returns the plan of `cls`; `bases` has the plans of the Linen classes it inherits from."""
    planner = _Planner(cls, project, bases, helpers, linen_names, size_args)
    try:
        return planner.run()
    except Refused as why:
        made = made_at_first(planner.creations, why)
        if not made:
            raise
        return _Planner(cls, project, bases, helpers, linen_names, size_args, made).run()


class _Planner:
    def __init__(
        self,
        cls: LinenClass,
        project: Project,
        bases: Mapping[str, ClassPlan],
        helpers: Helpers,
        linen_names: bool,
        size_args: bool,
        made_at_first: Collection[ast.Call] = (),
    ):
        self.size_args, self.made_at_first = size_args, made_at_first
        self.cls, self.project, self.linen_names, self.helpers = cls, project, linen_names, helpers
        self.plans = bases
        self.plan = self._begun(next(iter(project.bases(cls)), None))
        self.methods = [m for m in cls.methods.values() if m.kind is not MethodKind.STATIC]
        self.creations: list[Creation] = []

    def run(self) -> ClassPlan:
        self.plan.fields = self._fields()
        self.plan.unset = unset(self.cls, self.project)
        self.plan.through_self |= {name: name for name in self.plan.unset}
        self.plan.given_self = given_self(self.cls, self.project)
        read_frozen(self.plan)
        made = constructions(self.cls, self.project)
        self.plan.shared_scopes = shared_scopes(self.cls, made)
        own, calls = self.cls.methods.get("setup"), {c.call for c in made}
        self.plan.thrown_away = {c.method.statement(c.call) for c in thrown_away(self.cls, self.project)}
        gone = {one.statement for one in self.plan.shared_scopes} | self.plan.thrown_away
        setup = read_setup(self.cls, own, self._inherited_attributes(), calls, gone)
        self.plan.computed = computed(setup)
        self._find_creations()
        asking = next((base for base in self.plan.bases if base.asked), None)
        if asking is not None:
            reason = f"its base `{asking.cls.short}` is given factories that bind what a call decides"
            raise Refused("MN104", self.cls.node, reason)
        self.plan.scanned = read_scanned(self.cls)
        plan_submodules(self.plan, self.project, self.plans, self.linen_names, self.size_args)
        self.plan.factories |= {*held_layers(self.cls).values(), *asked_kinds(self.cls, self.project)}
        by_calls = asked_for(self.cls, self.creations)
        by_calls |= {c for c in self.creations if c.call in self.made_at_first}
        name_variables(self.plan, self.creations, self.helpers, setup, self.linen_names, by_calls)
        check_transforms(self.plan)
        asked = {v.creation for v in self.plan.variables if v.asked}
        created = [c for c in self.creations if c not in asked]
        inherited = self._inherited_attributes()
        TakeOver(self.plan, self.project, self.methods, created, inherited).run(setup)
        self.plan.parameters += self.project.agreed.get(self.cls.name, ())
        self.plan.parameters.sort(key=turn)
        check_set_again(self.plan, setup)
        self._bodies(setup)
        self.plan.computed_once = computed_once(self.plan)
        arrays = array_fields(self.cls, self.project)
        self.plan.listed = list_fields(self.cls, self.project)
        store_fields(self.plan, instance_fields(self.cls, self.project), arrays)
        check_arrays(self.plan, self.project)
        check_read_above(self.plan, setup)
        check_given_self(self.plan)
        check_mapped_self(self.plan)
        check_controls(self.plan)
        self.plan.uncalled += [c for m in self.methods for c in calls_if_there(self.cls, m, self.project)]
        self.plan.stores += [(v.attribute, "nnx.data(None)") for v in self.plan.variables if v.asked]
        self._boxes()
        self.plan.references = references(self.plan) | decorators(self.plan) | parity_names(self.cls)
        self._inherited_texts()
        self._constructor(setup)
        return self.plan

    def _begun(self, base: LinenClass | None) -> ClassPlan:
        """The plan with that of the base; of one that makes nothing here, with what is left of it."""
        if base is None:
            return ClassPlan(self.cls)
        above = self.plans[base.name]
        left = what_is_left(self.cls, above, self._planned)
        return ClassPlan(self.cls, base=left or above, apart=left is not None)

    def _planned(self, cls: LinenClass) -> ClassPlan:
        return plan_class(cls, self.project, self.plans, self.helpers, self.linen_names, self.size_args)

    def _boxes(self) -> None:
        """Sharding that a declaration names moves onto the Variable; a box anywhere else would stay one."""
        known = {c.init.func for c in self.creations if isinstance(c.init, ast.Call)}
        known |= {
            call.func for s in self.plan.submodules for call in of_layer(s.construction, self.cls.names)
        }
        for node, name in linen_names(self.cls.node, self.cls.names):
            if name.endswith("_partitioning") and node not in known:
                raise Refused("MN210", node, f"nn.{name} stands outside of a declaration")

    def _inherited_texts(self) -> None:
        """A subclass repeats the fields of its base: what they name has to mean the same in its file."""
        for base in (b for b in self.plan.bases if b.cls.source is not self.cls.source):
            self.plan.inherited_references |= factory_names(base)
        for field in (f for f in self.plan.fields if f.source is not self.cls.source):
            names = self.project.names[field.source.module]
            self.plan.inherited_references |= rename(field.statement, names, field.source)
            for name in unknown_names(field, names, self.cls):
                line = import_of(name, field.source, self.cls.source)
                if line is None:
                    reason = f"the inherited field `{field.name}` names `{name}`, which this file does not"
                    raise Refused("MN104", self.cls.node, reason)
                self.plan.imports[name] = line

    def _fields(self) -> list[Field]:
        inherited = list(self.plan.base.fields) if self.plan.base else []
        own = {f.name: f for f in self.cls.fields if f.init}
        merged = [own.pop(f.name, f) for f in inherited] + list(own.values())
        if any(f.name in ("rngs", "parent", "name", "nnx", "self") for f in merged):
            raise Refused("MN208", self.cls.node, "a field is called like an argument that every module has")
        return merged

    def _inherited_attributes(self) -> set[str]:
        found = {*(f.name for f in self.plan.fields), *self.plan.unset}
        for base in self.plan.bases:
            found |= {v.attribute for v in base.variables} | set(base.cls.constants) | set(base.cls.methods)
            found |= {s.attribute for s in base.submodules} | _kept(base)
        return found

    def _find_creations(self) -> None:
        for method in self.methods:
            found = creations(method)
            if found and method.kind not in (MethodKind.SETUP, MethodKind.COMPACT):
                raise Refused("MN201", found[0].call, f"`{method.node.name}` is neither setup nor compact")
            check_overrides(self.plan, method)
            self.creations += found
            self._find_helpers(method)

    def _find_helpers(self, method: Method) -> None:
        calls = helper_calls(self.cls, method, self.project, self.helpers)
        if calls and method.kind is not MethodKind.COMPACT:
            raise Refused(
                "MN201", calls[0].call, f"`{method.node.name}` hands the module on and is not compact"
            )
        self.plan.calls += calls

    def _bodies(self, setup: Setup) -> None:
        for method in self.methods:
            if method.kind in (MethodKind.SETUP, MethodKind.POST_INIT):
                continue
            self.plan.bodies[method.node.name] = plan_body(self.plan, method, setup)
        for method in (m for m in self.cls.methods.values() if m.kind is MethodKind.STATIC):
            body = Body()
            plan_carries(self.plan, method, body)
            plan_class_method(self.plan, method, body)
            if body.zeros or body.asked:
                self.plan.bodies[method.node.name] = body
        self._frozen_reads(setup)
        for derived in setup.derived:
            self.plan.derived.append(derived)
            assert setup.method is not None
            self.plan.bodies[derived.method] = plan_body(self.plan, setup.method, setup, derived)

    def _frozen_reads(self, setup: Setup) -> None:
        """Linen's setup reads a variable before the method writes it; a method of ours could read it after."""
        derived = [*setup.derived, *(d for b in self.plan.bases for d in b.derived)]
        state = {v.creation.method for v in self.plan.every_variable if not v.creation.is_param}
        reads = next(
            (
                s
                for d in derived
                for s in d.keep
                if any(isinstance(n, ast.Attribute) and n.attr == "value" for n in walk(s))
            ),
            None,
        )
        writes = [n for m in self.methods for n in walk(m.node) if writes_variable(n, m)]
        if reads is not None and state and writes:
            raise Refused(
                "MN209", writes[0], "setup computes an attribute from a variable that a method writes"
            )

    def _constructor(self, setup: Setup) -> None:
        plan = self.plan
        others = plan.retold is not None and not passes_on(plan)
        plan.constructor = bool(
            plan.base is None or plan.apart or others or plan.variables or plan.submodules or self.cls.fields
            or plan.stores or setup.plain_statements or "__post_init__" in self.cls.methods or plan.draws
        )  # fmt: skip
        if plan.base is not None and plan.retold is None:
            clash = {p.name for p in plan.parameters} & {p.name for p in plan.base.parameters}
            if clash:
                raise Refused(
                    "MN208", self.cls.node, f"it and its base both take `{min(clash)}` from the input"
                )


def _kept(base: ClassPlan) -> set[str]:
    """The attributes that the constructor of a base sets as its `setup` does."""
    setups = [(m, statement) for m, keep in base.takeover if m.kind is MethodKind.SETUP for statement in keep]
    stores = [(m, n) for m, s in setups if isinstance(s, ast.Assign) for n in s.targets]
    return {n.attr for m, n in stores if isinstance(n, ast.Attribute) and m.is_this(n)}
