"""What every construction of a class in the whole program passes for its fields."""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ..bindings import statements, stored
from ..class_decorators import configured
from ..held_layers import HELD
from ..model import LinenClass, MethodKind
from ..module_lists import holds_modules, is_empty
from ..trees import children, is_none, remembered, walk
from .choices import held_in, made_by
from .lost import lost_variants
from .records import Factory, Scope
from .resolve import Factories, Program, binds_fields, bound_once, line

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ROUNDS = 6  # a field may hold a class whose fields hold classes


class Passed(NamedTuple):
    """One call that makes a class, and the arguments that reach it there; `odd` where not all can be read."""

    given: Mapping[str, tuple[ast.expr, Scope]]
    odd: bool


def read_factories(program: Program) -> Factories:
    """Returns the factories of a project, its fields settled."""
    places = list(_places(program))
    factories = Factories(program, [(call, scope) for call, scope in places if scope.method is None])
    factories.lost = lost_variants(program, factories)
    before: object = None
    for _ in range(_ROUNDS):
        calls = _constructions(places, factories)
        _settle(calls, factories)
        count = {name: len(found) for name, found in calls.items()}
        known = (count, {*factories.fields}, {*factories.several})
        if known == before:
            break
        before = known
    return factories


def _places(program: Program) -> Iterator[tuple[ast.Call, Scope]]:
    """Yields every call of the project with the scope that it stands in."""
    inside: set[ast.AST] = {*program.unused}
    for cls in program.classes.values():
        for method in cls.methods.values():
            scope = Scope(cls.names, cls, None if method.kind is MethodKind.STATIC else method)
            calls = [n for n in walk(method.node) if isinstance(n, ast.Call)]
            inside.update([method.node, *calls])  # of a setup that was folded, the file has another node
            yield from ((call, scope) for call in calls)
    for module, source in program.sources.items():
        yield from _outside(source.tree, Scope(program.names[module]), inside)


def _outside(tree: ast.AST, scope: Scope, inside: Collection[ast.AST]) -> Iterator[tuple[ast.Call, Scope]]:
    """Yields the calls in the order of the source, each with what functions around it hide, but those `inside`."""
    todo = [(tree, scope)]
    while todo:
        node, around = todo.pop()
        if node in inside:
            continue
        if isinstance(node, ast.Call):
            yield node, around
        inner = around
        if isinstance(node, _FUNCTIONS):
            own, once = _locals(node)
            outer = {n: v for n, v in around.values.items() if n not in own}
            inner = Scope(around.names, None, None, around.hidden | own, outer | once)
        todo += [(child, inner) for child in reversed(children(node))]


@remembered
def _locals(function: ast.AST) -> tuple[frozenset[str], dict[str, ast.expr]]:
    """The names that a function hides, and what it binds some of them to, exactly once."""
    arguments: ast.arguments = function.args  # type: ignore[attr-defined]
    parameters = {a.arg for a in walk(arguments) if isinstance(a, ast.arg)}
    body = [] if isinstance(function, ast.Lambda) else function.body  # type: ignore[attr-defined]
    once = {n: v for n, v in bound_once(statements(body)) if n not in parameters}
    return stored(function) | parameters, once


def _constructions(places: list[tuple[ast.Call, Scope]], factories: Factories) -> dict[str, list[Passed]]:
    found: dict[str, list[Passed]] = {}
    for call, scope in places:
        classes = [made for made in made_by(call.func, scope, factories) if made.layer is None]
        classes = [made for made in classes if not made.function]  # what it makes stands in the function
        for made in classes:
            found.setdefault(made.target, []).append(_passed(call, scope, made))
        if classes:
            continue
        partial = factories.factory(call, scope)
        if partial is not None and partial.layer is None:
            given = {name: (b.node, b.scope) for name, b in partial.bound.items() if not b.field}
            found.setdefault(partial.target, []).append(Passed(given, False))
    return found


def _passed(call: ast.Call, scope: Scope, made: Factory) -> Passed:
    odd = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    own = dict(zip(made.order, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    bound = {name: (b.node, b.scope) for name, b in made.bound.items() if not b.field}
    return Passed(bound | {name: (node, scope) for name, node in own.items()}, odd)


def _settle(calls: Mapping[str, list[Passed]], factories: Factories) -> None:
    families: dict[str, list[LinenClass]] = {}
    for cls in factories.project.classes.values():
        for above in line(cls, factories.project):
            families.setdefault(above.name, []).append(cls)
    for cls in factories.project.classes.values():
        for name in {f.name for f in cls.fields if f.init}:
            factories.settle((cls.name, name), list(_held(cls, name, families[cls.name], calls, factories)))


def _held(
    owner: LinenClass,
    name: str,
    family: list[LinenClass],
    calls: Mapping[str, list[Passed]],
    factories: Factories,
) -> Iterator[Factory | None]:
    """Yields what a field may hold, in the class itself and in those that inherit it; None is not followed."""
    listed = any(f.name == name and holds_modules(f, owner, factories.project) for f in owner.fields)
    for member in family:
        if configured(member):
            yield None
        for field in (f for f in member.fields if f.name == name):
            if field.factory is not None:
                yield None
            elif field.default is not None and not is_none(field.default):
                yield factories.factory(field.default, Scope(member.names))
        for passed in calls.get(member.name, ()):
            if name in passed.given and _is_instance(*passed.given[name], factories):
                node, scope = passed.given[name]
                factories.instances[(owner.name, name)] = node
                if scope.method is None:
                    factories.handed[(owner.name, name)] = node
            if listed and name in passed.given and _is_outside(*passed.given[name]):
                factories.instances[(owner.name, name)] = passed.given[name][0]
                factories.handed[(owner.name, name)] = passed.given[name][0]
            if passed.odd or (name in passed.given and not is_none(passed.given[name][0])):
                factories.given.add((owner.name, name))
            if name in passed.given:
                node, scope = passed.given[name]
                if node in factories.lost:
                    continue
                if either := held_in(node, scope, factories):
                    yield from either
                    continue
                made = factories.factory(node, scope)
                if made is not None and scope.method is None and _is_linen(made, factories):
                    yield None  # a script that hands on a Linen layer would go on to do so
                elif not is_none(node):
                    yield made
            elif passed.odd:
                yield None


def _is_outside(node: ast.expr, scope: Scope) -> bool:
    """Tells whether a list of modules may be handed over outside of the methods of a class."""
    return scope.method is None and not is_empty(node)


def _is_linen(made: Factory, factories: Factories) -> bool:
    """Tells whether it would have to be spelled otherwise for NNX."""
    return made.layer is not None or (bool(made.bound) and not binds_fields(made, factories.project))


def _is_instance(node: ast.expr, scope: Scope, factories: Factories) -> bool:
    """Tells whether an argument makes a module: `Model(act=nn.PReLU())`.

    A local of setup that holds a layer is followed by the plan of its class.
    """
    value = factories.value(node, scope)
    made = factories.factory(value.func, scope) if isinstance(value, ast.Call) else None
    local = value is not node and scope.method is not None and scope.method.kind is MethodKind.SETUP
    held = made is not None and made.layer is not None and made.layer.linen in HELD
    return made is not None and not (local and held)
