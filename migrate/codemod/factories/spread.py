"""`nn.Dense(8, **inits)`: arguments that stand in a dict of the method, or that a function hands on as they are."""

import ast
from collections.abc import Mapping

from ...catalog.norms import CASTING_NORMS
from ..flow.callables import defined
from ..model import Method
from .records import MODES, Factory, Scope
from .resolve import Factories

_Items = dict[str, ast.expr]
_TAKEN = frozenset({*MODES, "name", "parent"})
"""Those that become something else in NNX."""
_EITHER = frozenset({"kernel_init", "bias_init", "scale_init", "embedding_init"})
"""Those that no size is told by, so that one of two dicts may have them."""
_STEPS = 4  # from a name to the dict that it stands for


def spread_of(
    call: ast.Call, factory: Factory, scope: Scope, factories: Factories
) -> Mapping[str, ast.expr] | None:
    """Returns the arguments behind `**`, or None where they are not known one by one."""
    found: _Items = {}
    for keyword in (k for k in call.keywords if k.arg is None):
        items = _items(keyword.value, scope, factories)
        if items is None or items.keys() & found.keys():
            return None
        found |= items
    if factory.layer is None:
        return None if found.keys() & {"name", "parent"} else found
    kind = factory.layer.linen
    taken = {*_TAKEN, *factory.layer.renamed, *({"dtype"} if kind in CASTING_NORMS else ())}
    return None if found.keys() & taken or (found and "Attention" in kind) else found


def _items(node: ast.expr, scope: Scope, factories: Factories, steps: int = _STEPS) -> _Items | None:
    match node:
        case ast.Name(id=name) if scope.method is not None and steps and _only_spread(name, scope.method):
            value = factories.value(node, scope)
            return _items(value, scope, factories, steps - 1) if value is not node else None
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return _named(keywords)
        case ast.Dict(keys=keys, values=values):
            names = [k.value if isinstance(k, ast.Constant) else None for k in keys]
            known = [name for name in names if isinstance(name, str)]
            return dict(zip(known, values, strict=True)) if len(known) == len(names) else None
        case ast.IfExp(body=one, orelse=two):
            yes, no = (_items(side, scope, factories, steps) for side in (one, two))
            return yes | no if yes is not None and no is not None and {*yes, *no} <= _EITHER else None
        case ast.Call(func=function, args=[], keywords=keywords):
            definition, items = _function(function, scope, factories), _named(keywords)
            return _handed_on(definition, items) if definition is not None and items is not None else None
    return None


def _named(keywords: list[ast.keyword]) -> _Items | None:
    return {str(k.arg): k.value for k in keywords} if all(k.arg for k in keywords) else None


def _only_spread(name: str, method: Method) -> bool:
    """Nothing else reads the dict, so nothing changes it."""
    reads = (n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    above = (method.parents[n] for n in reads if isinstance(n.ctx, ast.Load))
    return all(isinstance(a, ast.keyword) and a.arg is None for a in above)


def _function(node: ast.expr, scope: Scope, factories: Factories) -> ast.FunctionDef | None:
    """The function of the project that a name of the file stands for."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    name = scope.names.resolve(node) or ""
    if not isinstance(root, ast.Name) or factories.value(root, scope) is not root or not name:
        return None
    target = factories.project.canonical(name if "." in name else f"{scope.names.module}.{name}")
    module, _, rest = target.rpartition(".")
    source = factories.project.sources.get(module)
    found = defined(source.tree, rest) if source is not None else None
    return found if isinstance(found, ast.FunctionDef) and not found.decorator_list else None


def _handed_on(function: ast.FunctionDef, given: _Items) -> _Items | None:
    """What `def f(**kwargs)` returns that adds no more than copies: `if "a" in kwargs: kwargs["b"] = kwargs["a"]`."""
    arguments = function.args
    taken = arguments.kwarg.arg if arguments.kwarg is not None else ""
    if not taken or arguments.posonlyargs or arguments.args or arguments.vararg or arguments.kwonlyargs:
        return None
    found = dict(given)
    *body, last = function.body
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.If(test=test, body=[copy], orelse=[]) if (asked := _asked(test, taken)) is not None:
                copied = _copied(copy, taken)
                if copied is None or copied[1] != asked:
                    return None
                found |= {copied[0]: found[asked]} if asked in found else {}
            case _:
                return None
    returned = isinstance(last, ast.Return) and isinstance(last.value, ast.Name) and last.value.id == taken
    return found if returned else None


def _asked(test: ast.expr, taken: str) -> str | None:
    """The key of `"a" in kwargs` and of `"a" in kwargs.keys()`."""
    match test:
        case ast.Compare(
            left=ast.Constant(value=str(key)),
            ops=[ast.In()],
            comparators=[
                ast.Name(id=name) | ast.Call(func=ast.Attribute(ast.Name(id=name), "keys"), args=[])
            ],
        ) if name == taken:
            return key
    return None


def _copied(statement: ast.stmt, taken: str) -> tuple[str, str] | None:
    """The keys of `kwargs["b"] = kwargs["a"]`."""
    match statement:
        case ast.Assign(
            targets=[ast.Subscript(ast.Name(id=one), ast.Constant(value=str(new)))],
            value=ast.Subscript(ast.Name(id=two), ast.Constant(value=str(old))),
        ) if one == two == taken:
            return new, old
    return None
