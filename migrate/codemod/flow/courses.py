"""What a loop runs through, and in which direction: one may go back over the rounds of another."""

import ast
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..bindings import aliases, statements
from .filled import all_seen
from .found import holds_anywhere
from .modules import is_turned
from .terms import Kind, Maker, Term, item
from .values import Stack

if TYPE_CHECKING:
    from .body import Body

_JUMPS = ast.Break | ast.Continue | ast.Return


@dataclass(frozen=True)
class Through:
    """A sequence that fields hold, or the numbers of a range; `element` is what the rounds of a loop have of it."""

    sequence: Hashable
    length: Hashable
    element: Term | None
    whole: Term | None = None


@dataclass(frozen=True)
class Course:
    """The rounds of a loop, which stands at `place`; `back` tells that they go from the last to the first."""

    place: tuple[int, int]
    end: int
    through: tuple[Through, ...]
    back: bool

    @property
    def length(self) -> Hashable:
        """What says how many rounds there are; None where that is more than one thing."""
        lengths = {each.length for each in self.through}
        return lengths.pop() if len(lengths) == 1 else None

    @property
    def rounds(self) -> Term | None:
        """The number of rounds, where fields say it."""
        match self.length:
            case Term() as count:
                return count
            case "len", Term() as whole:
                return Term(Kind.CALL, "len", (whole,))
        return None

    def inside(self, line: int) -> bool:
        return self.place[0] <= line <= self.end

    @property
    def elements(self) -> frozenset[Term]:
        return frozenset(each.element for each in self.through if each.element is not None)

    def told_by(self, other: "Course") -> Mapping[Term, Term]:
        """Returns what this loop's elements are called in the round of `other` that has the same place in both."""
        found = {}
        for mine in (each for each in self.through if each.element is not None):
            same = [o.element for o in other.through if o.sequence == mine.sequence and o.element is not None]
            at = [o.element for o in other.through if o.sequence == ("range", mine.length)]
            by_place = [item(mine.whole, i) for i in at if i is not None and mine.whole is not None]
            if name := [*same, *by_place][:1]:
                assert mine.element is not None
                found[mine.element] = name[0]
        return found


def course_of(body: "Body", loop: ast.For) -> Course | None:
    """Returns the course of a loop that no round leaves; one that runs through something else has nothing in it."""
    if any(isinstance(n, _JUMPS) for s in loop.body for n in ast.walk(s)):
        return None
    read = _read(body, loop.iter, loop.target, back=False)
    sides = {back for _, back in read} if read is not None else set()
    through = tuple(each for each, _ in read or ()) if len(sides) == 1 else ()
    back = sides == {True}
    return Course((loop.lineno, loop.col_offset), loop.end_lineno or loop.lineno, through, back)


_Read = list[tuple[Through, bool]]


def _read(body: "Body", node: ast.expr, target: ast.expr | None, *, back: bool) -> _Read | None:
    """The sequences with their direction; None where one is not told."""
    match node:
        case ast.Call(func=ast.Name(id="reversed"), args=[inner], keywords=[]) if _is_builtin(body, node):
            return _read(body, inner, target, back=not back)
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]) if _is_builtin(
            body, node
        ):
            return _read(body, inner, target, back=back)
        case ast.Subscript(value=inner, slice=index) if is_turned(index):
            return _read(body, inner, target, back=not back)
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]) if _is_builtin(body, node):
            return _counted(body, inner, target, back=back)
        case ast.Call(func=ast.Name(id="zip"), args=[*parts], keywords=[]) if _is_builtin(body, node):
            return _joined(body, parts, target, back=back)
        case ast.Call(func=ast.Name(id="range"), args=[last], keywords=[]) if _is_builtin(body, node):
            count = _configured(body, last)
            return None if count is None else [(_numbers(count, _element(target)), back)]
    whole = _configured(body, node)
    sequence = whole if whole is not None else _sliced(body, node)
    if sequence is None:
        return None
    return [(Through(sequence, ("len", sequence), _element(target), whole), back)]


def _is_builtin(body: "Body", node: ast.Call) -> bool:
    assert isinstance(node.func, ast.Name)
    return node.func.id not in body.env and node.func.id not in body.evaluator.cls.names.aliases


def _counted(body: "Body", inner: ast.expr, target: ast.expr | None, *, back: bool) -> _Read | None:
    counter, element = (
        target.elts if isinstance(target, ast.Tuple) and len(target.elts) == 2 else (None, None)
    )
    read = _read(body, inner, element, back=False)
    if read is None or any(turned for _, turned in read):
        # it counts up while the rest goes down: the counter is no place in it
        return None if read is None else [(each, turned != back) for each, turned in read]
    lengths = {each.length for each, _ in read}
    numbers = [Through(("range", n), n, _element(counter)) for n in lengths if len(lengths) == 1]
    return [(each, back) for each in [*(each for each, _ in read), *numbers]]


def _joined(body: "Body", parts: list[ast.expr], target: ast.expr | None, *, back: bool) -> _Read | None:
    targets = target.elts if isinstance(target, ast.Tuple) else ()
    each = targets if len(targets) == len(parts) else [None] * len(parts)
    pairs = [(part, name) for part, name in zip(parts, each, strict=True) if stack_in(body, part) is None]
    read = [_read(body, part, name, back=back) for part, name in pairs]
    return None if None in read or not read else [one for found in read for one in found or ()]


def stack_in(body: "Body", node: ast.expr) -> tuple[str, bool] | None:
    """Returns the name of a list that a loop has filled, as `skips` or `reversed(skips)`, and whether it is turned."""
    match node:
        case ast.Name(id=name):
            filled = isinstance(body.env.get(name), Stack)
            return (name, False) if filled and all_seen(body.method, name) else None
        case ast.Call(func=ast.Name(id="reversed" | "list" | "tuple" as function), args=[inner], keywords=[]):
            turns = function == "reversed"
        case ast.Subscript(value=inner, slice=index) if is_turned(index):
            turns = True
        case _:
            return None
    found = stack_in(body, inner)
    return None if found is None else (found[0], found[1] != turns)


def _numbers(count: Term, element: Term | None) -> Through:
    whole = count.parts[0] if count.kind is Kind.CALL and count.value == "len" else None
    length = ("len", whole) if whole is not None else count
    return Through(("range", length), length, element)


def _element(target: ast.expr | None) -> Term | None:
    if not isinstance(target, ast.Name):
        return None
    return Term(Kind.LOCAL, Maker(target.id, target.lineno, target.col_offset))


def _configured(body: "Body", node: ast.expr) -> Term | None:
    value = body.evaluator.value(node)
    known = isinstance(value, Term) and holds_anywhere(value)
    return value if isinstance(value, Term) and known and _has_one_name(body, node) else None


def _has_one_name(body: "Body", node: ast.expr) -> bool:
    """Tells whether a list changes nowhere but where this name of it is spelled, which is seen."""
    order, parameters = list(statements(body.method.node.body)), body.method.parameters
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return all(aliases(order, name, parameters) == {name} for name in names)


def _sliced(body: "Body", node: ast.expr) -> Hashable:
    """`self.features[:-1]`, between literal places."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
        return None
    whole = _configured(body, node.value)
    literal = all(
        isinstance(n, ast.Slice | ast.UnaryOp | ast.USub | ast.Constant) for n in ast.walk(node.slice)
    )
    return (whole, ast.unparse(node.slice)) if whole is not None and literal else None
