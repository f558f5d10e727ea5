"""Where a Linen class makes submodules: which layer or class, and with which arguments."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..catalog.layer import FLAX, Layer
from .applied_layers import has_no_parent, is_applied
from .bindings import stored
from .cells import cells
from .factories.at_top import name_at_top
from .factories.choices import made_by
from .factories.records import MODES, Bound, Factory, Scope
from .factories.resolve import fields_of
from .factories.spread import spread_of
from .folds import lifted_in
from .lifted import read_lifted
from .lifts import Lifted, lift_of
from .merged_modes import moved_to_call
from .model import LinenClass, Method, MethodKind
from .named_before import name_given
from .project import Project
from .thrown_away import is_thrown_away
from .trees import walk

_PARENT = "it is given a parent"


@dataclass(frozen=True, eq=False)
class Construction:
    """One call that makes a submodule: a catalog `layer`, or a class of the project called `target`.

    `given` has the constructor's arguments by their Linen names, `name` the explicit name where it is a literal.
    `odd` says what about the call is not followed. `factory` is what is called: it may bind other arguments. `lifted`
    are the transforms around the class. `spread` are the arguments that stand in a dict behind `**`. Where a local
    or a field stands for one of several classes, the call is a construction of each, and the `choice` has all of them.
    `unknown` are arguments that the class does not have: Linen raises there, and so does NNX. `merged` are modes that
    the class takes from its call as well, where this says them by what the method is called with. `known_as` is what
    the file calls the class of a choice. A layer that is `applied` works with variables of others, and has none; one
    that is `thrown_away` is never called.
    """

    call: ast.Call
    method: Method
    factory: Factory
    given: Mapping[str, ast.expr]
    name_node: ast.expr | None
    odd: str = ""
    lifted: Lifted | None = None
    spread: frozenset[str] = frozenset()
    choice: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    merged: frozenset[str] = frozenset()
    known_as: str = ""
    applied: bool = False
    thrown_away: bool = False

    @property
    def layer(self) -> Layer | None:
        return self.factory.layer

    @property
    def target(self) -> str:
        return self.factory.target

    @property
    def kind(self) -> str:
        return self.factory.kind

    @property
    def bound(self) -> dict[str, Bound]:
        """The arguments that a partial has bound and the call does not give anew."""
        return {name: bound for name, bound in self.factory.bound.items() if name not in self.given}

    @property
    def modes_bound(self) -> dict[str, Bound]:
        """The modes of a class of the project that a partial binds by what the caller is called with."""
        return {n: b for n, b in self.bound.items() if b.at_call} if self.layer is None else {}

    @property
    def has_merged(self) -> bool:
        """Tells whether its calls take a mode that its constructor was given in Linen."""
        return bool(self.merged or self.modes_bound)

    @property
    def every(self) -> dict[str, ast.expr]:
        """All arguments, whoever gives them."""
        return {name: bound.node for name, bound in self.bound.items()} | dict(self.given)

    @property
    def counted(self) -> str:
        """The class name that Linen's automatic names count by."""
        kind = self.factory.counted
        return kind if self.lifted is None else self.lifted.prefix + kind

    @property
    def spelled(self) -> tuple[ast.expr, ...]:
        """The expressions that name the class, and the transforms around it."""
        if self.lifted is None:
            return (self.call.func,)
        lifts = self.lifted.every
        return (*self.lifted.nodes, *(n for lift in lifts for n in (lift.function, *lift.markers)))

    @property
    def reads(self) -> tuple[ast.expr, ...]:
        """The expressions that the constructor evaluates: not the name, and no mode that the call decides."""
        lifts = self.lifted.lifts if self.lifted is not None else ()
        rounds = [lift.rounds for lift in lifts if lift.stacks]
        modes = self.merged if self.layer is None else MODES
        given = (
            n for name, n in self.given.items() if name not in modes and not self.decodes_by_call(name, n)
        )
        makers = (self.call.func,) if self.lifted is None else self.lifted.nodes
        own = () if self.factory.direct else makers
        spread = (k.value for k in self.call.keywords if k.arg is None)
        return (*own, *given, *spread, *(node for node in rounds if node is not None))

    def decodes_by_call(self, name: str, node: ast.expr) -> bool:
        """Tells whether an attention decodes where an argument says so: its call takes that in NNX."""
        called = {n.id for n in walk(node) if isinstance(n, ast.Name)} & {*self.method.parameters}
        return name == "decode" and self.layer is not None and bool(called - {self.method.this})

    @property
    def name(self) -> str | None:
        node = self.name_node
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def constructions(cls: LinenClass, project: Project) -> list[Construction]:
    """Returns the submodules that `cls` makes itself, in source order: of those of its name, what its methods make."""
    return [c for c in _every(cls, project) if not c.thrown_away]


