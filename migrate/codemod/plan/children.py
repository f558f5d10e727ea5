"""Classes of the project as submodules: what they ask their parents for, and the shape of what they give."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..constructions import Construction, constructions
from ..constructors import SizeArgument
from ..flow.arrays import Assume
from ..flow.found import NO_BASE, Line
from ..flow.held import Held, seen_inside
from ..flow.rounds import inside, outside
from ..flow.run import called_methods
from ..flow.terms import Differs, Kind, Size, Term, const
from ..flow.values import SOMEWHERE, Array, Rest, Use, Value
from ..iterations import Iteration
from ..migrated_before.bridged import through_bridge
from ..model import Refused
from ..project import Project
from .as_given import as_decided, as_given, is_vague, with_held
from .behind_loops import as_kept
from .child_calls import Call
from .classes_given import Asked, classes_given
from .passed_on import passed_on
from .reached import reaches
from .records import ClassPlan
from .shape_kept import shape_kept

Sizes = tuple[tuple[str, Term | None], ...]


class Children:
    """Looks up the plans of child classes."""

    def __init__(self, project: Project, plans: Mapping[str, ClassPlan]):
        self.project, self.plans = project, plans

    def require(self, construction: Construction) -> None:
        for target in construction.choice or (construction.target,):
            if target in self.project.classes and target not in self.plans:
                if target in self.project.before:
                    raise Refused("MN111", construction.call, through_bridge(target, self.project))
                own = construction.method in self.project.classes[target].methods.values()
                name = target.rpartition(".")[2]
                why = "its own class: how often that goes on is not followed" if own else "which stays Linen"
                raise Refused("MN110", construction.call, f"it builds `{name}`, {why}")

    def plan_of(self, construction: Construction) -> ClassPlan | None:
        return self.plans[construction.target] if construction.layer is None else None

    def used(
        self,
        construction: Construction,
        values: Mapping[str, Value],
        use: Use,
        assume: Assume,
        held: Mapping[str, Held] = MappingProxyType({}),
    ) -> tuple[Sizes, Value]:
        """Returns the sizes that this use tells, and what it gives; adds to the uses of modules that are `held`."""
        child = self.plans[construction.target]
        if reaches(child, use.method):
            return (), None
        iteration, classes = _scanned(child, use.method), classes_given(construction, self.project)
        if held and iteration is None:
            return self._used_with(construction, values, use, assume, held)
        if iteration is None:
            sizes, found = self._used(child, values, use, assume, classes)
            one = (child, values, use, assume, classes)
            more = self._passed_on(*one) or self._as_here(*one) if is_vague(found) else None
            return sizes, as_kept(construction, child, use.method, more or found, self.project)
        sizes, given = self._used(child, values, inside(iteration, use, assume), assume, classes, use)
        return sizes, outside(iteration, use, given, None)

    def _used_with(
        self,
        construction: Construction,
        values: Mapping[str, Value],
        use: Use,
        assume: Assume,
        held: Mapping[str, Held],
    ) -> tuple[Sizes, Value]:
        """The same of a class whose fields hold modules: it is run with them."""
        child, classes = self.plans[construction.target], classes_given(construction, self.project)
        inside = {name: one.seen_inside() for name, one in held.items()}
        method = child.cls.methods.get(use.method)
        rest = {n: v for n, v in use.keywords.items() if method is not None and n not in method.parameters}
        keywords = Rest(tuple((name, seen_inside(value)) for name, value in rest.items()))
        known = with_held(child, inside, keywords, self.project, self.used)
        if known is None:
            return self._used(child, values, use, assume, classes)
        call = Call(known, values, use, classes)
        for name, seen in inside.items():
            held[name].uses.extend(call.inside(each) for each in seen.uses)
        sizes, _ = self._used(child, values, use, assume, classes)
        return sizes, self._used(known, values, use, assume, classes)[1]

    def line_of(self, plan: ClassPlan) -> Line:
        """Returns what a class inherits, whose methods are called with its own fields."""
        base = plan.base
        if base is None:
            return NO_BASE
        names = [f.name for f in base.fields] + [name for each in plan.bases for name in each.cls.constants]
        own: dict[str, Value] = {name: Term(Kind.FIELD, name) for name in names}
        hooks = plan.replaces_hooks

        def call(use: Use, assume: Assume) -> tuple[Sizes, Value]:
            if _scanned(base, use.method) is not None:
                return (), None
            sizes, value = self._used(base, own, use, assume, lambda _: None)
            return sizes, None if hooks else value

        return Line(tuple((p.cls, constructions(p.cls, self.project)) for p in plan.bases), call)

    def goes_round(self, construction: Construction, method: str) -> bool:
        """Tells whether a scan decorates a method of the class."""
        child = self.plan_of(construction)
        return child is not None and _scanned(child, method) is not None

    def used_in_round(
        self,
        construction: Construction,
        values: Mapping[str, Value],
        use: Use,
        assume: Assume,
        held: Mapping[str, Held] = MappingProxyType({}),
    ) -> tuple[Sizes, Value]:
        """Returns what `used` does; of a scan, for the call that one round makes."""
        if not self.goes_round(construction, use.method):
            return self.used(construction, values, use, assume, held)
        classes = classes_given(construction, self.project)
        return self._used(self.plans[construction.target], values, use, assume, classes)

    def _as_here(
        self, child: ClassPlan, values: Mapping[str, Value], use: Use, assume: Assume, classes: Asked
    ) -> Value:
        """What one call gives that says less for any arguments of the constructor than for these."""
        known = as_given(child, values, use, self.project)
        ranks = Call(child, values, use, classes).ranks()
        known = known or as_decided(child, values, ranks, self.project, self.used)
        return self._used(known, values, use, assume, classes)[1] if known is not None else None

    def _passed_on(
        self, child: ClassPlan, values: Mapping[str, Value], use: Use, assume: Assume, classes: Asked
    ) -> Value:
        """What a call gives that the child hands on as it is, `return self.decoder(*args, **kwargs)`."""
        inner = passed_on(child, use.method)
        if inner is None:
            return None
        call = Call(child, values, use, classes)
        given = {name: call.value(value) for name, value in inner.values.items()}
        return self.used(inner.construction, given, replace(use, method="__call__"), assume)[1]

    @staticmethod
    def _used(
        child: ClassPlan, values: Mapping[str, Value], use: Use, assume: Assume, classes: Asked,
        around: Use | None = None,
    ) -> tuple[Sizes, Value]:  # fmt: skip
        """What one call tells; of a scan it is that of each round, and `around` the call of all of them."""
        call = Call(child, values, use, classes)
        sizes = []
        for parameter in child.every_parameter:
            argument = _as_called(child, parameter.argument, use.method)
            mine = argument.method == use.method and argument.template != "" and _holds(argument, values)
            sizes.append((parameter.name, call.size(argument) if mine else None))
        returned = _returned(child, use.method)
        if returned is None or (isinstance(returned, Array) and returned.root == SOMEWHERE):
            returned = shape_kept(child, use.method, values) or returned
        whole = Call(child, values, around, classes) if around is not None else None
        if not call.fits(assume, whole):
            return tuple((name, None) for name, _ in sizes), None
        return tuple(sizes), call.value(returned)


def _as_called(child: ClassPlan, argument: SizeArgument, method: str) -> SizeArgument:
    """The same size as another method tells it, to which the argument is handed on, or which calls the same layer."""
    if argument.method == method or argument.other:
        return argument
    names = {
        name
        for plan in (child, *child.bases)
        for name in plan.flow.handed.get((argument.method, argument.parameter), {}).get(method, ())
    }
    if len(names) == 1:
        return replace(argument, method=method, parameter=names.pop())
    size = _read_by_both(child, argument, method)
    return (
        replace(argument, method=method, parameter=size.array, template=size.template, instead="")
        if size is not None
        else argument
    )


def _read_by_both(child: ClassPlan, argument: SizeArgument, method: str) -> Size | None:
    """What a method calls a size of its own argument, where it calls a layer that has this size from another method."""
    mine = (argument.method, argument.parameter, argument.template)
    if argument.given_shape:
        return None
    for plan in (child, *child.bases):
        for found in plan.flow.found.values():
            for told in found.told.values():
                sizes = [t.value for t in told if t.kind is Kind.DIM and not isinstance(t.value, Differs)]
                if mine in [(s.method, s.array, s.template) for s in sizes]:
                    return next((s for s in sizes if s.method == method), None)
    return None


def _returned(child: ClassPlan, method: str) -> Value:
    """What a method gives, as the class runs it, or its base, unless that calls what a class further down replaces."""
    replaced = set[str]()
    for plan in (child, *child.bases):
        found = plan.flow.returns.get(method)
        if replaced and called_methods(plan.cls) & replaced:
            return None
        if found is not None or method in plan.cls.methods:
            return found
        replaced |= plan.cls.methods.keys()
    return None


def _holds(argument: SizeArgument, values: Mapping[str, Value]) -> bool:
    """Tells whether the field that a size depends on has its default."""
    if argument.along is None:
        return True
    field, default = argument.along
    return field not in values or values[field] == const(default)


def _scanned(child: ClassPlan, method: str) -> Iteration | None:
    """The scan that decorates a method of a child."""
    owner = next((p for p in (child, *child.bases) if method in p.cls.methods), None)
    return owner.scanned.get(method) if owner is not None else None
