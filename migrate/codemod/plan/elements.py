"""Modules that setup writes into one list: what each is called, and that the same calls fit all of them."""

import ast
from collections.abc import Iterator
from itertools import combinations

from ..appended import appended
from ..constructions import Construction
from ..grown import grown_of
from ..listed import list_of
from ..model import MethodKind, Refused
from .alternatives import counted_alike, given, names_alike
from .grown_rules import check_grown, grown_named
from .loop_names import LoopName
from .mapping_rules import class_slots
from .named import Named
from .records import ClassPlan, Form, Submodule

_DEPTH = 12  # of submodules in submodules; a class cannot contain itself


def element_named(construction: Construction) -> Named | None:
    """Returns the name of an element of a list: Linen takes the attribute's and its place, unless it has its own."""
    if (more := grown_named(construction)) is not None:
        return more
    written = list_of(construction.method, construction.call)
    if written is None:
        return None
    if construction.name_node is not None and construction.name is None:
        raise Refused("MN204", construction.name_node, "the name of a submodule of setup is no literal")
    place, target = written.place(construction.call), written.attribute
    linen = construction.name or f"{target}_{place}"
    return Named(target, Form.ELEMENT, (linen,), (target, place))


def behind_others(construction: Construction, found: LoopName) -> LoopName | None:
    """Returns a name that counts a loop as it stands beside the place in a list that starts with other elements."""
    before = next((len(a.before) for a in appended(construction.method, [construction.call])), 0)
    return found._replace(first=found.first - before) if found.first >= before else None


def in_one_list(one: Construction, two: Construction) -> bool:
    """Tells whether two submodules of one attribute are elements of the list that setup keeps there."""
    if any(two.call in a.each for a in appended(one.method, [one.call])):
        return True
    return one.method is two.method and one.method.kind is MethodKind.SETUP and any(
        list_of(c.method, c.call) is not None or grown_of(c.method, c.call) is not None for c in (one, two)
    )  # fmt: skip


def is_mixed(made: Construction) -> bool:
    """Tells whether other calls make elements of its list in the same round."""
    return any(len(a.each) > 1 for a in appended(made.method, [made.call]))


def is_either(made: Construction) -> bool:
    """Tells whether every round adds it to its list, or what another call makes in its place."""
    return any(a.either for a in appended(made.method, [made.call]))


def check_elements(plan: ClassPlan) -> None:
    """Raises Refused where a call, or a checkpoint, would have to know which of the elements it is about."""
    for group in _groups(plan):
        for each in group:
            if each.construction.lifted is not None or each.iteration is not None:
                raise Refused("MN101", each.construction.call, "an element of a list is under a transform")
        for one, two in combinations(group, 2):
            _check(plan, one, two)
        check_grown(group)


def _groups(plan: ClassPlan) -> Iterator[list[Submodule]]:
    """The submodules of each list that is written down, and those that a loop adds to it."""
    mine = [s for s in plan.submodules if s.construction.method.kind is MethodKind.SETUP]
    several = (s for s in mine if s.form is Form.ELEMENT or is_mixed(s.construction))
    for attribute in dict.fromkeys(s.attribute for s in several):
        yield [s for s in mine if s.attribute == attribute]


def _told_apart(one: Submodule, two: Submodule) -> bool:
    """Tells whether Linen has other names for them, whatever the number of the round is."""
    prefixes = {name.partition("{")[0] for s in (one, two) for name in s.linen}
    return len(prefixes) == 2 and not any(prefix[-1:].isdecimal() for prefix in prefixes)


def check_counted(plan: ClassPlan) -> None:
    """Raises Refused where names that configuration counts have to be told for elements of one list or the other.

    Of what stands below an element, it is then not known what the names count.
    """
    lists = [*_counted_lists(plan)]
    if lists and class_slots(plan):
        place, (one, two) = lists[0]
        reason = f"what names count in `{one}` and `{two}`, elements of one list, depends on configuration"
        raise Refused("MN204", place, reason)


def _counted_lists(plan: ClassPlan, depth: int = _DEPTH) -> Iterator[tuple[ast.Call, tuple[str, str]]]:
    """Yields where a class uses lists whose elements have names of their own, and are counted below in two ways."""
    for above in (plan, *plan.bases):
        for one, two in (pair for group in _groups(above) for pair in combinations(group, 2)):
            mixed = is_mixed(one.construction) and is_mixed(two.construction)
            if mixed and not names_alike(one, two) and not counted_alike(one, two):
                yield two.construction.call, (one.construction.kind, two.construction.kind)
        for submodule in above.submodules:
            if submodule.child is not None and depth:
                for _, kinds in _counted_lists(submodule.child, depth - 1):
                    yield submodule.construction.call, kinds


def _check(plan: ClassPlan, one: Submodule, two: Submodule) -> None:
    first, second = one.construction, two.construction
    looped = {one.form, two.form} & {Form.APPEND, Form.LIST}
    same = first.factory.target == second.factory.target or (first.choice and first.choice == second.choice)
    if looped and one.form is not two.form and not same:
        reason = f"a loop adds a `{second.kind}` to a list that starts with a `{first.kind}`"
        raise Refused("MN101", second.call, reason)
    mixed = is_mixed(first) and is_mixed(second) and not _told_apart(one, two)
    if mixed and not names_alike(one, two):
        reason = f"the variables of `{first.kind}` and `{second.kind}` have the same names"
        raise Refused("MN204", second.call, f"{reason} in Linen, and others in NNX")
    calls = [{use.call for use in plan.flow.found[c.call].uses} for c in (first, second)]
    wrong = next((c for c in calls[0] & calls[1] if given(one, c) != given(two, c)), None)
    if wrong is not None:
        reason = f"this call takes other arguments in NNX for `{first.kind}` than for `{second.kind}`"
        raise Refused("MN101", wrong, reason)
