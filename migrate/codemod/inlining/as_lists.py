"""`self.layers = tuple(Block(8) for _ in range(self.n))` of setup, read as the list: Linen keeps a tuple of either."""

import ast
from collections.abc import Collection

from ..constructions import constructions
from ..model import LinenClass, Method, MethodKind
from ..names import Names
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from .calls import bound_in

_KINDS = ("list", "tuple")
_SEQUENTIAL = "Sequential"


def read_as_lists(project: Project) -> list[Rewording]:
    """Returns the calls of `tuple` and `list` whose elements are modules, as what these are given."""
    return [
        one
        for cls, method in project.methods if method.kind is MethodKind.SETUP
        for one in _read(cls, method, project)
    ]  # fmt: skip


def _read(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    calls = [n for n in ast.walk(method.node) if isinstance(n, ast.Call) and _gathers(n)]
    if not calls or {*_KINDS} & ({*bound_in(method)} | {*cls.source.names_at_top} | {*cls.names.aliases}):
        return []
    made = {c.call for c in constructions(cls, project)}
    found = [n for n in calls if _keeps(method, n, cls.names) and _are_made(n.args[0], made)]
    return [Rewording(cls, call, code) for call in found if (code := _as_list(call, cls.source)) is not None]


def _gathers(call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Name(id=name), args=[ast.expr()], keywords=[]):
            return name in _KINDS
    return False


def _keeps(method: Method, call: ast.Call, names: Names) -> bool:
    """Tells whether an attribute of the module is given what a call makes, or the layers of a Sequential are that."""
    match method.parents[call]:
        case ast.Assign(targets=[ast.Attribute() as target]):
            return method.is_this(target)
        case ast.Call(func=function, args=[one], keywords=[]):
            return one is call and names.linen(function) == _SEQUENTIAL
    return False


def _are_made(node: ast.expr, made: Collection[ast.AST]) -> bool:
    """Tells whether every element is a module."""
    match node:
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
            return element in made
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return bool(elements) and all(e in made for e in elements)
    return False


def _as_list(call: ast.Call, source: Source) -> str | None:
    """The code of the list, over as many lines."""
    whole, given = source.segment(call), call.args[0]
    inner, function = source.segment(given), source.segment(call.func)
    opened = inner if isinstance(given, ast.ListComp | ast.List) else f"[{inner[1:-1]}]"
    if whole == f"{function}{inner}":  # a generator has the parentheses of the call
        return opened
    ahead, _, behind = whole.removeprefix(function).partition(inner)
    if not inner.startswith(("(", "[")) or "#" in ahead + behind:
        return None
    code = f"{ahead}{opened}{behind.replace(',', '')}"
    return code if "\n" in code else opened
