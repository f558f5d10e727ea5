"""Lists of arrays whose sizes the constructor keeps in lists of its own: what is put on them and taken off, where."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..flow.filled import in_turn, spelled
from ..flow.terms import Kind, Taken, Term
from ..flow.values import Array
from ..model import Method, Refused
from .records import Form, Stacked

if TYPE_CHECKING:
    from .needs import Needs
    from .records import ClassPlan

_AXES: dict[tuple[int | None, int], str] = {(4, -3): "height", (4, -2): "width", (3, -2): "length"}
"""What an axis of so many is called, counted from the end, besides the last."""


@dataclass(frozen=True, eq=False)
class SizeStack:
    """The list `name` of one method: the statement that makes it, what is put on it, and what takes its end away.

    `sizes` are those of what is put on it, by the axis, as far as the constructor needs them.
    """

    name: str
    method: Method
    first: ast.stmt
    puts: tuple[tuple[ast.stmt, ast.expr], ...]
    pops: tuple[tuple[ast.stmt, ast.Call], ...]
    sizes: dict[int, tuple[Term, ...]] = field(default_factory=dict)

    @property
    def statements(self) -> list[ast.stmt]:
        """What the constructor has to come to as the method does."""
        return [self.first, *(s for s, _ in self.puts if s is not self.first), *(s for s, _ in self.pops)]


def size_stack(plan: "ClassPlan", one: tuple[str, str, str], user: ast.AST) -> SizeStack:
    """Returns the list that a size is the end of. Raises Refused where the class inherits what has the list."""
    owner, called, name = one
    if owner != plan.cls.name:
        raise Refused("MN108", user, f"a size is that of the last of `{name}`, a list of its base")
    method = plan.cls.methods[called]
    first, puts, pops = None, list[tuple[ast.stmt, ast.expr]](), list[tuple[ast.stmt, ast.Call]]()
    for node in spelled(method, name):
        above, statement = method.parents[node], method.statement(node)
        match above, method.parents[above]:
            case ast.Assign(value=ast.List(elts=elements)), _:
                first, puts = statement, [*((statement, e) for e in elements), *puts]
            case ast.Attribute(attr="append"), ast.Call(args=[element]):
                puts.append((statement, element))
            case ast.Attribute(attr="pop"), ast.Call() as call:
                pops.append((statement, call))
    assert first is not None
    return SizeStack(name, method, first, tuple(puts), tuple(pops))


def sizes_put(plan: "ClassPlan", stack: SizeStack, axis: int) -> tuple[Term, ...]:
    """Returns one size of each array that is put on a list. Raises Refused where the source does not tell it."""
    sizes = []
    for _, node in stack.puts:
        found = plan.flow.seen.get(node)
        size = found.at(axis) if isinstance(found, Array) else None
        if size is None or not size.spelled:
            reason = f"a size is that of the last of `{stack.name}`, to which this adds one of a size that is not known"
            raise Refused("MN108", node, reason)
        sizes.append(size)
    return tuple(sizes)


def stack_sizes(needs: "Needs", taken: Collection[str]) -> None:
    """Fills `plan.stacked` and `plan.taken`. Raises Refused where a size would be something else by then."""
    names = {*taken}
    for stack in needs.stacks.values():
        for axis in sorted(stack.sizes, reverse=True):
            _spell(needs, stack, axis, names)


def _spell(needs: "Needs", stack: SizeStack, axis: int, names: set[str]) -> None:
    plan, used, called = needs.plan, [*needs.all()], _called(stack, needs.plan, axis)
    own = _free(needs, f"{stack.name}_{called}{'' if axis == -1 else 's'}", names)
    terms = dict.fromkeys(t for size, _ in used for t in size.walk() if _is_of(t, stack, axis))
    reads = [_node(stack, term.value) for term in terms]
    rows = {call: f"{own}.pop()" for _, call in stack.pops if _is_read_behind(stack.method, call, reads)}
    for term, node in zip(terms, reads, strict=True):
        places = [place for size, place in used for t in size.walk() if t == term]
        behind = [
            needs.plan.flow.last(p.loop) for p in needs.phis.values() if p.back and term in p.back.walk()
        ]
        lost = [p for p in places if not reaches(stack, term.value, p)]
        for place in (*lost, *(p for p in behind if not reaches(stack, term.value, p, behind=True))):
            reason = f"a size depends on what was the last of `{stack.name}` (line {term.value.line})"
            raise Refused("MN108", place, reason)
        if not isinstance(node, ast.Call):
            plan.taken[term.value] = f"{own}[-1]"
        elif len(places) == 1 and _is_once(plan, stack, node, places[0]):
            plan.taken[term.value] = rows.pop(node)
        else:
            plan.taken[term.value] = local = _free(needs, f"{_wanted(stack, node)}_{called}", names)
            rows[node] = f"{local} = {own}.pop()"
    for statement in stack.statements:
        puts = [size for (s, _), size in zip(stack.puts, stack.sizes[axis], strict=True) if s is statement]
        row = next((rows.get(call, "") for s, call in stack.pops if s is statement), "")
        stacked = Stacked(own, tuple(puts), statement is stack.first, row)
        plan.stacked.setdefault(statement, []).append(stacked)


def _is_read_behind(method: Method, call: ast.Call, reads: Sequence[ast.expr]) -> bool:
    """Tells whether a size is read when an array has been taken away, or with it."""
    loops = {a for a in method.above(call) if isinstance(a, ast.For)}
    return any(_position(n) >= _position(call) or not loops.isdisjoint(method.above(n)) for n in reads)


def _called(stack: SizeStack, plan: "ClassPlan", axis: int) -> str:
    """What an axis is called."""
    found = [plan.flow.seen.get(node) for _, node in stack.puts]
    axes = next((each.axes for each in found if isinstance(each, Array)), None)
    return "features" if axis == -1 else _AXES.get((axes, axis), "size")


def _is_of(term: Term, stack: SizeStack, axis: int) -> bool:
    mine = (stack.method.node.name, stack.name, axis)
    return term.kind is Kind.TAKEN and (*term.value.list[1:], term.value.axis) == mine


def _node(stack: SizeStack, taken: Taken) -> ast.expr:
    places = (a for n in spelled(stack.method, stack.name) for a in _around(stack.method, n))
    return next(n for n in places if (n.lineno, n.col_offset, isinstance(n, ast.Call)) == _place(taken))


def _around(method: Method, name: ast.Name) -> Iterator[ast.expr]:
    for node in (method.parents[name], method.parents[method.parents[name]]):
        if isinstance(node, ast.Call | ast.Subscript):
            yield node


def _place(taken: Taken) -> tuple[int, int, bool]:
    return taken.line, taken.column, taken.popped


def reaches(stack: SizeStack, taken: Taken, place: ast.AST, *, behind: bool = False) -> bool:
    """Tells whether a size that is taken off a list, or read at its end, is still there, and the same, at a place.

    What a loop changes is spelled `behind` the last statement of its round.
    """
    method, read = stack.method, stack.method.statement(_node(stack, taken))
    if place not in method.parents:
        return False
    user, above = method.statement(place), method.above(read)
    if _position(user) < _position(read) or not {*above} <= {*method.above(user)}:
        return False
    if taken.popped:
        return True
    around = {*method.above(user), *([user] if behind else ())} - {*above}
    loops = {a for a in around if isinstance(a, ast.For)}
    for statement in stack.statements:
        before = _position(statement) < _position(user) and read is not user
        ahead = before or (behind and (statement is user or user in method.above(statement)))
        again = not loops.isdisjoint(method.above(statement))
        if again or (ahead and _position(statement) >= _position(read)):
            return False  # it may have changed the list since it was read
    return True


def _position(statement: ast.stmt | ast.expr) -> tuple[int, int]:
    return statement.lineno, statement.col_offset


def _is_once(plan: "ClassPlan", stack: SizeStack, call: ast.Call, place: ast.AST) -> bool:
    """Tells whether the one place that spells a size is come to as often as what takes it from the list."""
    method = stack.method
    made = next((s for s in plan.submodules if s.construction.call is place), None)
    if made is None or made.form not in (Form.BIND, Form.APPEND) or made.guard is not None or made.tests:
        return False
    plain = not made.hoisted and made.iteration is None and in_turn(method, place)
    return plain and method.statement(place) is method.statement(call)


def _wanted(stack: SizeStack, call: ast.Call) -> str:
    match stack.method.statement(call):
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return f"last_{stack.name}"


def _free(needs: "Needs", name: str, taken: set[str]) -> str:
    spelled_there = {
        n.id for m in needs.plan.methods.values() for n in ast.walk(m.node) if isinstance(n, ast.Name)
    }
    found = needs.free(name, taken | spelled_there)
    taken.add(found)
    return found
