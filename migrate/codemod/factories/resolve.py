"""Which factory an expression stands for: followed through partials, names of a method or file, and fields."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ..bindings import stored
from ..makers.heirs import read_heirs
from ..makers.read import read_makers
from ..makers.records import Heir, Maker
from ..model import LinenClass, Method
from ..names import Names, first_name
from ..trees import walk
from .merged import merged_fields
from .program import Program, fields_of, line
from .reaching import reaching
from .records import MODES, Bound, Factory, Lost, Scope, agreed, several
from .twins import placed

PARTIAL = "functools.partial"
_DEPTH = 8  # of names that stand for names


class Factories:
    """Resolves expressions of a project. `fields` has what each field of a class holds.

    `several` has the classes one of which a field holds. `unclear` says of a field that holds a factory at some place
    why it is not known which; `given` has the fields that a construction gives anything but None, `instances` a module
    that is made for a field, where there is one, and `handed` one of those that are made outside of the classes.
    `outside` are the calls that stand in no method of a Linen class, `lost` the layers without a twin that a partial
    hands on which nothing uses.
    """

    def __init__(self, project: Program, outside: Sequence[tuple[ast.Call, Scope]] = ()):
        self.project, self.outside = project, outside
        self.fields: dict[tuple[str, str], Factory] = {}
        self.several: dict[tuple[str, str], tuple[Factory, ...]] = {}
        self.unclear: dict[tuple[str, str], str] = {}
        self.instances: dict[tuple[str, str], ast.expr] = {}
        self.given: set[tuple[str, str]] = set()
        self.handed: dict[tuple[str, str], ast.expr] = {}
        self.lost: Mapping[ast.expr, Lost] = {}
        self.followed: dict[str, tuple[LinenClass, Sequence[object], Any]] = {}
        self._locals: dict[Method, dict[str, list[ast.AST]]] = {}

    def factory(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> Factory | None:
        """Returns what calling `node` makes, or None where that is no module that is followed."""
        if isinstance(node, ast.Call):
            return self._partial(node, scope, depth)
        if scope.method is not None and scope.cls is not None and scope.method.is_this(node):
            assert isinstance(node, ast.Attribute)
            return self.held(scope.cls, node.attr)
        binders = self.binders(node.id, scope.method) if isinstance(node, ast.Name) and scope.method else []
        if isinstance(node, ast.Name) and scope.method is not None and binders:
            find = local_value if len(binders) == 1 else reaching
            local = find(node, scope.method, binders)
            made = self.factory(local, scope, depth - 1) if local is not None and depth else None
            return replace(made, direct=False) if made is not None else None
        return self._named(node, scope, depth)

    def value(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Returns what a name was bound to, where that is known, or the expression itself."""
        if not isinstance(node, ast.Name):
            return node
        if scope.method is not None and (binders := self.binders(node.id, scope.method)):
            return local_value(node, scope.method, binders) or node
        if node.id in scope.hidden:
            return scope.values.get(node.id, node)
        return self.globals.get(f"{scope.names.module}.{node.id}", node)

    def held(self, cls: LinenClass, name: str) -> Factory | None:
        """Returns what a field of `cls`, or of a class that it inherits from, holds."""
        keys = [(above.name, name) for above in line(cls, self.project)]
        found = next((self.fields[key] for key in keys if key in self.fields), None)
        return found.through(name) if found is not None else None

    def either(self, cls: LinenClass, name: str) -> tuple[Factory, ...]:
        """Returns the classes one of which a field holds; nothing where it is always the same, or is not known."""
        keys = [(above.name, name) for above in line(cls, self.project)]
        found = next((self.several[key] for key in keys if key in self.several), ())
        return tuple(each.through(name) for each in found)

    def makes(self, cls: LinenClass, name: str) -> bool:
        """Tells whether a field holds what makes modules, and it is known what."""
        return self.held(cls, name) is not None or bool(self.either(cls, name))

    def _named(self, node: ast.expr, scope: Scope, depth: int) -> Factory | None:
        linen = scope.names.linen(node)
        if linen is not None:
            layer = placed(linen.rpartition(".")[2])
            return Factory(layer, f"flax.linen.{layer.linen}", layer.arguments) if layer is not None else None
        name = scope.names.resolve(node) or ""
        if isinstance(node, ast.Name) and node.id in scope.hidden:
            value = scope.values.get(node.id)
            made = self.factory(value, scope, depth - 1) if value is not None and depth else None
            return replace(made, direct=False) if made is not None else None
        target = self.project.canonical(name)
        if target in self.heirs:
            return self.heirs[target].factory
        if target in self.project.classes:
            return Factory(None, target, fields_of(self.project.classes[target], self.project))
        full = target if "." in target else f"{scope.names.module}.{target}"
        return self._of_function(full, node, scope) or self._of_module(full, depth)

    @cached_property
    def makers(self) -> dict[str, Maker]:
        """The functions outside of classes that make modules."""
        return read_makers(self.project)

    @cached_property
    def heirs(self) -> dict[str, Heir]:
        """The classes that hand on other defaults to a layer that they inherit from."""
        return read_heirs(self.project)

    def _of_function(self, name: str, node: ast.expr, scope: Scope) -> Factory | None:
        """A function that a method calls by a name of the file."""
        own = scope.method is None or self.binders(first_name(node), scope.method)
        return None if own or name not in self.makers else self.makers[name].factory

    def _of_module(self, name: str, depth: int) -> Factory | None:
        """A name that a file binds once, to a class or a partial of one."""
        value = self.globals.get(name)
        if value is None or not depth:
            return None
        made = self.factory(value, Scope(self.project.names[name.rpartition(".")[0]]), depth - 1)
        return replace(made, direct=False) if made is not None else None

    @cached_property
    def globals(self) -> dict[str, ast.expr]:
        """The names that files bind exactly once, at their top, and to what."""
        found: dict[str, ast.expr] = {}
        for module, source in self.project.sources.items():
            shared = {n for g in walk(source.tree) if isinstance(g, ast.Global) for n in g.names}
            found |= {f"{module}.{name}": v for name, v in bound_once(source.tree.body) if name not in shared}
        return found

    def _partial(self, node: ast.Call, scope: Scope, depth: int) -> Factory | None:
        if not self.is_partial(node, scope.names) or not node.args or not depth:
            return None
        inner = self.factory(node.args[0], scope, depth - 1)
        return self.bound(node, inner, scope) if inner is not None else None

    def bound(self, node: ast.Call, inner: Factory, scope: Scope) -> Factory | None:
        """Returns what a partial makes whose first argument makes `inner`."""
        rest = node.args[1:]
        if any(isinstance(a, ast.Starred) for a in rest) or len(rest) > len(inner.order):
            return None
        if inner.function or any(k.arg is None for k in node.keywords):
            return None
        given = dict(zip(inner.order, rest, strict=False)) | {str(k.arg): k.value for k in node.keywords}
        bound = {name: self._bound(name, value, scope, inner) for name, value in given.items()}
        placed = inner.placed + len(rest)
        return replace(inner, placed=placed, bound={**inner.bound, **bound}, direct=False)

    def _bound(self, name: str, value: ast.expr, scope: Scope, inner: Factory) -> Bound:
        varies = scope.method is not None and depends(scope.method, value)
        return Bound(value, scope, varies and self._is_mode(name, inner))

    def _is_mode(self, name: str, made: Factory) -> bool:
        """Tells whether the call of what is made takes the argument as well."""
        if made.layer is not None or made.function:
            return made.layer is not None and name in MODES
        return name in merged_fields(self.project.classes[made.target], self.project)

    def is_partial(self, call: ast.Call, names: Names) -> bool:
        """Tells whether a call is one of functools.partial, by whatever name the file has for it."""
        name = names.resolve(call.func) or ""
        own = self.globals.get(f"{names.module}.{name}") if "." not in name else None
        return PARTIAL in (name, names.resolve(own))

    def settle(self, key: tuple[str, str], found: Sequence[Factory | None]) -> None:
        """Keeps what a field holds; None stands for something that is not followed."""
        known = [f for f in found if f is not None]
        self.fields.pop(key, None)
        self.several.pop(key, None)
        self.unclear.pop(key, None)
        if len(known) == len(found) and (classes := several(known)):
            self.several[key] = classes
            return
        made = (
            agreed(known)
            if len(known) == len(found) and known
            else "what it is given is not followed everywhere"
        )
        if isinstance(made, Factory):
            self.fields[key] = made
        elif known:
            self.unclear[key] = made

    def binders(self, name: str, method: Method) -> list[ast.AST]:
        """What binds a name anywhere in a method, functions inside of it included."""
        if method not in self._locals:
            found: dict[str, list[ast.AST]] = {}
            self._locals[method] = found
            for node in walk(method.node):
                for bound in binds(node) if node is not method.node else ():
                    found.setdefault(bound, []).append(node)
        return self._locals[method].get(name, [])


