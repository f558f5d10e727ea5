"""What conditions say of the places in a method: whether one runs in any case, whether two exclude each other."""

import ast
from collections.abc import Collection, Iterable, Iterator

from .bindings import stored
from .model import Method
from .trees import walk

Way = frozenset[tuple[ast.AST, str]]
"""What has to hold on the way to a place: conditions, each with the part of it that runs."""

_CONDITIONS = ast.If | ast.IfExp | ast.While | ast.Try | ast.Match
_IN_ANY_CASE = (
    ast.Attribute, ast.Call, ast.keyword, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.Compare
)  # fmt: skip
_OPPOSITE = {"body": "orelse", "orelse": "body"}
_MOST = 64  # ways that are put together


def way_to(method: Method, node: ast.AST, without: Collection[ast.AST] = ()) -> Way:
    """Returns the conditions around a node, those in `without` left out: whole ones, or one of several at once."""
    found: list[tuple[ast.AST, str]] = []
    below = node
    for above in method.above(node):
        if isinstance(above, _CONDITIONS) and above not in without:
            step = (above, _part(above, below))
            single = each_of(method, *step)
            rest = [one for one in single if one[0] not in without]
            found += rest if len(rest) < len(single) else [step]
        below = above
    return frozenset((above, part) for above, part in found if part != "test")


def always_reached(method: Method, node: ast.AST) -> bool:
    """Tells whether every call of a method comes to a node: nothing around it decides, nothing leaves before it."""
    statement = method.statement(node)
    if statement not in method.node.body:
        return False
    before = method.node.body[: method.node.body.index(statement)]
    early = any(isinstance(n, ast.Return) for s in before for n in walk(s))
    return not early and in_any_case(method, node)


def in_any_case(method: Method, node: ast.AST) -> bool:
    """Tells whether the statement that a node stands in comes to it whenever it runs."""
    statement, above = method.statement(node), [node, *method.above(node)]
    plain = isinstance(statement, ast.Assign | ast.Return | ast.Expr | ast.AugAssign)
    return plain and all(isinstance(a, _IN_ANY_CASE) for a in above[1 : above.index(statement)])


def not_returned(method: Method, node: ast.AST) -> Iterator[tuple[ast.If, str]]:
    """Yields the conditions on which the method would have returned before it comes to a node."""
    inside = [n for n in (node, *method.above(node)) if isinstance(n, ast.stmt)]
    for statement in inside:
        block = method.block(statement)
        for before in block[: block.index(statement)]:
            if isinstance(before, ast.If) and not before.orelse and isinstance(before.body[-1], ast.Return):
                yield before, "orelse"


def each_of(method: Method, condition: ast.AST, part: str) -> list[tuple[ast.AST, str]]:
    """Returns what has to hold by itself: `self.crosses` and `states is not None`, where a test asks for both."""
    test = said(method, condition.test) if isinstance(condition, ast.If | ast.IfExp) else None
    match test, part:
        case (ast.BoolOp(op=ast.And(), values=values), "body") | (
            ast.BoolOp(op=ast.Or(), values=values),
            "orelse",
        ):
            return [(value, part) for value in values]
    return [(condition, part)]


def said(method: Method, test: ast.expr) -> ast.expr:
    """Returns what a local name stands for that the method binds once, on its way to everything else.

    `is_cross = states is not None` asks for an argument where nothing binds `states` anew.
    """
    if not isinstance(test, ast.Name) or test.id in method.parameters:
        return test
    bound = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == test.id and _binds(n)]
    maker = method.parents[bound[0]] if len(bound) == 1 else None
    if (
        not isinstance(maker, ast.Assign)
        or maker.targets != bound
        or method.parents[maker] is not method.node
    ):
        return test
    names = {n.id for n in walk(maker.value) if isinstance(n, ast.Name)}
    return maker.value if not names & stored(method.node) else test


