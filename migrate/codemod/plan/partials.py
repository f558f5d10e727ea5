"""Partials of layers and classes in a class that is migrated, and the modes that travel from them to the calls."""

import ast
from collections.abc import Iterator, Sequence

from ..constructions import Construction
from ..factories.choices import made_by
from ..factories.followed import followed
from ..factories.records import Bound, Factory, Scope
from ..flow.run import called_methods
from ..flow.values import Use
from ..model import LinenClass, Method, Refused
from ..project import Project
from ..trees import is_none
from .handed_on import by_default, check_handed_on, hand_on
from .layer_rules import Moved, at_call, default_arguments
from .records import ClassPlan, PartialEdit, Submodule


def plan_partials(plan: ClassPlan, project: Project, made: Sequence[Construction]) -> None:
    """Adds what becomes of the factories that the class names. Raises Refused."""
    found = followed(plan.cls, project, made)
    plan.factories = {*found.names}
    for call in found.partials:
        plan.partials[call] = _edit(plan, project, call)


def _edit(plan: ClassPlan, project: Project, call: ast.Call) -> PartialEdit:
    method = next((m for m in plan.cls.methods.values() if call in m.parents), None)
    scope = Scope(plan.cls.names, plan.cls if method else None, method)
    factory, *others = made_by(call, scope, project.factories)
    before = factory.placed - len(call.args[1:])
    if any(o.arguments[before : o.placed] != factory.arguments[before : factory.placed] for o in others):
        reason = f"`{factory.kind}` and `{others[-1].kind}`, one of which it binds, have other fields there"
        raise Refused("MN101", call, reason)
    own = {str(k.arg) for k in call.keywords} | set(factory.arguments[before : factory.placed])
    dropped, *more = (_dropped(each, own) for each in (factory, *others))
    if any(other != dropped for other in more):
        reason = (
            f"`{factory.kind}` and `{others[-1].kind}`, one of which it binds, take other arguments in NNX"
        )
        raise Refused("MN101", call, reason)
    return PartialEdit(factory, factory.arguments[before : factory.placed], dropped)


def _dropped(factory: Factory, own: set[str]) -> frozenset[str]:
    """The arguments of a partial that NNX's does not bind."""
    modes = {name for name, bound in factory.at_call().items() if name in own and not bound.field}
    return frozenset(modes | (own & {*default_arguments(factory), "name"}))


def unread(plan: ClassPlan) -> set[ast.AST]:
    """Returns the expressions that the constructor leaves to the call."""
    return {edit.factory.bound[name].node for edit in plan.partials.values() for name in edit.dropped}


class Handed:
    """Modes that a child's method asks for, because it was given partials that bind them."""

    def __init__(self, plan: ClassPlan, project: Project):
        self.plan, self.project = plan, project

    def of(self, construction: Construction, child: ClassPlan, use: Use) -> Iterator[Moved]:
        """Yields what the call of a child has to pass on."""
        for mode, fields in sorted(child.asked.get(use.method, {}).items()):
            some = mode in child.handed_on.get(use.method, ())
            bounds = list(self._bound(construction, mode, fields, some=some))
            if some and len(bounds) < len(fields):
                if bounds:
                    reason = f"not all of the factories that `{construction.kind}` is given bind `{mode}`"
                    raise Refused("MN101", use.call, reason)
                continue
            given = [(bound, at_call(mode, bound)) for bound in bounds]
            texts = {v if isinstance(v, str) else ast.unparse(v) for _, v in given}
            if len(texts) != 1:
                reason = f"`{construction.kind}` is given factories that bind `{mode}` to different values"
                raise Refused("MN101", use.call, reason)
            yield mode, given[0][1]

    def _bound(
        self, construction: Construction, mode: str, fields: set[str], *, some: bool = False
    ) -> Iterator[Bound]:
        """Yields what decides a mode of what the fields are given, of which `some` may not take it."""
        for field in sorted(fields):
            scope = Scope(self.plan.cls.names, self.plan.cls, construction.method)
            node = construction.every.get(field)
            if node is None:
                node, scope = by_default(self.project.classes[construction.target], field, self.project)
            each = made_by(node, scope, self.project.factories) if node is not None else ()
            bounds = [b for factory in each if (b := factory.at_call().get(mode)) is not None]
            told = len(each) == 1 or (some and all(b.field for b in bounds))
            bound = bounds[0] if bounds and told else None
            if some and not bounds and (each or (node is not None and is_none(node))):
                continue
            if bound is None:
                reason = f"what decides `{mode}` of `{field}` is not followed"
                raise Refused("MN101", construction.call, reason)
            yield bound

    def asks(self, submodule: Submodule, use: Use, moved: Sequence[Moved]) -> None:
        """Has the method that makes the call ask its own caller for what it does not know."""
        method = next(m for m in self.plan.cls.methods.values() if use.call in m.parents)
        for mode, value in moved:
            if isinstance(value, str):
                self._check(method, mode, use)
                through = self._fields(submodule, mode)
                hand_on(self.plan, through, mode, use.call, self.project)
                fields = self.plan.asked.setdefault(method.node.name, {}).setdefault(mode, set())
                fields |= through
        check_handed_on(self.plan, method.node.name, moved, use.call)

    def _fields(self, submodule: Submodule, mode: str) -> set[str]:
        """The class's own fields that the mode comes through."""
        construction, child = submodule.construction, submodule.child
        if child is None or mode in construction.modes_bound:
            return {construction.bound[mode].field}
        asked = {f for modes in child.asked.values() for f in modes.get(mode, ())}
        some = any(mode in modes for modes in child.handed_on.values())
        return {bound.field for bound in self._bound(construction, mode, asked, some=some) if bound.field}

    def _check(self, method: Method, mode: str, use: Use) -> None:
        spelled = {n.id for n in ast.walk(method.node) if isinstance(n, ast.Name)} | {*method.parameters}
        if mode in spelled:
            raise Refused("MN208", use.call, f"`{mode}` becomes an argument of the call, and is one already")
        if method.node.name in called_methods(self.plan.cls) or _calls_itself(self.plan.cls, method):
            reason = f"`{mode}` would have to be handed through `{method.node.name}`"
            raise Refused("MN101", use.call, reason)


def _calls_itself(cls: LinenClass, method: Method) -> bool:
    """Tells whether a method of the class says `self(...)`, and that is `method`."""
    called = (n.func for m in cls.methods.values() for n in ast.walk(m.node) if isinstance(n, ast.Call))
    return method.node.name == "__call__" and any(
        isinstance(f, ast.Name) and f.id == method.this for f in called
    )
