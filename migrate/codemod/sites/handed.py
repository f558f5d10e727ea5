"""What a call hands to a function or method of the project, and the samples that variables hold, put in for names."""

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

from ..bindings import paired
from ..flow.callables import is_plain
from ..names import Names
from .calls import Init
from .initialised import block
from .references import binders, is_rebound
from .scopes import Function, Scope, arguments_of, mentioned, stored


def through(call: ast.Call, within: Scope, names: Names) -> ast.Call:
    """`init(key, x)` as `model.init(key, x)`, if a local is that, or a function that hands on all that it is given."""
    if not isinstance(call.func, ast.Name) or is_rebound(within, call.func.id):
        return call
    own = binders(within, call.func.id)
    function = _handing(own[0], names) if own and isinstance(own[0], ast.FunctionDef) else None
    meant = function or held(call.func, within, (ast.Attribute, ast.Call))
    return call if meant is call.func else ast.copy_location(ast.Call(meant, call.args, call.keywords), call)


def _handing(function: ast.FunctionDef, names: Names) -> ast.expr | None:
    """What `def init(*args): return model.init(*args)` calls, jitted or not."""
    match function:
        case ast.FunctionDef(
            args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], vararg=ast.arg(arg=args), kwarg=None),
            body=[ast.Return(ast.Call(func=called, args=[ast.Starred(ast.Name(given))], keywords=[]))],
        ) if args == given and is_plain(function, names):
            return called
    return None


def unpacked(call: ast.Call, given: Mapping[str, ast.expr]) -> ast.Call:
    """`init(*inputs)` as `init(inputs[0], inputs[1])`, where a list of so many is given."""
    args: list[ast.expr] = []
    for arg in call.args:
        value = (
            given.get(arg.value.id)
            if isinstance(arg, ast.Starred) and isinstance(arg.value, ast.Name)
            else None
        )
        if isinstance(arg, ast.Starred) and isinstance(value, ast.List | ast.Tuple):
            args += [
                ast.Subscript(arg.value, ast.Constant(place), ast.Load()) for place in range(len(value.elts))
            ]
        else:
            args.append(arg)
    return ast.copy_location(ast.Call(call.func, args, call.keywords), call) if args != call.args else call


def element(node: ast.expr, given: Mapping[str, ast.expr]) -> ast.expr:
    """What `inputs[0]` is of a list that is given; any other expression as it is."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as place)):
            value = given.get(name)
            if isinstance(value, ast.List | ast.Tuple) and -len(value.elts) <= place < len(value.elts):
                return value.elts[place]
    return node


def sample(node: ast.expr, scope: Scope) -> ast.expr:
    """The call whose result a local of `scope` holds, if all that it is made of is still the same later."""
    value = held(node, scope, ast.Call)
    return node if any(is_rebound(scope, name) for name in mentioned(value)) else value


def spelled_out(node: ast.expr, scope: Scope) -> ast.expr:
    """A sample with the shapes that locals of `scope` hold in the place of their names."""
    names = {n.id: n for n in ast.walk(sample(node, scope)) if isinstance(n, ast.Name)}
    shapes = {name: held(read, scope, ast.Tuple) for name, read in names.items()}
    known = {name: value for name, value in shapes.items() if isinstance(value, ast.Tuple)}
    steady = {n: v for n, v in known.items() if not any(is_rebound(scope, name) for name in mentioned(v))}
    return _Substitute(steady).argument(sample(node, scope))


def held(node: ast.expr, scope: Scope, kind: type[ast.expr] | tuple[type[ast.expr], ...]) -> ast.expr:
    """What of that kind a local of `scope` holds, where nothing else binds it: a call that makes a sample, a dict."""
    if not isinstance(node, ast.Name) or is_rebound(scope, node.id):
        return node
    own = binders(scope, node.id)
    given = [(s.targets[0], s.value) for s in block(scope) if isinstance(s, ast.Assign)]
    given += [pair for s in block(scope) for pair in paired(s)]
    values = [value for target, value in given if target in own]
    return values[0] if len(values) == 1 and isinstance(values[0], kind) else node


def passed(
    function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, first: int
) -> dict[str, ast.expr]:
    """What a call passes for each parameter from the `first` on, defaults too; nothing where a list is unpacked."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return {}
    count = len(names) - len(arguments.defaults)
    defaults = dict(zip(names[count:], arguments.defaults, strict=True))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d}
    given = dict(zip(names[first:], call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    told = {name: d for name, d in defaults.items() if _is_literal(d)} | given
    return {name: value for name, value in told.items() if not _unpacks(value)}


def _unpacks(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Starred) for part in getattr(node, "elts", ()))


def _is_literal(node: ast.expr) -> bool:
    """Tells whether a value is spelled out: a number, or a tuple of some."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(part, ast.Constant) for part in parts)


def means_the_same(node: ast.expr, names: Names, others: Names) -> bool:
    """Tells whether what an expression takes from imports is the same in another file."""
    read = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    return all(names.resolve(n) == others.resolve(n) for n in read)


def with_passed(
    passed: Mapping[str, ast.expr], init: Init, function: Function, call: ast.Call
) -> Init | None:
    """An init with what `call` passes to the function around it, where that is the same each time.

    None where it takes anything else of that.
    """
    given = {name: node for name, node in passed.items() if not is_rebound(function, name)}
    own = (stored(function) | arguments_of(function)) - given.keys()
    if any(own & mentioned(node) for node in (*init.args, *(k.value for k in init.keywords))):
        return None
    put = _Substitute(given)
    keywords = [ast.keyword(k.arg, put.visit(deepcopy(k.value))) for k in init.keywords]
    return replace(init, args=[put.argument(node) for node in init.args], keywords=keywords, call=call)


class _Substitute(ast.NodeTransformer):
    """Puts in what parameters are given, by their names."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def argument(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return self.given.get(node.id, node)
        found: ast.expr = self.visit(deepcopy(node))
        return found

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        of_list = element(node, self.given)
        found: ast.expr = self.generic_visit(node) if of_list is node else deepcopy(of_list)  # type: ignore[assignment]
        return found

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return deepcopy(self.given.get(node.id, node))
