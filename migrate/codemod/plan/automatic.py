"""Which submodules Linen names itself, and the number that each gets: in the order in which a call makes them."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..appended import appended
from ..bindings import bound_to
from ..constructions import Construction
from ..grown import grown_of
from ..listed import list_of
from ..model import Method, MethodKind, Refused
from ..trees import remembered, walk

_ROUNDS = ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp

Places = dict[Construction, tuple[int, bool]]
"""The number in Linen's automatic name, and whether it is the same at every call."""


@dataclass(frozen=True, eq=False)
class Counted:
    """How many of each class a call makes at most, and the classes of which it may be fewer."""

    count: Counter[str] = field(default_factory=Counter)
    unsure: set[str] = field(default_factory=set)


def count_automatic(
    made: Sequence[Construction],
    unnamed: Mapping[ast.Call, tuple[str, ...]],
    counted: Counted = Counted(),
) -> tuple[Places, Counted]:
    """Returns what number Linen gives to each construction that it names itself, and what they are behind them.

    `unnamed` are calls that make modules without variables, by their classes; `counted` are made before all others.
    Raises Refused.
    """
    places: Places = {}
    counted = Counted(Counter(counted.count), {*counted.unsure})
    by_call: dict[ast.Call, list[Construction]] = {}  # several where the call makes one of several classes
    for construction in (c for c in made if is_automatic(c)):
        by_call.setdefault(construction.call, []).append(construction)
    for method in {each[0].method: None for each in by_call.values()}:
        _Count(method, by_call, unnamed, places).run(counted)
    dead = next((c for each in by_call.values() for c in each if c not in places), None)
    if dead is not None:
        reason = f"it makes a `{dead.kind}` behind what leaves in any case: take out what never runs"
        raise Refused("MN101", dead.call, reason)
    return places, counted


def is_automatic(construction: Construction) -> bool:
    named = construction.name_node is not None or construction.applied
    return not named and attribute_target(construction) is None


@remembered
def attribute_target(construction: Construction) -> str | None:
    """Returns the attribute of self that setup binds to a submodule, if it does."""
    method = construction.method
    if (written := list_of(method, construction.call)) is not None:
        return written.attribute
    if (more := grown_of(method, construction.call)) is not None:
        return more.attribute
    for listed in appended(method, [construction.call]):
        return listed.attribute
    above = method.parents[construction.call]
    target = bound_to(above if isinstance(above, ast.ListComp) else construction.call, method.parents)
    if method.kind is MethodKind.SETUP and isinstance(target, ast.Attribute) and method.is_this(target):
        return target.attr
    return None


class _Count:
    """Counts constructions by class in the order in which a call makes them."""

    def __init__(
        self,
        method: Method,
        made: Mapping[ast.Call, Sequence[Construction]],
        unnamed: Mapping[ast.Call, tuple[str, ...]],
        places: dict[Construction, tuple[int, bool]],
    ):
        self.method, self.made, self.unnamed, self.places = method, made, unnamed, places

    def run(self, counted: Counted) -> None:
        self._block(self.method.node.body, counted.count, counted.unsure)
        returns = [n for n in walk(self.method.node) if isinstance(n, ast.Return)]
        if [*returns, self.method.node.body[-1]] not in ([self.method.node.body[-1]], returns * 2):
            counted.unsure.update(counted.count)  # what returns early has made fewer

    def _block(self, body: Sequence[ast.stmt], count: Counter[str], unsure: set[str]) -> bool:
        """Returns whether the end of the block is reached; changes `count` and `unsure`."""
        for statement in body:
            match statement:
                case ast.If(test=test, body=yes, orelse=no):
                    self._expression(test, count, unsure)
                    self._either(yes, no, count, unsure)
                case ast.For(iter=iterated, body=inner):
                    self._expression(iterated, count, unsure)
                    before = Counter(count)
                    self._block(inner, count, unsure)
                    unsure |= {kind for kind in count if count[kind] != before[kind]}
                case ast.With(items=items, body=inner):
                    for item in items:
                        self._expression(item.context_expr, count, unsure)
                    if not self._block(inner, count, unsure):
                        return False
                case ast.Return() | ast.Raise():
                    self._expression(statement, count, unsure)
                    return False
                case _:
                    self._expression(statement, count, unsure)
        return True

    def _either(
        self, yes: Sequence[ast.stmt], no: Sequence[ast.stmt], count: Counter[str], unsure: set[str]
    ) -> None:
        one, two = Counter(count), Counter(count)
        one_goes_on = self._block(yes, one, unsure)
        two_goes_on = self._block(no, two, unsure)
        if not (one_goes_on and two_goes_on):
            count.update((one if one_goes_on else two) - count)
            return
        unsure |= {kind for kind in one | two if one[kind] != two[kind]}
        count.update((one | two) - count)

    def _expression(self, node: ast.AST, count: Counter[str], unsure: set[str]) -> None:
        """Python makes arguments before the call that takes them, but for the test of `a if test else b`."""
        calls = [n for n in walk(node) if isinstance(n, ast.Call) and n in {*self.made, *self.unnamed}]
        for call in sorted(calls, key=lambda c: (c.end_lineno, c.end_col_offset)):
            count.update(self.unnamed.get(call, ()))
            if call not in self.made:
                continue
            above = self.method.above(call)
            choice = any(isinstance(a, ast.IfExp) and call not in walk(a.test) for a in above)
            rounds = any(isinstance(a, _ROUNDS) for a in above)
            kinds = {construction.counted for construction in self.made[call]}
            for construction in self.made[call]:
                kind = construction.counted
                self.places[construction] = (count[kind], kind not in unsure)
            count.update(kinds)
            if choice or rounds:
                unsure |= kinds