def _binds(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def test_of(condition: ast.AST) -> ast.expr | None:
    """Returns what a step of a way asks, where it is a condition or one of several that one asks at once."""
    if isinstance(condition, ast.If | ast.IfExp):
        return condition.test
    return condition if isinstance(condition, ast.expr) else None


def _part(condition: ast.AST, below: ast.AST) -> str:
    for name, value in ast.iter_fields(condition):
        if value is below or (isinstance(value, list) and below in value):
            return name
    return ""


def exclude(method: Method, one: ast.AST, two: ast.AST) -> bool:
    """Tells whether two nodes stand in different branches of one `if`, so that only one of them runs.

    What stands behind an `if` that returns is its other branch. The halves of an expression are no branches: each would
    be an assignment that undoes the other.
    """
    return _part_at(
        [*way_to(method, one), *_left_before(method, one)], [*way_to(method, two), *_left_before(method, two)]
    )


def on_other_side(method: Method, one: ast.AST, two: ast.AST) -> bool:
    """Tells whether two nodes stand on the two sides of one `if`."""
    return _part_at(way_to(method, one), way_to(method, two))


def _part_at(one: Iterable[tuple[ast.AST, str]], two: Iterable[tuple[ast.AST, str]]) -> bool:
    mine, other = ((c, part) for c, part in one if isinstance(c, ast.If)), dict(two)
    return any({part, other.get(condition)} == {"body", "orelse"} for condition, part in mine)


def _left_before(method: Method, node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """The conditions that return before a node, of what the constructor knows too.

    In a loop, another round may have come to the node by then.
    """
    asked = {*method.parameters} - method.optional - {method.this}
    for condition, part in not_returned(method, node):
        rounds = any(isinstance(a, ast.For | ast.While) for a in method.above(condition))
        names = {n.id for n in walk(condition.test) if isinstance(n, ast.Name)}
        if not rounds and not names & (asked | stored(method.node)):
            yield condition, part


def runs_always(ways: Iterable[Way]) -> bool:
    """Tells whether one of the ways is open in any case: what holds in both branches holds without the condition."""
    known = set(ways)
    while frozenset() not in known and len(known) < _MOST:
        new = {
            joined for one in known for other in known if (joined := _joined(one, other)) is not None
        } - known
        if not new:
            return False
        known |= new
    return frozenset() in known


def told_apart(ways: Iterable[tuple[Method | None, Way]]) -> set[Way]:
    """Returns the ways with one condition for all that ask the same of the module: `if not self.first` is one of two.

    What a module says of itself stays the same during a call; a way that needs both of two opposites is none.
    """
    asked: dict[str, ast.AST] = {}
    found = {frozenset(_asked(m, *step, asked) for step in way) for m, way in ways}
    return {way for way in found if len({condition for condition, _ in way}) == len(way)}


def same_question(setup: Method, made: ast.AST, method: Method, call: ast.AST) -> list[ast.AST]:
    """Returns the conditions around a call that setup has asked around what is called, with the same answer."""
    known: dict[str, ast.AST] = {}
    stays = [step for step in way_to(setup, made) if not _changes(setup, step[0])]
    answers = {_asked(setup, *step, known) for step in stays}
    return [step[0] for step in _single(method, call) if _asked(method, *step, known) in answers]


def _single(method: Method, node: ast.AST) -> list[tuple[ast.AST, str]]:
    """The conditions around a node, and one by one those that are asked at once."""
    steps = [*way_to(method, node), *not_returned(method, node)]
    return [*steps, *(one for step in steps for one in each_of(method, *step) if one != step)]


def opposed(setup: Method, made: ast.AST, method: Method, call: ast.AST) -> bool:
    """Tells whether a call stands under the opposite of what setup has asked around what it makes."""
    return contradicts(setup, way_to(setup, made), method, call)


def contradicts(setup: Method, steps: Iterable[tuple[ast.AST, str]], method: Method, call: ast.AST) -> bool:
    """Tells whether a call stands under the opposite of one of these conditions of setup."""
    known: dict[str, ast.AST] = {}
    answers = {_asked(setup, *step, known) for step in steps}
    asked = [_asked(method, *step, known) for step in _single(method, call)]
    return any((condition, _OPPOSITE.get(part)) in answers for condition, part in asked)


def never_reached(setup: Method, made: ast.AST, method: Method, call: ast.AST) -> bool:
    """Tells whether no call comes there where setup has made this: what both ask has one answer for both."""
    steady = not any(_changes(setup, condition) for condition, _ in way_to(setup, made))
    return steady and opposed(setup, made, method, call)


def _changes(setup: Method, condition: ast.AST) -> bool:
    """Tells whether setup assigns more than once what a condition reads of the module."""
    names = [n.attr for n in attributes_of(setup, setup.node) if isinstance(n.ctx, ast.Store)]
    test = test_of(condition) or condition
    return any(names.count(n.attr) > 1 for n in attributes_of(setup, test))


def attributes_of(method: Method, below: ast.AST) -> list[ast.Attribute]:
    """Returns every `self.name` below a node."""
    return [n for n in ast.walk(below) if isinstance(n, ast.Attribute) and method.is_this(n)]


def _asked(
    method: Method | None, condition: ast.AST, part: str, asked: dict[str, ast.AST]
) -> tuple[ast.AST, str]:
    test = test_of(condition)
    if test is None or method is None or not of_module(method, test):
        return condition, part
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, part = test.operand, _OPPOSITE.get(part, part)
    return asked.setdefault(ast.dump(test), condition), part


def of_module(method: Method, test: ast.expr) -> bool:
    """Tells whether a test is made of attributes of the module and literals alone."""
    return all(
        n.id == method.this if isinstance(n, ast.Name) else not isinstance(n, ast.Call | ast.Lambda)
        for n in ast.walk(test)
    )


def _joined(one: Way, other: Way) -> Way | None:
    """Two ways that part at one condition alone, as one way that does not ask it."""
    for condition, part in one:
        opposite = _OPPOSITE.get(part)
        if isinstance(condition, ast.If | ast.IfExp) and (condition, opposite) in other:
            return (one | other) - {(condition, "body"), (condition, "orelse")}
    return None
