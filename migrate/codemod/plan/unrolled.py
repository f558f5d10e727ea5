"""A size behind loops whose rounds a caller knows one by one: the last stage of `ResNet(stage_sizes=[2, 2])`."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..flow.found import Flow, Phi, PhiKey
from ..flow.terms import Kind, Maker, Term, const, op, substitute
from ..flow.values import Items

_JUMPS = ast.Break | ast.Continue | ast.Return
_MOST = 256  # rounds, of all loops together

Leaf = Callable[[Term], Term | None]
"""What a caller says of a term of the class."""


def unrolled(flow: Flow, size: Term, leaf: Leaf) -> Term | None:
    """Returns a size that a loop leaves, where the caller says what the loops run through; None where it does not."""
    found = _Rounds(flow, leaf).value(size)
    return _computed(found) if found is not None else None


def _computed(size: Term) -> Term:
    """`n + 3 + 3` is `n + 6`, `2 * (2 * n)` is `4 * n`, and `8 * 2**1` is 16."""
    parts = tuple(_computed(part) for part in size.parts)
    numbers = [part.number for part in parts]
    match size.kind, size.value, parts:
        case Kind.OP, "**", (Term(value=int(base)), Term(value=int(power))) if (
            None not in numbers and power >= 0
        ):
            return const(base**power)
        case Kind.OP, "+", (Term(kind=Kind.OP, value="+", parts=(first, inner)), _) if (
            inner.number is not None and numbers[1] is not None
        ):
            return op("+", first, const(inner.number + numbers[1]))
        case Kind.OP, "*", (_, Term(kind=Kind.OP, value="*", parts=(inner, last))) if (
            inner.number is not None and numbers[0] is not None
        ):
            return op("*", const(numbers[0] * inner.number), last)
        case Kind.OP, str(sign), (one, two):
            return op(sign, one, two)
    return replace(size, parts=parts)


@dataclass
class _Rounds:
    """`bound` has the targets of the loops that are under way, `current` the sizes that those change."""

    flow: Flow
    leaf: Leaf
    bound: dict[Term, Term] = field(default_factory=dict)
    current: dict[PhiKey, Term] = field(default_factory=dict)
    count: int = 0

    def value(self, size: Term) -> Term | None:
        return substitute(size, self._of)

    def _of(self, term: Term) -> Term | None:
        if term.kind is Kind.LOCAL:
            return self.bound.get(term)
        if term.kind is not Kind.PHI:
            return self.leaf(term)
        return self.current[term.value] if term.value in self.current else self._behind(term.value)

    def _behind(self, key: PhiKey) -> Term | None:
        """The size behind the loop, which is not under way: a round would not say what another size was then.

        Those around it are, where they change sizes: what it gives is something else in each of their rounds.
        """
        phi = self.flow.phis.get(key)
        running = {self.flow.phis[one].loop for one in self.current}
        if phi is None or phi.loop in running or not self._around(phi.loop) <= running:
            return None
        size, rounds = phi.entry and self.value(phi.entry), self._through(phi)
        for names in rounds if rounds is not None else ():
            self.count += 1
            if size is None or phi.back is None or self.count > _MOST:
                return None
            self.bound |= names
            self.current[key] = size
            size = self.value(phi.back)
            del self.current[key]
        return size if rounds is not None else None

    def _around(self, loop: ast.For) -> set[ast.For]:
        loops = {phi.loop for phi in self.flow.phis.values()} - {loop}
        return {other for other in loops if any(node is loop for node in ast.walk(other))}

    def _through(self, phi: Phi) -> list[dict[Term, Term]] | None:
        """What each round binds, in turn; None where that is not known, or a round is left early."""
        if phi.loop.orelse or any(isinstance(n, _JUMPS) for n in ast.walk(phi.loop)):
            return None
        items = self._items(phi.loop.iter)
        return [dict(_bound(phi.loop.target, each)) for each in items] if items is not None else None

    def _items(self, node: ast.expr) -> Sequence["_Item"] | None:
        match node:
            case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
                numbers = [self._number(arg) for arg in args]
                known = [n for n in numbers if n is not None]
                return [*map(const, range(*known))] if known and len(known) == len(numbers) else None
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]):
                items = self._items(inner)
                return [(const(k), item) for k, item in enumerate(items)] if items is not None else None
            case ast.Call(func=ast.Name(id="zip"), args=args, keywords=[]):
                lists = [items for arg in args if (items := self._items(arg)) is not None]
                return [*zip(*lists, strict=False)] if len(lists) == len(args) else None
            case ast.Call(func=ast.Name(id="reversed"), args=[inner], keywords=[]):
                items = self._items(inner)
                return items[::-1] if items is not None else None
        seen = self.flow.seen.get(node)
        if isinstance(seen, Items):
            each = [self.value(item) if isinstance(item, Term) else None for item in seen.items]
            return [item for item in each if item is not None] if None not in each else None
        whole = self.value(seen) if isinstance(seen, Term) else None
        return _parts(whole) if whole is not None else None

    def _number(self, node: ast.expr) -> int | None:
        seen = self.flow.seen.get(node)
        found = self.value(seen) if isinstance(seen, Term) else None
        return found.number if found is not None else None


_Item = Term | tuple["_Item", ...]


def _parts(whole: Term) -> list[Term] | None:
    """The items of a tuple that is spelled out."""
    if whole.kind is Kind.TUPLE:
        return [*whole.parts]
    literal = whole.kind is Kind.CONST and isinstance(whole.value, tuple | list)
    return [*map(const, whole.value)] if literal else None


def _bound(target: ast.expr, item: "_Item") -> Iterator[tuple[Term, Term]]:
    """What a target stands for in one round."""
    if isinstance(target, ast.Name) and isinstance(item, Term):
        yield Term(Kind.LOCAL, Maker(target.id, target.lineno, target.col_offset)), item
    elif isinstance(target, ast.Tuple):
        parts = item if isinstance(item, tuple) else _parts(item) or ()
        for one, part in zip(target.elts, parts, strict=False):
            yield from _bound(one, part)
