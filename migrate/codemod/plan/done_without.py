"""Arguments without which Linen makes some submodules: NNX has them from the start, so that no call may give those."""

from collections.abc import Iterator, Sequence

from ..bindings import may_be_missing
from ..flow.terms import const
from ..flow.values import Array, Root, Use, Value
from ..model import Refused
from ..requests import done_without
from .child_calls import Call
from .records import ClassPlan


def check_left_out(plan: ClassPlan, child: ClassPlan, uses: Sequence[Use]) -> None:
    """Notes the arguments that a class hands on to such ones of a submodule. Raises Refused where a call gives one."""
    for use in uses:
        for method, name in _without(child):
            given = (
                Call(child, {}, use, lambda _: None).argument(method, name) if method == use.method else None
            )
            if method != use.method or given == const(None):
                continue
            if (root := _handed_on(plan, given)) is None:
                reason = (
                    f"`{child.cls.short}` makes submodules where `{name}` is missing, and here it is given"
                )
                raise Refused("MN203", use.call, reason)
            plan.handed_without.add(root)


def _without(plan: ClassPlan) -> Iterator[Root]:
    for owner in (plan, *plan.bases):
        yield from sorted(owner.handed_without)
        for method in owner.cls.methods.values():
            named = (done_without(method, c) for c in owner.from_start if c in method.parents)
            yield from ((method.node.name, name) for name in dict.fromkeys(named) if name)


def _handed_on(plan: ClassPlan, given: Value) -> Root | None:
    """The optional argument of a method of the class that is given as it is."""
    root = given.argument if isinstance(given, Array) and given.untouched else None
    method = plan.methods.get(root[0]) if root is not None else None
    return root if root is not None and method is not None and may_be_missing(method, root[1]) else None
