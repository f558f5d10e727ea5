"""What a call of the project runs: a function, a method of a class, or what makes an instance of it."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..flow.callables import Definition, Lookup
from ..names import Names
from .initialised import block
from .scopes import Function, arguments_of


@dataclass(frozen=True)
class Callee:
    """What a call runs: a function, or a method of the class `owner`, whose `first` parameters Python supplies."""

    node: Function
    names: Names
    first: int = 0
    owner: ast.ClassDef | None = None


def callee(name: str, lookup: Lookup) -> Callee | None:
    """Finds a function by its dotted name, `__init__` by that of its class, or a class method."""
    found = lookup(name)
    if found is not None:
        return _method(found, "__init__", {"": 1}) if _is_class(found) else _function(found)
    around, _, method = name.rpartition(".")
    cls = lookup(around) if around else None
    kinds = {"classmethod": 1, "staticmethod": 0}
    return _method(cls, method, kinds) if cls is not None and _is_class(cls) else None


def _is_class(found: Definition) -> bool:
    return isinstance(found.node, ast.ClassDef)


def _function(found: Definition) -> Callee | None:
    return Callee(found.node, found.names) if isinstance(found.node, ast.FunctionDef) else None


def _method(found: Definition, name: str, kinds: Mapping[str, int]) -> Callee | None:
    """The method that the class itself defines once, of one of these kinds."""
    assert isinstance(found.node, ast.ClassDef)
    own = [n for n in found.node.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if len(own) != 1 or len(own[0].decorator_list) > 1:
        return None
    kind = found.names.resolve(own[0].decorator_list[0]) or "?" if own[0].decorator_list else ""
    return Callee(own[0], found.names, kinds[kind], found.node) if kind in kinds else None


def spelled(name: str, function: Function) -> frozenset[str]:
    """How a function spells the model that its parameter `name` is: by that, or as `self.model`, where it puts it."""
    kept = [s.targets[0] for s in block(function) if isinstance(s, ast.Assign) and _is_named(s.value, name)]
    stores = [ast.unparse(n) for n in ast.walk(function) if isinstance(getattr(n, "ctx", None), ast.Store)]
    own = {ast.unparse(target) for target in kept if isinstance(target, ast.Attribute)}
    return frozenset({name, *(attribute for attribute in own if stores.count(attribute) == 1)})


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def is_other(node: ast.expr, called: Callee, model: Collection[str]) -> bool:
    """Tells whether an expression is something else than the `model`: another parameter, or bound to what has none."""
    name, own = ast.unparse(node), isinstance(node, ast.Name)
    around = called.node if own else called.owner or called.node
    binds = [s for s in ast.walk(around) if isinstance(s, ast.Assign) and name in map(ast.unparse, s.targets)]
    stores = [
        n
        for n in ast.walk(around)
        if isinstance(getattr(n, "ctx", None), ast.Store) and ast.unparse(n) == name
    ]
    known = bool(binds) or (own and name in arguments_of(called.node))
    values = {
        ast.unparse(n) for s in binds for n in ast.walk(s.value) if isinstance(n, ast.Name | ast.Attribute)
    }
    return known and name not in model and len(stores) == len(binds) and not values & {*model}
