"""Lists of submodules whose elements a loop over numbers calls: `self.layers[i](x)`, `self.layers[i // 2](x)`."""

import ast
from typing import NamedTuple

from ..branches import of_module
from ..flow.terms import PLACED, Term
from ..model import Method
from ..names import Names
from ..trees import walk
from .loop_names import counted


def takes_in_order(method: Method, loop: ast.For, call: ast.Call, setup: Method, made: ast.expr) -> bool:
    """Tells whether round number i of `loop` calls element number i of as many as setup makes with `made`."""
    index, (counter, first) = _index(call), _counter(loop)
    if counter == "" or index is None or ast.unparse(index) != counter + (f" - {first}" if first else ""):
        return False
    if _is_length(loop.iter, call):
        return True
    rounds, count = _count(loop.iter), _count(_made_through(setup, made))
    if rounds is None or count is None or rounds.of != count.of or method.this != setup.this:
        return False
    alike = ast.unparse(rounds.number) == ast.unparse(count.number)
    return alike and of_module(method, rounds.number) and of_module(setup, count.number)


def _made_through(setup: Method, made: ast.expr) -> ast.expr | None:
    """Returns what the comprehension runs through, or the loop at the top of setup, that makes one in every round."""
    listed, loop = setup.parents[made], setup.parents.get(setup.statement(made))
    if isinstance(listed, ast.ListComp):
        return listed.generators[0].iter
    on_top = isinstance(loop, ast.For) and loop in setup.node.body
    jumps = (
        any(isinstance(n, ast.Break | ast.Continue | ast.Return) for n in ast.walk(loop)) if loop else True
    )
    return loop.iter if isinstance(loop, ast.For) and on_top and not jumps else None


def starts_with_first(
    method: Method, loop: ast.For, call: ast.Call, names: Names, after: Term | None
) -> bool:
    """Tells whether the first round calls the first element, and what all others are given is `after` in any case."""
    index, (counter, first) = _index(call), _counter(loop)
    if (
        counter == ""
        or first
        or index is None
        or after is None
        or any(t.kind in PLACED for t in after.walk())
    ):
        return False
    bound = _bound_in(method, loop, index) if isinstance(index, ast.Name) and index.id != counter else index
    return bound is not None and _is_zero(bound, counter, names)


def _index(call: ast.Call) -> ast.expr | None:
    return call.func.slice if isinstance(call.func, ast.Subscript) else None


def _counter(loop: ast.For) -> tuple[str, int]:
    """The name that has the number of the round, which nothing else in the loop binds, and what that is at first."""
    name, first = counted(loop) or ("", 0)
    bound = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name]
    again = sum(not isinstance(n.ctx, ast.Load) for n in bound) > 1
    return ("", 0) if again or loop.orelse else (name, first)


class _Count(NamedTuple):
    """What tells how many rounds there are: the arguments of a range, or what has as many elements, `of`."""

    number: ast.expr
    of: bool


def _count(through: ast.expr | None) -> _Count | None:
    """Reads `range(n)` and `range(1, n + 1)`; `range(len(xs))`, `enumerate(xs)` and `xs` are as long as one another."""
    match through:
        case ast.Call(
            func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[each])], keywords=[]
        ):
            return _Count(each, of=True)
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=keywords):
            return _Count(ast.Tuple([*args]), of=False) if len(args) < 3 and not keywords else None
        case ast.Call(func=ast.Name(id="enumerate"), args=[each], keywords=[]):
            return _Count(each, of=True)
    return None if through is None else _Count(through, of=True)


def _is_length(rounds: ast.expr, call: ast.Call) -> bool:
    """`range(len(self.layers))`, of the list that `self.layers[i]` is taken from."""
    match rounds, call.func:
        case (
            ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[listed])]),
            ast.Subscript(value=taken),
        ):
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
