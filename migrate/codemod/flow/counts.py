"""How often a loop runs, as fields say: over a range, over what a field holds, over a list that setup has made so."""

import ast
from typing import TYPE_CHECKING

from ..model import Method
from .found import Phi, holds_anywhere
from .terms import Kind, Maker, Term, const, op, substitute
from .values import Made

if TYPE_CHECKING:
    from .body import Body

_JUMPS = ast.Break | ast.Continue | ast.Return
_CHOICES = ast.If | ast.IfExp | ast.BoolOp | ast.Try | ast.Match


def rounds_of(body: "Body", loop: ast.For) -> Term | None:
    """Returns the number of rounds of a loop that none of them leaves early."""
    if any(isinstance(n, _JUMPS) for s in loop.body for n in ast.walk(s)) or loop.orelse:
        return None
    found = _count(body, loop.iter)
    return found if found is not None and holds_anywhere(found) else None


def any_round(rounds: Term) -> Term:
    """Returns the test whether there is a round at all."""
    return const(rounds.number > 0) if rounds.number is not None else Term(Kind.OP, ">", (rounds, const(0)))


def behind_steps(size: Term, phi: Phi, rounds: Term | None) -> Term | None:
    """Returns `size`, which each round of a loop makes greater by the same, as it is behind the loop."""
    back, entry = phi.back, phi.entry
    if rounds is None or entry is None or size in entry.walk():
        return None
    parts = back.parts if back is not None and back.kind is Kind.OP and back.value == "+" else ()
    steps = [step for step, one in (parts, parts[::-1]) if one == size] if parts else []
    if not steps or not holds_anywhere(steps[0]):
        return None
    return op("+", entry, op("*", rounds, steps[0]))


def in_the_last(size: Term, phi: Phi, rounds: Term | None) -> Term:
    """Returns `size`, which a round of a loop tells by its number, with the number of the last one."""
    match phi.loop.target, phi.loop.iter:
        case ast.Name() as counter, ast.Call(func=ast.Name(id="range"), args=[_], keywords=[]):
            pass
        case ast.Tuple(elts=[ast.Name() as counter, _]), ast.Call(
            func=ast.Name(id="enumerate"), args=[_], keywords=[]
        ):
            pass
        case _:
            return size
    if rounds is None:
        return size
    mine = Term(Kind.LOCAL, Maker(counter.id, counter.lineno, counter.col_offset))
    last = op("-", rounds, const(1))
    return substitute(size, lambda part: last if part == mine else part) or size


def _count(body: "Body", node: ast.expr) -> Term | None:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[last], keywords=[]):
            return _term(body, last)
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return _count(body, inner)
        case ast.Call(func=ast.Name(id="zip"), args=[*lists], keywords=[]):
            counts = {_count(body, each) for each in lists}
            return counts.pop() if len(counts) == 1 else None
        case ast.Attribute() | ast.Name():
            made = body.evaluator.seen.get(node)
            alike = isinstance(made, Made) and made.many and not made.then
            return _made(body, made.call) if isinstance(made, Made) and alike else None
    return None


def _made(body: "Body", call: ast.Call) -> Term | None:
    """How many modules one call makes in a loop of its own, or in a list."""
    found = body.runner.flow.found.get(call)
    if found is None:
        return None
    method = found.construction.method
    above = method.above(call)
    if any(isinstance(a, _CHOICES) for a in above):
        return None  # there may be no such list
    loops = [a for a in above if isinstance(a, ast.For | ast.While | ast.ListComp)]
    match loops:
        case [ast.For(iter=through) as loop] if not any(isinstance(n, _JUMPS) for n in ast.walk(loop)):
            return _range(body, method, through)
        case [ast.ListComp(generators=[ast.comprehension(iter=through, ifs=[])])]:
            return _range(body, method, through)
    return None


def _range(body: "Body", method: Method, node: ast.expr) -> Term | None:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[last], keywords=[]):
            return _of_fields(last, method, body) or _term(body, last)
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]):
            return _range(body, method, inner)
        case ast.Attribute():
            held = _of_fields(node, method, body)
            return Term(Kind.CALL, "len", (held,)) if held is not None else None
    return None


def _of_fields(node: ast.expr, method: Method, body: "Body") -> Term | None:
    """`self.depth` or `self.config.depth`, of a field: a comprehension of setup runs over no shapes."""
    if not isinstance(node, ast.Attribute):
        return None
    if method.is_this(node):
        return Term(Kind.FIELD, node.attr) if node.attr in body.runner.fields else None
    inner = _of_fields(node.value, method, body)
    return None if inner is None else Term(Kind.ATTRIBUTE, node.attr, (inner,))


def _term(body: "Body", node: ast.expr) -> Term | None:
    found = body.evaluator.seen.get(node, body.runner.flow.seen.get(node))
    return found if isinstance(found, Term) else None