def thrown_away(cls: LinenClass, project: Project) -> list[Construction]:
    """Returns the layers that nothing mentions again: they go."""
    return [c for c in _every(cls, project) if c.thrown_away]


def _every(cls: LinenClass, project: Project) -> list[Construction]:
    if cls.name not in project.made:
        methods = [m for m in cls.methods.values() if m.kind is not MethodKind.STATIC]
        project.made[cls.name] = [c for method in methods for c in _in_method(cls, method, project)]
    return [c for c in project.made[cls.name] if cls.methods.get(c.method.node.name) is c.method]


def _in_method(cls: LinenClass, method: Method, project: Project) -> Iterator[Construction]:
    calls = [n for n in walk(method.node) if isinstance(n, ast.Call)]
    scope = Scope(cls.names, cls, method)
    lifts = any(lift_of(call, cls.names) for call in calls)
    idle = {cell.call for cell in cells(method, cls.names)}
    for call in sorted((c for c in calls if c not in idle), key=lambda c: (c.lineno, c.col_offset)):
        lifted = lifted_in(method.folds, call, cls.names)
        if lifted is None and lifts:
            lifted = read_lifted(call.func, method, cls.names)
        if lifted is None:
            made = made_by(call.func, scope, project.factories)
        else:
            one = project.factories.factory(lifted.nodes[0], _scope_behind(lifted, scope))
            made = (one,) if one is not None and (one.direct or one.field) else ()
        made = tuple(_by_its_name(cls, factory) for factory in made)
        spread = [spread_of(call, factory, scope, project.factories) for factory in made]
        each = [_construction(call, method, *pair) for pair in zip(made, spread, strict=True)]
        if len(each) == 1 and lifted is None and each[0].layer is None and each[0].factory.direct:
            merged = moved_to_call(call, method, each[0].target, each[0].factory.order, project)
            each = [replace(each[0], merged=merged)]
        if len(each) == 1 and lifted is None and each[0].factory.direct:
            each = [_if_thrown_away(_if_applied(each[0], cls, project), cls, project)]
        names = [name_at_top(c.target, cls, method, project) if len(each) > 1 else "" for c in each]
        alike = zip(_alike(each), names, strict=True)
        yield from (replace(c, lifted=lifted, known_as=name) for c, name in alike)


def _scope_behind(lifted: Lifted, scope: Scope) -> Scope:
    """Where the class behind transforms is looked up: what a vmap or a scan runs may be in a field too."""
    return scope if lifted.iteration is not None and len(lifted.nodes) == 1 else Scope(scope.names)


def _if_applied(construction: Construction, cls: LinenClass, project: Project) -> Construction:
    """A layer that is only applied has no variables, and no place among the submodules."""
    layer, call, method = construction.layer, construction.call, construction.method
    if layer is None or construction.odd not in ("", _PARENT):
        return construction
    if not is_applied(cls, method, call, layer, construction.every, project):
        return construction
    odd = "" if has_no_parent(call) else construction.odd
    factory = replace(construction.factory, layer=replace(layer, variables=()))
    return replace(construction, factory=factory, odd=odd, applied=True)


def _if_thrown_away(construction: Construction, cls: LinenClass, project: Project) -> Construction:
    """A layer that is never called has no variables in Linen, and would have them in NNX."""
    if construction.layer is None or construction.odd or construction.unknown:
        return construction
    return replace(
        construction, thrown_away=is_thrown_away(cls, construction.method, construction.call, project)
    )


