"""Functions that are given a Dropout and call it, and do no more with it: `attention(q, k, v, self.dropout)`."""

import ast
from collections.abc import Iterator, Mapping

from ..bindings import bound_to, loads
from ..constructions import Construction
from ..flow.callables import parameters
from ..model import LinenClass, Method
from ..project import Project
from .definitions import lookup_in

_SIZELESS = "Dropout"
"""Layers that ask for no size: those of a function are spelled with what stands in its own file."""

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

Inside = Mapping[ast.expr, tuple[ast.Call, ...]]
"""Where a module is given to a function, and the calls of it there."""


def called_inside(cls: LinenClass, construction: Construction, project: Project) -> Inside:
    """Returns the mentions of a module as an argument of such a function; NNX's twin can be called there as it is."""
    layer = construction.layer
    plain = construction.lifted is None and not {"deterministic", "rng_collection"} & {*construction.every}
    if layer is None or layer.linen != _SIZELESS or not plain:
        return {}
    found = {}
    for method, mention in _mentions(cls, construction):
        calls = _calls(cls, method, mention, project)
        if calls is not None:
            found[mention] = calls
    return found


def _mentions(cls: LinenClass, construction: Construction) -> Iterator[tuple[Method, ast.expr]]:
    method = construction.method
    target = bound_to(construction.call, method.parents)
    if isinstance(target, ast.Name):
        yield from ((method, n) for n in loads(method.node.body, target.id))
    elif isinstance(target, ast.Attribute) and method.is_this(target):
        for each in cls.methods.values():
            nodes = (n for n in ast.walk(each.node) if isinstance(n, ast.Attribute))
            yield from ((each, n) for n in nodes if each.is_this(n, target.attr))


def _calls(
    cls: LinenClass, method: Method, mention: ast.expr, project: Project
) -> tuple[ast.Call, ...] | None:
    above = method.parents[mention]
    keyword = above.arg if isinstance(above, ast.keyword) else None
    call = method.parents[above] if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or call.func is mention:
        return None
    found = lookup_in(project)(cls.names.resolve(call.func) or "")
    if found is None or not isinstance(found.node, ast.FunctionDef) or found.node.decorator_list:
        return None
    asked = parameters(found.node)
    plain = not any(isinstance(a, ast.Starred) for a in call.args)
    if asked is None or not plain or any(k.arg is None for k in call.keywords):
        return None
    name = keyword or asked[0][call.args.index(mention)]
    return _only_called(found.node, name)


def _only_called(function: ast.FunctionDef, name: str) -> tuple[ast.Call, ...] | None:
    """The calls of a parameter, where these are all that it is for."""
    spelled = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call) and n.func in spelled]
    apart = [n for n in ast.walk(function) if isinstance(n, _FUNCTIONS) and n is not function]
    if any(n in spelled for each in apart for n in ast.walk(each)):
        return None  # who calls that, and how often, is another question
    alike = all(len(c.args) == 1 and {k.arg for k in c.keywords} <= {"deterministic"} for c in calls)
    starred = any(isinstance(a, ast.Starred) for c in calls for a in c.args)
    return tuple(calls) if calls and alike and not starred and len(calls) == len(spelled) else None