def binds_fields(factory: Factory, program: Program) -> bool:
    """Tells whether it is a partial of a class that gives it fields by their names: it is the same around NNX's."""
    if factory.layer is not None or factory.function or factory.placed or not factory.bound:
        return False
    return factory.bound.keys() <= {*fields_of(program.classes[factory.target], program)}


def depends(method: Method, node: ast.expr) -> bool:
    """Tells whether an expression reads an argument or a local of the method."""
    names = {n.id for n in walk(node) if isinstance(n, ast.Name)} - {method.this}
    return bool(names & ({*method.parameters} | stored(method.node)))


def local_value(node: ast.Name, method: Method, binders: Sequence[ast.AST]) -> ast.expr | None:
    """Returns what the one assignment to a name binds it to, where that always runs before `node` is come to."""
    target = binders[0]
    statement = method.parents[target]
    if len(binders) > 1 or not isinstance(statement, ast.Assign) or statement.targets != [target]:
        return None
    around = {method.node, *method.above(node)}
    before = (statement.lineno, statement.col_offset) < (node.lineno, node.col_offset)
    return statement.value if before and method.parents[statement] in around else None


def binds(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=other):
            return (other or name.partition(".")[0],)
    return ()


def bound_once(body: Iterable[ast.stmt]) -> list[tuple[str, ast.expr]]:
    """Names that stand alone on the left of exactly one assignment of a file, with its right side."""
    values: dict[str, ast.expr] = {}
    again: set[str] = set()
    for statement in body:
        bound = stored(statement)
        again |= bound & values.keys()
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                values[name] = value
            case _:
                again |= bound
    return [(name, value) for name, value in values.items() if name not in again]


__all__ = [
    "Factories",
    "Program",
    "binds",
    "binds_fields",
    "bound_once",
    "depends",
    "fields_of",
    "line",
    "local_value",
]
