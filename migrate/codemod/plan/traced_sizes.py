"""Sizes of submodules that runs of the models have shown: told where the source does not, checked where it does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..constructors import Seen
from ..factories.program import heirs
from ..flow.found import Flow, Found
from ..flow.terms import Kind, Size, Term
from ..flow.values import Use
from ..model import MethodKind, Refused
from ..project import Project
from ..traced.evaluate import evaluate
from ..traced.records import Facts, TracedCall, TracedModule
from ..traced.sizes import Traced, has_rounds, number_of, seen_sizes
from .children import Children
from .records import ClassPlan, Told


def traced_of(plan: ClassPlan, facts: Facts) -> Traced:
    """Returns the facts as the class of `plan` sees them."""
    methods: dict[str, tuple[str, ...]] = {}
    for above in (plan, *plan.bases):
        for name, method in above.cls.methods.items():
            if method.kind in (MethodKind.COMPACT, MethodKind.PLAIN):
                methods.setdefault(name, method.parameters)
    return Traced(facts, plan.cls, frozenset(f.name for f in plan.fields), methods)


def _replacing(plan: ClassPlan, project: Project) -> frozenset[str]:
    """The classes further down that replace methods, by their short names."""
    names = plan.methods.keys()
    return frozenset(other.short for other in heirs(plan.cls, project) if other.methods.keys() & names)


class TracedSizes:
    """The sizes of one class's submodules in the runs; `static` is what the source alone says."""

    def __init__(self, plan: ClassPlan, project: Project, children: Children, static: Flow):
        assert project.traced is not None
        self.plan, self.facts, self.children, self.static = plan, project.traced, children, static
        self.traced = traced_of(plan, project.traced)
        self.others = _replacing(plan, project)

    def filled(self, found: Found, use: Use) -> Use:
        """Returns the call with what runs have shown of its arguments: of a method with a scan that is one round."""
        return (
            use
            if self.children.goes_round(found.construction, use.method)
            else self.traced.filled(found, use)
        )

    def size(self, found: Found, name: str, size: Term | None) -> Term | None:
        """Returns the size, or an expression for what was seen where it is not known. Raises Refused."""
        calls, seen = self._column(found, name)
        if not calls:
            return size
        if size is None:
            size = self._explained(seen, calls, found)
        else:
            self._check(found, name, size, calls, seen)
        if size is not None and not self._is_static(found, name):
            self.tell(found, name, size)
        return size

    def tell(self, found: Found, name: str, size: Term) -> None:
        """Writes down that the runs have told a size, and what it was in them."""
        seen = tuple(dict.fromkeys(self._column(found, name)[1]))
        if seen:
            self.plan.told[found.construction.call, name] = Told(size, seen)

    def _is_static(self, found: Found, name: str) -> bool:
        before = self.static.found.get(found.construction.call)
        return before is not None and dict(before.sizes or ()).get(name) is not None

    def alike(self, found: Found, name: str) -> bool | None:
        """Tells whether one argument can stand for the size; None where no run came to the submodule."""
        calls, seen = self._column(found, name)
        if not calls or None in seen:
            return None if not calls else False
        numbers: dict[TracedModule, set[Any]] = {}
        for call, number in zip(calls, seen, strict=True):
            assert call.owner is not None
            numbers.setdefault(call.owner.module, set()).add(number)
        return has_rounds(found, calls) and all(len(each) == 1 for each in numbers.values())

    def _column(self, found: Found, name: str) -> tuple[Sequence[TracedCall], list[Any]]:
        pairs = [(c, self._number(c, found, name)) for c in self.traced.calls(found)]
        told = [(call, number) for call, number in pairs if number is not None and not _is_empty(number)]
        return [call for call, _ in told], [number for _, number in told]

    def _number(self, call: TracedCall, found: Found, name: str) -> Any:
        return number_seen(self.facts, self.children, found, name, call)

    def _explained(self, seen: Sequence[Any], calls: Sequence[TracedCall], found: Found) -> Term | None:
        if not all(isinstance(number, tuple) and len(number) == len(seen[0]) for number in seen):
            return self.traced.explained(seen, calls, found, alone=True)
        parts = [
            self.traced.explained([n[k] for n in seen], calls, found, alone=True) for k in range(len(seen[0]))
        ]
        known = tuple(part for part in parts if part is not None)
        return Term(Kind.TUPLE, None, known) if len(known) == len(parts) else None

    def _check(
        self, found: Found, name: str, size: Term, calls: Sequence[TracedCall], seen: Sequence[Any]
    ) -> None:
        """Raises Refused where a size of the source is another one than a run has shown.

        A class that replaces methods may call them with something else: it tells its base so.
        """
        for call, number in zip(calls, seen, strict=True):
            if call.owner is not None and call.owner.module.name in self.others:
                continue
            told = evaluate(size, call)
            kind = found.construction.kind
            if told is None and _lacks_an_axis(size, call):
                reason = f"the size `{name}` of `{kind}` takes an axis that the input of a traced model does not have"
                raise Refused("MN112", found.construction.call, reason)
            if told is not None and told != number:
                reason = f"the size `{name}` of `{kind}` is {told} by the source, and was {number} in a traced model"
                raise Refused("MN112", found.construction.call, reason)


