"""Lists that setup goes on with: `self.layer = (A(),)`, then `self.layer += (B(),)`, which may stand on a condition."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from .bindings import stores_in
from .branches import attributes_of, contradicts, of_module
from .model import Method, MethodKind
from .trees import remembered, walk

_MOST = 4  # conditions; each doubles the lists that there may be


class Element(NamedTuple):
    """One call that makes an element, and the condition around it."""

    call: ast.Call
    condition: ast.If | None


class Case(NamedTuple):
    """What the conditions answer, each by its test as text, and the elements that there are then."""

    answers: dict[str, bool]
    calls: list[ast.Call]


@dataclass(frozen=True, eq=False)
class Grown:
    """The elements that an attribute may have, in order: those of `start` are there in any case."""

    method: Method
    attribute: str
    start: ast.List | ast.Tuple
    elements: Sequence[Element]

    def cases(self) -> Iterator[Case]:
        """Gives every list that there may be."""
        asked = [*dict.fromkeys(ast.dump(e.condition.test) for e in self.elements if e.condition is not None)]
        for answers in product((True, False), repeat=len(asked)):
            case = dict(zip(asked, answers, strict=True))
            there = (e for e in self.elements if e.condition is None or case[ast.dump(e.condition.test)])
            yield Case(case, [e.call for e in there])

    def places(self, call: ast.Call) -> set[int]:
        """Returns where in the list an element may stand."""
        return {case.calls.index(call) for case in self.cases() if call in case.calls}

    def at(self, method: Method, node: ast.Subscript) -> ast.Call | None:
        """Returns the element that `self.layer[1]` is, where all lists that the place can come to have that one."""
        place = _place(node.slice)
        reached = [case.calls for case in self.cases() if not self._left_out(case, method, node)]
        found = {
            calls[place] if place is not None and -len(calls) <= place < len(calls) else None
            for calls in reached
        }
        return found.pop() if len(found) == 1 else None

    def _left_out(self, case: Case, method: Method, node: ast.AST) -> bool:
        conditions = [e.condition for e in self.elements if e.condition is not None]
        steps = [(c, "body" if case.answers[ast.dump(c.test)] else "orelse") for c in conditions]
        return contradicts(self.method, steps, method, node)


@remembered
def grown(method: Method) -> list[Grown]:
    """Returns the lists of modules that `setup` goes on with, at its top or on what the module says of itself."""
    if method.kind is not MethodKind.SETUP:
        return []
    added = (n.target for n in walk(method.node) if isinstance(n, ast.AugAssign))
    names = dict.fromkeys(t.attr for t in added if isinstance(t, ast.Attribute) and method.is_this(t))
    found = [_grown(method, name) for name in names]
    return [one for one in found if one is not None]


def grown_of(method: Method, call: ast.AST) -> Grown | None:
    """Returns the list that goes on, of which a call makes an element."""
    return next((one for one in grown(method) if any(e.call is call for e in one.elements)), None)


def goes_on(method: Method, statement: ast.stmt, made: Collection[ast.AST]) -> bool:
    """Tells whether a statement of setup adds modules to such a list."""
    calls = (
        statement.value.elts
        if isinstance(statement, ast.AugAssign) and isinstance(statement.value, ast.Tuple)
        else []
    )
    return bool(calls) and all(call in made and grown_of(method, call) is not None for call in calls)


def _place(index: ast.expr) -> int | None:
    try:
        place = ast.literal_eval(index)
    except (ValueError, TypeError):
        return None
    return place if isinstance(place, int) else None


def _grown(method: Method, name: str) -> Grown | None:
    first, *rest = sorted((method.statement(n) for n in stores_in(method, name)), key=lambda s: s.lineno)
    match first:
        case ast.Assign(targets=[_], value=ast.List(elts=calls) | ast.Tuple(elts=calls) as start):
            pieces = [_elements(calls, None), *(_more(method, statement) for statement in rest)]
            elements = [element for piece in pieces for element in piece]
            asked = {ast.dump(e.condition.test) for e in elements if e.condition is not None}
            if method.parents[first] is method.node and all(pieces) and len(asked) <= _MOST:
                return Grown(method, name, start, elements)
    return None


def _more(method: Method, statement: ast.stmt) -> list[Element]:
    """What one statement adds; nothing where that is not followed."""
    match statement:
        case ast.AugAssign(op=ast.Add(), value=ast.Tuple(elts=calls)):
            above = method.parents[statement]
            if above is method.node:
                return _elements(calls, None)
            if isinstance(above, ast.If) and _is_steady(method, above):
                return _elements(calls, above)
    return []


def _elements(nodes: Sequence[ast.expr], condition: ast.If | None) -> list[Element]:
    calls = [Element(n, condition) for n in nodes if isinstance(n, ast.Call)]
    return calls if len(calls) == len(nodes) else []


def _is_steady(method: Method, condition: ast.If) -> bool:
    """Tells whether a condition at the top asks for what stays as it is from there on."""
    read = {n.attr for n in attributes_of(method, condition.test)}
    stores = [
        n for n in attributes_of(method, method.node) if isinstance(n.ctx, ast.Store) and n.attr in read
    ]
    once = len(stores) == len({n.attr for n in stores}) and all(n.lineno < condition.lineno for n in stores)
    plain = method.parents[condition] is method.node and not condition.orelse
    return plain and once and of_module(method, condition.test)
