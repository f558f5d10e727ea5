"""Dicts of arrays: `{"mean": mean, "std": std}`, `{**state, "x": x}`, `found["x"] = x`, and an argument that is one."""

import ast
from collections.abc import Sequence

from ..bindings import defines, statements, stored
from .terms import Kind, Term
from .values import Array, Items, Keyed, Value

_HELD = Array | Keyed | Items | Term


def dict_of(keys: Sequence[ast.expr | None], values: Sequence[Value]) -> Keyed | None:
    """Returns a dict with literal keys that has arrays; what stands behind `**` has to be one too."""
    found: dict[str, Value] = {}
    for key, value in zip(keys, values, strict=True):
        match key, value:
            case None, Keyed():
                found |= dict(zip(value.names, value.values, strict=True))
            case ast.Constant(value=str(name)), _ if isinstance(value, _HELD | None):
                found[name] = value
            case _:
                return None
    arrays = any(isinstance(value, Array | Keyed) for value in found.values())
    return Keyed(tuple(found), tuple(found.values())) if arrays else None


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
