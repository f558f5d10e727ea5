"""Lists that the rounds of a loop fill, and those of another one empty: skip connections, each of a size of its own."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..run_through import zipped
from .courses import Course, stack_in
from .terms import Kind, Maker, Taken, Term, const, item, op, substitute
from .values import Array, Items, Many, Mixed, Pushed, Stack, Value

if TYPE_CHECKING:
    from .body import Body

Part = Value | Pushed


def parts_of(value: Value) -> tuple[Part, ...] | None:
    """Returns what stands on a list, one after the other; None for anything else."""
    return value.items if isinstance(value, Items) else value.parts if isinstance(value, Stack) else None


def stacked(parts: tuple[Part, ...]) -> Items | Stack:
    there = [part for part in parts if not isinstance(part, Pushed)]
    return Items(tuple(there)) if len(there) == len(parts) else Stack(parts)


def pushed(course: Course | None, before: Value, after: Value) -> Stack | None:
    """Returns the list at the start of any round, where every round adds alike to what there was."""
    old, new = parts_of(before), parts_of(after)
    if course is None or old is None or new is None:
        return None
    rest, base = new[len(old) :], old
    if old and isinstance(old[-1], Pushed) and old[-1].course == course:
        base = old[:-1]
    if new[: len(old)] != old or not rest:
        return None
    return Stack((*base, Pushed(course, tuple(_lasting(part, course) for part in rest))))


def _lasting(part: Part, course: Course) -> Part:
    """What is said of a part in every round: by what the loop runs through, and nothing else that it changes."""
    if isinstance(part, Pushed):
        return replace(part, items=tuple(_lasting(each, course) for each in part.items))
    if isinstance(part, Items):
        return Items(tuple(_only(_lasting(each, course)) for each in part.items))
    if isinstance(part, Array):
        tail = (None if size is None or _changes(size, course) else size for size in part.tail)
        return replace(part, tail=tuple(tail))
    return part if isinstance(part, Term) and not _changes(part, course) else None


def _changes(size: Term, course: Course) -> bool:
    return any(_is_of(term, course) for term in size.walk() if term not in course.elements)


def _is_of(term: Term, course: Course) -> bool:
    """Tells whether a term is one that the rounds of the loop have each of their own."""
    match term:
        case Term(kind=Kind.LOCAL, value=Maker(line=line)):
            return course.inside(line)
        case Term(kind=Kind.PHI, value=(place, _, _)):
            return course.inside(place // 1000)
        case Term(kind=Kind.TAKEN, value=Taken(line=line)):
            return course.inside(line)
    return term.kind in (Kind.PASSED, Kind.ROUNDS)


def _only(part: Part) -> Value:
    return None if isinstance(part, Pushed) else part


def alike(stack: Stack) -> Many | None:
    """Returns the list as so many arrays of one shape, where they are."""
    found = [*_arrays(stack.parts)]
    same = found and all(each == found[0] for each in found)
    first = found[0] if same else None
    if not isinstance(first, Array):
        return None
    own = {term for course in _courses(stack.parts) for term in course.elements}
    depends = any(term in own for size in first.tail if size is not None for term in size.walk())
    return None if depends else Many(first, _count(stack.parts))


def _count(parts: Collection[Part]) -> Term | None:
    """How many arrays there are, where fields say how often the loops go round."""
    count = const(0)
    for part in parts:
        rounds = part.course.rounds if isinstance(part, Pushed) else const(1)
        each = _count(part.items) if isinstance(part, Pushed) else const(1)
        if rounds is None or each is None:
            return None
        count = op("+", count, op("*", rounds, each))
    return count


def runs(value: Part) -> list[tuple[Term, Array]] | None:
    """Returns the arrays of a list in their order, each with the number of times that one of its shape is there."""
    match value:
        case Array():
            return [(const(1), value)]
        case Many(item=each, count=Term() as count):
            return _times(count, (each,))
        case Items(items=parts) | Stack(parts=parts) | Mixed(parts=parts) if parts:
            return _times(const(1), parts)
        case Pushed(course=course, items=parts) if course.rounds is not None:
            found = _times(course.rounds, parts)
            sizes = [size for _, each in found or () for size in each.tail if size is not None]
            return None if any(t in course.elements for size in sizes for t in size.walk()) else found
    return None


def _times(count: Term, parts: Collection[Part]) -> list[tuple[Term, Array]] | None:
    found: list[tuple[Term, Array]] = []
    for part in parts:
        inside = runs(part)
        if inside is None:
            return None
        found += [(op("*", count, times), each) for times, each in inside]
    return found


def _arrays(parts: Collection[Part]) -> list[Value]:
    return [each for part in parts for each in (_arrays(part.items) if isinstance(part, Pushed) else [part])]


def _courses(parts: Collection[Part]) -> list[Course]:
    there = [part for part in parts if isinstance(part, Pushed)]
    return [course for part in there for course in (part.course, *_courses(part.items))]


class Opened(NamedTuple):
    """A list in a loop that takes from it what a round of another has put there: at the start, at the end, behind."""

    start: Stack
    end: Items | Stack
    behind: Items | Stack


def opened(env: Mapping[str, Value], course: Course | None) -> dict[str, Opened]:
    """Returns the lists of which each round of the loop can take what one of the rounds before has added."""
    found = {}
    for name, value in env.items():
        last = value.parts[-1] if isinstance(value, Stack) else None
        told = _told(last, course) if isinstance(last, Pushed) and course is not None else None
        if isinstance(value, Stack) and told is not None:
            start = Stack((*value.parts, *told))
            found[name] = Opened(start, value, stacked(value.parts[:-1]))
    return found


def _told(last: Pushed, course: Course) -> tuple[Part, ...] | None:
    """What the round has added that stands where this one does, counted from the other end."""
    one, other = last.course, course
    if one.length is None or one.length != other.length:
        return None
    names = one.told_by(other) if one.back != other.back else {}
    return tuple(_as_told(part, one, names) for part in last.items)


def _as_told(part: Part, course: Course, names: Mapping[Term, Term]) -> Part:
    def name(term: Term) -> Term | None:
        return names.get(term) if term in course.elements else term

    match part:
        case Pushed():
            return replace(part, items=tuple(_as_told(each, course, names) for each in part.items))
        case Items():
            return Items(tuple(_only(_as_told(each, course, names)) for each in part.items))
        case Array():
            tail = (None if size is None else substitute(size, name) for size in part.tail)
            return replace(part, tail=tuple(tail))
        case Term():
            return substitute(part, name)
    return None


def placed(stack: Stack, place: Term, behind: Term | None = None) -> Value:
    """Returns the item at a place of a list of which each round of a loop has added one.

    The place counts from the first, or from the last, where `behind` is how many there are behind it.
    """
    match stack.parts:
        case (Pushed(items=(part,)) as only,) if not only.course.back and not isinstance(part, Pushed):
            names: dict[Term, Term] = {}
            for each in (each for each in only.course.through if each.element is not None):
                assert each.element is not None
                rounds = only.course.rounds
                if each.sequence == ("range", each.length) and behind is None:
                    names[each.element] = place
                elif each.sequence == ("range", each.length) and behind is not None and rounds is not None:
                    names[each.element] = op("-", op("-", rounds, behind), const(1))
                elif each.whole is not None:
                    names[each.element] = item(each.whole, place)
            return _only(_as_told(part, only.course, names))
    return None


def beside(body: "Body", loop: ast.For, course: Course | None) -> dict[str, Value]:
    """Returns what a loop calls the items of lists beside which it runs: `for f, s in zip(features, skips)`.

    Those that have an item for every round, and no more, are written down.
    """
    found: dict[str, Value] = {}
    for target, node in zipped(loop.target, loop.iter):
        body.runner.flow.as_long.discard(node)  # in an outer loop, it has to hold of every round
        held = stack_in(body, node)
        item = _beside(body.env[held[0]], course, turned=held[1]) if held is not None else None
        if item is None:
            continue
        body.runner.flow.as_long.add(node)
        if isinstance(target, ast.Name) and not isinstance(item[0], Pushed):
            found[target.id] = item[0]
    return found


def _beside(value: Value, course: Course | None, *, turned: bool) -> tuple[Part] | None:
    """The item of a round, of a list of which each round of another loop has added one."""
    match value:
        case Stack(parts=(Pushed(items=(_,)) as only,)) if course is not None:
            one = only.course
            if one.length is None or one.length != course.length:
                return None
            same = (one.back != course.back) == turned
            names = one.told_by(course) if same else {}
            return (_as_told(only.items[0], one, names),)
    return None
