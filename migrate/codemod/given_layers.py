"""A layer that a field holds, or that the class builds where the field is None; one local stands for both."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from .held_layers import HELD
from .model import LinenClass, Method, MethodKind
from .names import Names
from .trees import walk


@dataclass(frozen=True, eq=False)
class GivenOrBuilt:
    """`if self.embed is None: embed = nn.Embed(...)`, `else: embed = self.embed`: `read` is of the field."""

    name: str
    built: ast.Call
    read: ast.Attribute


def read_given(method: Method, names: Names, condition: ast.AST) -> GivenOrBuilt | None:
    """Returns what a condition at the top of a compact method says in this way."""
    if method.kind is not MethodKind.COMPACT or not isinstance(condition, ast.If):
        return None
    if method.parents[condition] is not method.node:
        return None
    match condition.test:
        case ast.Compare(left=field, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            sides = condition.body, condition.orelse
        case ast.Compare(left=field, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            sides = condition.orelse, condition.body
        case _:
            return None
    match sides:
        case (
            [ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as built)],
            [ast.Assign(targets=[ast.Name(id=other)], value=ast.Attribute() as read)],
        ) if name == other and method.is_this(read) and ast.dump(read) == ast.dump(field):
            found = GivenOrBuilt(name, built, read)
            return found if names.linen(built.func) in HELD and _bound_there(method, name) else None
    return None


def _bound_there(method: Method, name: str) -> bool:
    """Nothing else binds the name."""
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    stores = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
    return name not in method.parameters and len(stores) == _SIDES


_SIDES = 2


def given_around(method: Method, names: Names, node: ast.AST) -> GivenOrBuilt | None:
    """Returns the pair of which `node`, a call or a read of a field, is one side."""
    assign = method.parents.get(node)
    if not isinstance(assign, ast.Assign):
        return None
    found = read_given(method, names, method.parents[assign])
    return found if found is not None and node in (found.built, found.read) else None


def given_layers(cls: LinenClass) -> Mapping[str, GivenOrBuilt]:
    """Returns the pair for each field of the class that is read in this way."""
    found = (
        read_given(method, cls.names, statement)
        for method in cls.methods.values()
        for statement in method.node.body
    )
    own = {f.name for f in cls.fields}
    return {pair.read.attr: pair for pair in found if pair is not None and pair.read.attr in own}
