"""Lists of submodules whose elements a loop over numbers calls: `self.layers[i](x)`, `self.layers[i // 2](x)`."""

import ast

from ..bindings import stored
from ..branches import of_module
from ..flow.terms import PLACED, Term
from ..model import Method
from ..names import Names
from ..trees import walk


def takes_in_order(method: Method, loop: ast.For, call: ast.Call, setup: Method, made: ast.expr) -> bool:
    """Tells whether round number i of `loop` calls element number i of as many as setup makes with `made`."""
    index, counter = _index(call), _counter(loop)
    listed = setup.parents[made]
    if counter == "" or not isinstance(index, ast.Name) or index.id != counter:
        return False
    through = listed.generators[0].iter if isinstance(listed, ast.ListComp) else None
    rounds, count = _range(loop.iter), _range(through)
    if _is_length(rounds, call):
        return True
    if rounds is None or count is None:
        return False
    alike = ast.unparse(rounds) == ast.unparse(count) and method.this == setup.this
    return alike and of_module(method, rounds) and of_module(setup, count)


def starts_with_first(
    method: Method, loop: ast.For, call: ast.Call, names: Names, after: Term | None
) -> bool:
    """Tells whether the first round calls the first element, and what all others are given is `after` in any case."""
    counter, index = _counter(loop), _index(call)
    if counter == "" or index is None or after is None or any(t.kind in PLACED for t in after.walk()):
        return False
    bound = _bound_in(method, loop, index) if isinstance(index, ast.Name) and index.id != counter else index
    return bound is not None and _is_zero(bound, counter, names)


def _index(call: ast.Call) -> ast.expr | None:
    return call.func.slice if isinstance(call.func, ast.Subscript) else None


def _counter(loop: ast.For) -> str:
    """The name that has the number of the round, which nothing else in the loop binds."""
    name = loop.target.id if isinstance(loop.target, ast.Name) and _range(loop.iter) is not None else ""
    return "" if any(name in stored(s) for s in loop.body) or loop.orelse else name


def _range(node: ast.expr | None) -> ast.expr | None:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[count], keywords=[]):
            return count
    return None


def _is_length(rounds: ast.expr | None, call: ast.Call) -> bool:
    """`len(self.layers)`, of the list that `self.layers[i]` is taken from."""
    match rounds, call.func:
        case ast.Call(func=ast.Name(id="len"), args=[listed], keywords=[]), ast.Subscript(value=taken):
            return isinstance(listed, ast.Attribute) and ast.unparse(listed) == ast.unparse(taken)
    return False


def _bound_in(method: Method, loop: ast.For, name: ast.Name) -> ast.expr | None:
    """What the loop binds a name to at its top, in front of the place that reads it, where nothing else binds it."""
    stores = [
        n for n in walk(method.node)
        if isinstance(n, ast.Name) and n.id == name.id and not isinstance(n.ctx, ast.Load)
    ]  # fmt: skip
    maker = method.parents[stores[0]] if len(stores) == 1 and name.id not in method.parameters else None
    plain = isinstance(maker, ast.Assign) and maker.targets == stores and maker in loop.body
    return maker.value if plain and maker.lineno < name.lineno else None  # type: ignore[union-attr]


def _is_zero(node: ast.expr, counter: str, names: Names) -> bool:
    """Tells whether an expression is 0 in the first round, whatever the other numbers in it are."""
    match node:
        case ast.Name(id=name):
            return name == counter
        case ast.BinOp(left=left, op=ast.FloorDiv() | ast.Div() | ast.Mod()):
            return _is_zero(left, counter, names)
        case ast.Call(func=function, args=[inner], keywords=[]) if names.resolve(function) == "int":
            return _is_zero(inner, counter, names)
    return False