def _by_its_name(cls: LinenClass, factory: Factory) -> Factory:
    """A layer of ours has another name in a file that calls something else so: `class GRUCell(nn.Module)`."""
    layer = factory.layer
    if layer is None or layer.home == FLAX:
        return factory
    own = f"{layer.home}.{layer.nnx}"
    taken = cls.names.aliases.get(layer.nnx, own) != own or layer.nnx in stored(cls.source.tree)
    return replace(factory, layer=replace(layer, alias=f"Linen{layer.nnx}")) if taken else factory


def _alike(each: list[Construction]) -> list[Construction]:
    """One call of several classes: each has to take its arguments for the same fields."""
    if len(each) < 2:
        return each
    choice = tuple(c.target for c in each)
    same = all(c.given == each[0].given for c in each)
    if len({c.layer is None for c in each}) > 1:
        same = not any(c.given for c in each)  # a norm of Flax and a class may mean other things by a name
    reason = f"`{each[0].kind}` and `{each[-1].kind}`, one of which it is, have other fields in these places"
    lacking = next((_lacks(c.unknown) for c in each if c.unknown), "")
    return [replace(c, choice=choice, odd=c.odd or lacking or ("" if same else reason)) for c in each]


def _without_name(factory: Factory) -> tuple[Factory, ast.expr | None]:
    """Takes out the name that a partial of the same method binds: `up = partial(nn.Dense, 8, name="up")`."""
    bound = factory.bound.get("name")
    if bound is None or bound.field or bound.scope.method is None or not bound.literal:
        return factory, None
    rest = {name: other for name, other in factory.bound.items() if name != "name"}
    return replace(factory, bound=rest), bound.node


def _lacks(unknown: Sequence[str]) -> str:
    return f"it has no argument `{unknown[0]}`"


def _construction(
    call: ast.Call, method: Method, factory: Factory, spread: Mapping[str, ast.expr] | None
) -> Construction:
    order = factory.order
    odd = ""
    if any(isinstance(a, ast.Starred) for a in call.args) or spread is None:
        odd = "its arguments are unpacked from a sequence or a dict"
    elif len(call.args) > len(order):
        odd = "it has more arguments than fields"
    given = dict(zip(order, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    given |= spread or {}
    if factory.function:
        return _through(call, method, factory, given, odd)
    factory, bound_name = _without_name(factory)
    name = given.pop("name", bound_name)
    if name is not None:
        none = isinstance(name, ast.Constant) and name.value is None
        name = None if none else name_given(name, call, method)
    parent = given.pop("parent", None)
    if parent is not None or {"name", "parent"} & factory.bound.keys():
        odd = _PARENT if parent is not None else "a partial of it has a name or a parent"
    if fixed := sorted(given.keys() & factory.fixed):
        odd = odd or f"`{ast.unparse(call.func)}` gives `{fixed[0]}` itself"
    unknown = sorted((given.keys() | factory.bound.keys()) - set(factory.arguments))
    raises = factory.layer is None and factory.direct and not spread
    if unknown and not odd and not raises:
        odd = _lacks(unknown)
    return Construction(
        call, method, factory, given, name, odd, spread=frozenset(spread or ()), unknown=tuple(unknown)
    )


def _through(
    call: ast.Call, method: Method, factory: Factory, given: Mapping[str, ast.expr], odd: str
) -> Construction:
    """What a function makes, by the arguments of the module that the parameters of the function are."""
    unknown = sorted(given.keys() - factory.takes.keys())
    if any(k.arg is None for k in call.keywords):
        odd = odd or "its arguments are unpacked from a sequence or a dict"
    elif unknown:
        odd = odd or f"`{ast.unparse(call.func)}` has no argument `{unknown[0]}`"
    elif factory.called and not method.is_called(call):
        odd = odd or f"how `{ast.unparse(call.func)}` calls it is not followed"
    taken = {factory.takes[name]: node for name, node in given.items() if name in factory.takes}
    return Construction(call, method, factory, taken, None, odd)


__all__ = ["MODES", "Construction", "constructions", "fields_of", "thrown_away"]
