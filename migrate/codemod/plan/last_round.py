"""The size behind a loop over layers that setup makes of neighbours: `for n, m in zip(sizes, sizes[1:])`.

Or behind one that takes them by their numbers: `for i in range(len(sizes))`, `nn.Dense(sizes[i])`.
"""

import ast
from collections.abc import Iterator

from ..flow.found import holds_anywhere
from ..flow.terms import Kind, Maker, Term, const, op
from ..model import Method
from .records import ClassPlan

_JUMPS = ast.Break | ast.Continue | ast.Return
_Part = tuple[Term, int]
"""A list that fields hold, and how many of its elements are left out in front."""


def last_of(plan: ClassPlan, size: Term) -> Term | None:
    """Returns what `size` is after the last round, with as many rounds as the shortest of the lists has elements.

    What was there before the first round has to be the element in front of those, so that no round is no exception.
    """
    phi = plan.flow.phis.get(size.value) if size.kind is Kind.PHI else None
    made = plan.list_loops.get(phi.loop) if phi is not None else None
    if (
        phi is None
        or made is None
        or not isinstance(made.loop, ast.For)
        or phi.back is None
        or phi.back.kind is not Kind.LOCAL
    ):
        return None
    if any(isinstance(n, _JUMPS) for n in ast.walk(made.loop)):
        return None
    runs = list(_runs(made.construction.method, made.loop.target, made.loop.iter))
    parts = {target: _part(plan, through) for target, through in runs}
    mine, known = parts.get(phi.back.value.name), [p for p in parts.values() if p is not None]
    if (
        mine is None
        or len(known) < len(runs)
        or phi.entry != Term(Kind.ITEM, None, (mine[0], const(mine[1] - 1)))
    ):
        return None
    return _element(mine, known)


def last_by_number(plan: ClassPlan, size: Term) -> Term | None:
    """Returns what `size` is after the last round, where a round has the number of its own among the sizes.

    Where a loop begins behind the first of them, what was there before it has to be the one in front.
    """
    phi = plan.flow.phis.get(size.value) if size.kind is Kind.PHI else None
    if phi is None or phi.back is None or any(isinstance(n, _JUMPS) for n in ast.walk(phi.loop)):
        return None
    match phi.loop, phi.back:
        case (
            ast.For(
                target=ast.Name() as counter,
                iter=ast.Call(
                    func=ast.Name(id="range"),
                    args=[*start, ast.Call(func=ast.Name(id="len"), args=[listed], keywords=[])],
                    keywords=[],
                ),
            ),
            Term(kind=Kind.ITEM, parts=(whole, index)),
        ) if is_bound_by(counter, index) and plan.flow.seen.get(listed) == whole and holds_anywhere(whole):
            first = plan.flow.seen.get(start[0]) if start else const(0)
            before = op("-", first, const(1)) if isinstance(first, Term) else None
            if first == const(0) or (
                before is not None and phi.entry == Term(Kind.ITEM, None, (whole, before))
            ):
                return Term(Kind.ITEM, None, (whole, const(-1)))
    return None


def is_bound_by(target: ast.Name, size: Term) -> bool:
    """Tells whether a size is what a loop gives its target, which the body has not bound anew."""
    return size == Term(Kind.LOCAL, Maker(target.id, target.lineno, target.col_offset))


def _runs(method: Method, target: ast.expr, through: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yields each name that a loop binds, with what it runs through."""
    match target, _once(method, through):
        case ast.Tuple(elts=[ast.Name(), inner]), ast.Call(func=ast.Name(id="enumerate"), args=[each]):
            yield from _runs(method, inner, each)
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=args, keywords=[]) if len(
            args
        ) == len(targets):
            for one, each in zip(targets, args, strict=True):
                yield from _runs(method, one, each)
        case ast.Name(id=name), each:
            yield name, each
        case _, each:
            yield "", each


def _once(method: Method, node: ast.expr) -> ast.expr:
    """What a local was bound to that is read here alone: an iterator has one use."""
    if not isinstance(node, ast.Name) or node.id in method.parameters:
        return node
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == node.id]
    above = method.parents[spelled[0]]
    plain = isinstance(above, ast.Assign) and above.targets == [spelled[0]] and len(spelled) == 2
    return above.value if plain and method.parents[above] is method.node else node  # type: ignore[attr-defined]


def _part(plan: ClassPlan, node: ast.expr) -> _Part | None:
    first = 0
    match node:
        case ast.Subscript(
            value=whole, slice=ast.Slice(lower=ast.Constant(value=int(first)), upper=None, step=None)
        ):
            node = whole
    term = plan.flow.seen.get(node)
    return (term, first) if isinstance(term, Term) and holds_anywhere(term) and first >= 0 else None


def _element(mine: _Part, parts: list[_Part]) -> Term | None:
    """The element of a list in the last round."""
    whole, first = mine
    shortest = {whole: max(first for other, first in parts if other == whole) for whole, _ in parts}
    if any(other != first for other in shortest.values()):
        return None
    counts = [Term(Kind.CALL, "len", (each,)) for each in shortest]
    index = const(-1) if len(counts) == 1 else op("-", Term(Kind.CALL, "min", tuple(counts)), const(1))
    return Term(Kind.ITEM, None, (whole, index))
