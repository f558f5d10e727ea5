"""Functions and methods that are given a layer, call it and do no more with it: `attention(q, k, v, self.dropout)`."""

import ast
from collections.abc import Iterator, Mapping, Set

from ..bindings import bound_to, loads
from ..branches import always_reached, in_any_case
from ..constructions import Construction
from ..factories.program import has_family
from ..flow.callables import parameters
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..trees import parents_of, walk
from .definitions import lookup_in

_PLAIN = frozenset(
    {"Dense", "DenseGeneral", "Conv", "ConvTranspose", "Embed", "LayerNorm", "GroupNorm", "RMSNorm"}
)
"""Layers that are called in NNX as they are in Linen; so is a Dropout that is told at its calls what it does."""

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

Inside = Mapping[ast.expr, tuple[ast.Call, ...]]
"""Where a module is given to a function, and the calls of it there."""


def called_inside(cls: LinenClass, construction: Construction, project: Project) -> Inside:
    """Returns the mentions of a module as an argument of such a function; NNX's twin can be called there as it is."""
    layer = construction.layer.linen if construction.layer is not None else ""
    told = layer == "Dropout" and not {"deterministic", "rng_collection"} & {*construction.every}
    if construction.lifted is not None or not (told or layer in _PLAIN):
        return {}
    found = {}
    for method, mention in _mentions(cls, construction):
        calls = _calls(cls, method, mention, project, {"deterministic"} if told else set())
        if calls is not None:
            found[mention] = calls
    sure = any(
        _is_reached(construction, method, n) for method, n in _mentions(cls, construction) if n in found
    )
    return found if told or sure else {}


def _mentions(cls: LinenClass, construction: Construction) -> Iterator[tuple[Method, ast.expr]]:
    method = construction.method
    target = bound_to(construction.call, method.parents)
    if target is None:
        yield method, construction.call
    if isinstance(target, ast.Name):
        yield from ((method, n) for n in loads(method.node.body, target.id))
    elif isinstance(target, ast.Attribute) and method.is_this(target):
        for each in cls.methods.values():
            nodes = (n for n in walk(each.node) if isinstance(n, ast.Attribute))
            yield from ((each, n) for n in nodes if each.is_this(n, target.attr))


def _is_reached(construction: Construction, method: Method, mention: ast.expr) -> bool:
    """Tells whether a function is given the module wherever that is made: Linen makes its parameters when it is called.

    What setup makes has to be given to it by every `__call__`, any other right behind the place that makes it.
    """
    if construction.method.kind is MethodKind.SETUP:
        return method.node.name == "__call__" and always_reached(method, mention)
    statement = method.statement(mention)
    made, block = method.statement(construction.call), method.block(statement)
    between = block[block.index(made) : block.index(statement)] if made in block else [ast.Return()]
    leaves = any(isinstance(n, ast.Return) for s in between for n in walk(s))
    return not leaves and in_any_case(method, mention)


def _calls(
    cls: LinenClass, method: Method, mention: ast.expr, project: Project, modes: Set[str]
) -> tuple[ast.Call, ...] | None:
    above = method.parents[mention]
    keyword = above.arg if isinstance(above, ast.keyword) else None
    call = method.parents[above] if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or call.func is mention:
        return None
    function = _function(cls, method, call, project)
    asked = parameters(function) if function is not None and not function.decorator_list else None
    plain = not any(isinstance(a, ast.Starred) for a in call.args)
    if function is None or asked is None or not plain or any(k.arg is None for k in call.keywords):
        return None
    place = 0 if keyword else call.args.index(mention) + method.is_this(call.func)
    calls = _only_called(function, keyword or asked[0][place], modes)
    known = Method(function, MethodKind.HELPER, "", (), parents_of(function))
    return calls if calls and (modes or any(always_reached(known, c) for c in calls)) else None


def _function(cls: LinenClass, method: Method, call: ast.Call, project: Project) -> ast.FunctionDef | None:
    """The function of the project, or the method of the class, that a call is of."""
    if isinstance(call.func, ast.Attribute) and method.is_this(call.func):
        own = cls.methods.get(call.func.attr)
        return own.node if own is not None and not has_family(cls, project) else None
    found = lookup_in(project)(cls.names.resolve(call.func) or "")
    return found.node if found is not None and isinstance(found.node, ast.FunctionDef) else None


def _only_called(function: ast.FunctionDef, name: str, modes: Set[str]) -> tuple[ast.Call, ...] | None:
    """The calls of a parameter, with one argument and such modes, where these are all that it is for."""
    spelled = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name]
    calls = [n for n in walk(function) if isinstance(n, ast.Call) and n.func in spelled]
    apart = [n for n in walk(function) if isinstance(n, _FUNCTIONS) and n is not function]
    if any(n in spelled for each in apart for n in walk(each)):
        return None  # who calls that, and how often, is another question
    lazy = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in walk(function))
    alike = not lazy and all(len(c.args) == 1 and {k.arg for k in c.keywords} <= modes for c in calls)
    starred = any(isinstance(a, ast.Starred) for c in calls for a in c.args)
    return tuple(calls) if calls and alike and not starred and len(calls) == len(spelled) else None
