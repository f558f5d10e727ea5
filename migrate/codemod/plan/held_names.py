"""What Linen calls a module that shares the scope of the layer that it is given: the two have one name."""

from collections.abc import Iterator, Mapping, Sequence

from ..constructions import Construction
from ..held_scopes import held_scopes
from ..model import MethodKind, Refused
from ..project import Project
from .mapping_rules import class_slots
from .named import Named
from .records import ClassPlan
from .sequences import place_of


def held_in_scope(
    made: Sequence[Construction], project: Project
) -> Iterator[tuple[Construction, Construction]]:
    """Yields the layers that are given to such modules, with these."""
    for construction in made:
        place = place_of(construction, made)
        if place is not None and place.holder.layer is None:
            cls = project.classes.get(place.holder.target)
            if cls is not None and place.within[0] in {one.field for one in held_scopes(cls)}:
                yield construction, place.holder


def in_one_scope(
    names: Mapping[Construction, Named], scopes: Mapping[Construction, Construction]
) -> dict[Construction, Named]:
    """Returns the names with those in Linen made one. Raises Refused where one depends on configuration.

    Setup gives the name of the attribute, the layer is made below it; a compact method makes the layer first.
    """
    kinds = {c.counted for pair in scopes.items() for c in pair}
    found = dict(names)
    for construction, named in names.items():
        if construction.counted in kinds and not named.path:
            reason = (
                f"the names of `{construction.kind}`, one of which shares its scope, depend on configuration"
            )
            raise Refused("MN204", construction.call, reason)
    for layer, holder in scopes.items():
        of_setup = holder.method.kind is MethodKind.SETUP
        changed, like = (layer, holder) if of_setup else (holder, layer)
        if len(_numbers(names[like].linen)) != len(_numbers(names[changed].path)):
            reason = "it shares the scope of a layer, and the one is made in rounds of which the other is not"
            raise Refused("MN102", holder.call, f"it builds `{holder.kind}`: {reason}")
        found[changed] = names[changed]._replace(linen=names[like].linen)
    return found


def _numbers(path: tuple[str, ...]) -> list[str]:
    """The parts of a path that are another number in each round."""
    return [part for part in path if "{" in part]


def check_held_scopes(plan: ClassPlan) -> None:
    """Raises Refused where no rule says which variables of such a class are those of the layer."""
    scopes = held_scopes(plan.cls)
    if scopes and class_slots(plan):
        reason = "it shares the scope of the layer in a field, and the names of its submodules depend on configuration"
        raise Refused("MN204", scopes[0].statement, reason)
