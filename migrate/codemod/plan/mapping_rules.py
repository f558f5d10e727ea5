"""The mapping file's rules of a class: its own variables, and those of its submodules below their names."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...catalog.layer import Moved
from ...catalog.layers import find
from ...catalog.mapping import ClassMapping, Slot, VariableMapping
from ...catalog.norms import INSTANCE
from ..held_scopes import held_scopes
from ..makers.records import Heir
from ..model import MethodKind
from ..trees import end_of
from .naming import qualified_type, variable_type
from .records import ClassPlan, Form, Submodule
from .sequences import holds_layers, is_wrapper

_CLASS = 10**9
"""More than any place in a file: what a base makes comes before what the class makes itself."""

_DEPTH = 12  # of submodules in submodules; a class cannot contain itself


def class_rules(plan: ClassPlan, depth: int = _DEPTH) -> list[VariableMapping]:
    """Returns a rule for each variable whose place does not depend on configuration."""
    own = [
        VariableMapping(
            v.creation.collection, (v.linen,), v.path, qualified_type(v.type, plan.cls.source.module)
        )
        for v in plan.every_variable
        if v.path
    ]
    for above in (plan, *plan.bases):
        own += _of_held(above)
        for submodule in above.submodules:
            if submodule.path and depth:
                wrapper = is_wrapper(submodule.construction)
                own += _of_weights(submodule, above.submodules) if wrapper else rules_below(submodule, depth)
    if plan.stands:
        own = [replace(rule, linen=rule.nnx) for rule in own]
    return list(dict.fromkeys(own))


def heir_mapping(heir: Heir) -> ClassMapping:
    """The mapping of a class above a layer: it has the variables of that, and its constructor takes the sizes."""
    layer = heir.made.layer
    assert layer is not None
    rules = (_rule(moved) for moved in layer.variables if len(moved.linen) == 1)
    return ClassMapping(
        heir.name, tuple(sorted(rules, key=lambda v: (v.collection, v.linen))), layer.sizes, ()
    )


def _of_held(plan: ClassPlan) -> Iterator[VariableMapping]:
    """What stands among the variables of a class in Linen, and in a layer that it is given in NNX."""
    for one in held_scopes(plan.cls):
        layer = find(one.layer)
        for rule in map(_rule, layer.variables if layer is not None else ()):
            yield replace(rule, nnx=(one.field, *rule.nnx))


def rules_below(submodule: Submodule, depth: int = _DEPTH) -> Iterator[VariableMapping]:
    """Gives the rules of what a submodule consists of, below its own names."""
    for rule in below_names(submodule, depth):
        linen, nnx = (*submodule.linen, *rule.linen), (*submodule.path, *rule.nnx)
        yield VariableMapping(rule.collection, linen, nnx, rule.variable_type)


def below_names(submodule: Submodule, depth: int = _DEPTH) -> list[VariableMapping]:
    """Returns the rules of what a submodule consists of, seen from itself."""
    layer = submodule.construction.layer
    if layer is not None:
        return [_rule(moved) for moved in layer.variables if len(moved.linen) == 1]
    return class_rules(submodule.child, depth - 1) if submodule.child is not None else []


def _of_weights(wrapper: Submodule, among: Sequence[Submodule]) -> Iterator[VariableMapping]:
    """What a wrapper keeps of the layer inside, which Linen names by the name of that layer in one string."""
    construction, layer = wrapper.construction, wrapper.construction.layer
    inner = next(s for s in among if s.construction.call is construction.given[INSTANCE])
    place = next(reversed(inner.linen), "")
    if layer is None or not place or _is_counted_twice(wrapper):
        return
    for moved in layer.variables:
        type_ = qualified_type(variable_type(moved.collection), "")
        nnx = (*wrapper.path, *moved.nnx.split("/", 1))
        yield VariableMapping(moved.collection, (*wrapper.linen, moved.linen[0].format(place)), nnx, type_)


def _is_counted_twice(submodule: Submodule) -> bool:
    """Tells whether Linen numbers both a wrapper and the layer inside, which stand in one list: no rule says so."""
    method, listed = submodule.construction.method, submodule.form in (Form.APPEND, Form.LIST)
    return is_wrapper(submodule.construction) and listed and method.kind is not MethodKind.SETUP


def _rule(moved: Moved) -> VariableMapping:
    type_ = qualified_type(variable_type(moved.collection), "")
    return VariableMapping(
        moved.collection, tuple(moved.linen[0].split("/")), tuple(moved.nnx.split("/")), type_
    )


def class_slots(plan: ClassPlan) -> list[Slot]:
    """Returns where every submodule lives, when the automatic name of one of them depends on configuration."""
    slots = list(_slots(plan, (), _DEPTH))
    return list(dict.fromkeys(s for s, _ in slots)) if any(unsure for _, unsure in slots) else []


def _slots(
    plan: ClassPlan, prefix: tuple[str, ...], depth: int, told: bool = False
) -> Iterator[tuple[Slot, bool]]:
    """Yields each slot, and whether its name depends on configuration; those that are `told` are given by name."""
    for level, above in enumerate(reversed((plan, *plan.bases))):
        seen: dict[tuple[str, ...], list[tuple[ClassPlan | None, str]]] = {}
        mine = [s for s in above.submodules if not s.hoisted and _holds(s)]
        order = sorted(mine, key=lambda s: end_of(s.construction.call))
        # kinds that all of them count, of which some have no name
        counted = {s.construction.counted for s in mine if s.shares_scope}
        for submodule in mine:
            named = told or submodule.construction.counted in counted
            slot = _slot(submodule, prefix, order.index(submodule), named)
            slot = replace(slot, group=slot.group + level * _CLASS) if slot.kind else slot
            filled, listed = seen.setdefault(slot.nnx, []), slot.nnx[-1:] == ("{}",)
            if listed and (submodule.child, slot.linen) in filled:
                continue  # another branch of the loop fills the same list
            if not listed or slot.linen not in {linen for _, linen in filled}:
                unsure = submodule.shares_scope and _is_unsure(submodule, plan)
                yield slot, not submodule.path or unsure or _is_counted_twice(submodule)
            filled.append((submodule.child, slot.linen))
            yield from ((renamed, False) for renamed in _renamed(submodule, (*prefix, *slot.nnx)))
            if submodule.child is not None and depth:
                one_of = bool(submodule.construction.choice) and not class_slots(submodule.child)
                yield from _slots(submodule.child, (*prefix, *slot.nnx), depth - 1, told or one_of)


def _is_unsure(submodule: Submodule, plan: ClassPlan) -> bool:
    """Tells whether configuration says which variables in the scope of the class are those of a submodule.

    Fields may name them, and of several submodules one alone has a `bias`.
    """
    rules = class_rules(plan)
    return _is_open(submodule) or len({(r.collection, r.linen) for r in rules}) < len(rules)


def _is_open(submodule: Submodule) -> bool:
    """Tells whether fields name a variable of a submodule, or of one below it: no rule says where it stands."""
    child = submodule.child
    if child is None:
        return False
    own = any(not v.path for v in child.every_variable)
    return own or any(_is_open(s) for above in (child, *child.bases) for s in above.submodules)


def _renamed(submodule: Submodule, prefix: tuple[str, ...]) -> Iterator[Slot]:
    """Parts of a catalog layer that are called otherwise in NNX: `if` of an LSTMCell is `if_`."""
    layer = submodule.construction.layer
    moved = [m for m in layer.variables if len(m.linen) == 1] if layer is not None else []
    names = {(m.linen[0].split("/")[0], m.nnx.split("/")[0]) for m in moved if "/" in m.nnx}
    for linen, nnx in sorted(names):
        if linen == "{}":
            yield Slot(prefix, (nnx,), beside=INSTANCE)
        elif linen != nnx:
            yield Slot(prefix, (nnx,), linen)


def _holds(submodule: Submodule) -> bool:
    """A Sequential or an RNN has nothing of its own: each of its layers has a slot by itself."""
    return not holds_layers(submodule.construction.layer)


def _slot(submodule: Submodule, prefix: tuple[str, ...], place: int, told: bool) -> Slot:
    listed = submodule.form is Form.ITEM and submodule.loop is not None  # what is given to a layer of a list
    numbered = listed or submodule.form in (Form.APPEND, Form.LIST)
    path = submodule.path or (submodule.attribute, *(["{}"] if numbered else []), *submodule.within)
    construction = submodule.construction
    if not submodule.automatic or told:
        return Slot(prefix, path, "/".join(submodule.linen))
    loop = submodule.loop
    line, column = (loop.lineno, loop.col_offset) if loop is not None else end_of(construction.call)
    kinds = [target.rpartition(".")[2] for target in construction.choice] or [construction.counted]
    return Slot(prefix, path, "", "|".join(kinds), line * 1000 + column, place)


def below(plan: ClassPlan, depth: int = _DEPTH) -> set[str]:
    """Returns the collections of everything that a class is made of."""
    found = {v.creation.collection for v in plan.every_variable}
    for above in (plan, *plan.bases):
        for submodule in above.submodules:
            layer = submodule.construction.layer
            if layer is not None:
                found |= {moved.collection for moved in layer.variables}
            elif submodule.child is not None and depth:
                found |= below(submodule.child, depth - 1)
    return found