def _lacks_an_axis(size: Term, call: TracedCall) -> bool:
    shapes = call.owner.shapes if call.owner is not None else {}
    asked = [
        t.value for t in size.walk() if t.kind is Kind.DIM and type(t.value) is Size and not t.value.many
    ]
    ranks = [(s.index, len(dims)) for s in asked if (dims := shapes.get((s.method, s.array))) is not None]
    return any(not -rank <= index < rank for index, rank in ranks)


def _is_empty(number: Any) -> bool:
    """Tells whether an array had nothing in it: an input that is too small for the model says nothing of its sizes."""
    return 0 in number if isinstance(number, tuple) else bool(number == 0)


def number_seen(facts: Facts, children: Children, found: Found, name: str, call: TracedCall) -> Any:
    """Returns the size `name` that a submodule took in one call; None if it took none."""
    number = number_of(dict(seen_sizes(call, found, children.used_in_round)).get(name))
    child = children.plan_of(found.construction)
    if number is not None or child is None:
        return number
    return number_asked(facts, children, child, name, call.module)


def number_asked(
    facts: Facts, children: Children, plan: ClassPlan, argument: str, module: TracedModule
) -> Any:
    """Returns what a constructor argument that the source does not tell has to be for one traced instance."""
    numbers = set(_numbers_asked(facts, children, plan, argument, module))
    return numbers.pop() if len(numbers) == 1 else None


def _numbers_asked(
    facts: Facts, children: Children, plan: ClassPlan, argument: str, module: TracedModule
) -> Iterator[Any]:
    for above in (plan, *plan.bases):
        if argument in above.asked_sizes:
            found, name = above.asked_sizes[argument]
            for call in traced_of(above, facts).calls(found):
                if call.owner is not None and call.owner.module is module:
                    yield number_seen(facts, children, found, name, call)


def seen_instances(project: Project, plans: Mapping[str, ClassPlan], plan: ClassPlan) -> tuple[Seen, ...]:
    """Returns the traced instances of a class that asks for sizes, with the sizes that they needed."""
    asked = [a for above in (plan, *plan.bases) for a in above.asked_sizes]
    if project.traced is None or not asked:
        return ()
    children, facts = Children(project, plans), project.traced
    found = []
    for module, call in _instances(facts, plan).items():
        sizes = {a: number_asked(facts, children, plan, a, module) for a in asked}
        known = {argument: number for argument, number in sizes.items() if number is not None}
        found.append(Seen(module.fields, module.default, call.outermost, call.shapes, known))
    return tuple(found)


def _instances(facts: Facts, plan: ClassPlan) -> Mapping[TracedModule, TracedCall]:
    """Returns the instances with a call of each."""
    found: dict[TracedModule, TracedCall] = {}
    for above in (plan, *plan.bases):
        for submodule, _ in above.asked_sizes.values():
            for call in traced_of(above, facts).calls(submodule):
                if call.owner is not None:
                    found.setdefault(call.owner.module, call.owner)
    return found
