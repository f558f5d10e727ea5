"""Dicts of arrays: `{"mean": mean, "std": std}`, `{**state, "x": x}`, `found["x"] = x`, and an argument that is one."""

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..bindings import defines, statements, stored
from ..model import Method
from .terms import Kind, Term
from .values import Array, Items, Keyed, Made, Rest, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_HELD = Array | Keyed | Items | Term | Made


def dict_of(keys: Sequence[ast.expr | None], values: Sequence[Value]) -> Keyed | None:
    """Returns a dict with literal keys that has arrays or modules; what stands behind `**` has to be one too."""
    found: dict[str, Value] = {}
    for key, value in zip(keys, values, strict=True):
        match key, value:
            case None, Keyed():
                found |= dict(zip(value.names, value.values, strict=True))
            case ast.Constant(value=str(name)), _ if isinstance(value, _HELD | None):
                found[name] = value
            case _:
                return None
    arrays = any(isinstance(value, Array | Keyed | Made) for value in found.values())
    return Keyed(tuple(found), tuple(found.values())) if arrays else None


def modules_of(value: Value) -> Items | None:
    """Returns the submodules of a dict that setup makes of them, which stays as it is."""
    values = value.values if isinstance(value, Keyed) else ()
    return Items(values) if values and all(isinstance(each, Made) for each in values) else None


def forget_changed(env: dict[str, Value], call: ast.Call, function: ast.AST, skipped: int = 0) -> None:
    """Forgets the locals that a call hands to a function which changes them: `state["x"] = y`, `state.update(...)`."""
    if not isinstance(function, ast.FunctionDef):
        return
    parameters = [a.arg for a in function.args.args][skipped:]
    given = dict(zip(parameters, call.args, strict=False)) | {k.arg or "": k.value for k in call.keywords}
    changed = {name for s in statements(function.body) for name in defines(s) - stored(s)}
    env.update((n.id, None) for name, n in given.items() if name in changed and isinstance(n, ast.Name))


def forget(env: dict[str, Value], value: Value) -> None:
    """Forgets every local that may be this very dict."""
    env.update((name, None) for name, held in [*env.items()] if held == value)


def of_dict(env: dict[str, Value], value: Keyed, node: ast.Call) -> Value:
    """Returns what a method of a dict gives; one that changes it has it forgotten."""
    match node:
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name))], keywords=[]):
            return value.at(name)
        case ast.Call(func=ast.Attribute(attr="copy"), args=[], keywords=[]):
            return value
        case ast.Call(func=ast.Attribute(attr="items" | "keys" | "values")):
            return None
    forget(env, value)
    return None


def unpacked(scope: "Evaluator", node: ast.expr, value: Value) -> Mapping[str, Value] | None:
    """Returns what `**node` gives by name; None where that is not known."""
    if isinstance(value, Rest):
        return dict(value.keywords)
    if isinstance(value, Keyed):
        return dict(zip(value.names, value.values, strict=True)) if _stays(scope.method, node) else None
    written = _written(scope.method, node) if isinstance(node, ast.Name) else None
    if written is None or any(part not in scope.seen for part in written.values()):
        return None
    return {name: scope.seen[part] for name, part in written.items()}


def _stays(method: Method, node: ast.expr) -> bool:
    """Tells whether no call is given the dict itself, which might change it."""
    name = node.id if isinstance(node, ast.Name) else None
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    above = [(n, method.parents[n]) for n in spelled]
    return not any(isinstance(a, ast.Call | ast.keyword) and not _is_unpacked(n, a) for n, a in above)


def _written(method: Method, node: ast.Name) -> dict[str, ast.expr] | None:
    """What stands in the one dict that a name is bound to, just before, which nothing does but unpack."""
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == node.id]
    above = [method.parents[n] for n in spelled]
    match [(n, a) for n, a in zip(spelled, above, strict=True) if not _is_unpacked(n, a)]:
        case [(name, ast.Assign(targets=[target], value=ast.Dict(keys=keys, values=values)) as made)] if (
            target is name
        ):
            names = [k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
            beside = method.parents[made] is method.parents[method.statement(node)]
            return dict(zip(names, values, strict=True)) if beside and len({*names}) == len(keys) else None
    return None


def _is_unpacked(node: ast.Name, above: ast.AST) -> bool:
    return isinstance(above, ast.keyword) and above.arg is None and above.value is node


def put(whole: Keyed, target: ast.Subscript, value: Value) -> Keyed | None:
    """Returns the dict behind `whole["a"] = value`; None for a key that is no literal, or in a dict inside."""
    match target:
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str(name))) if isinstance(
            value, _HELD | None
        ):
            found = {**dict(zip(whole.names, whole.values, strict=True)), name: value}
            return Keyed(tuple(found), tuple(found.values()))
    return None


def keyed(value: Value, name: str) -> Value:
    """Returns what a dict has under a key: one of the class's fields, an argument, or one that was written there."""
    match value:
        case Keyed():
            return value.at(name)
        case Array():
            return value.item(name)
        case Term():
            return Term(Kind.ITEM, None, (value, Term(Kind.CONST, name)))
    return None
