"""What call sites need to know of a migrated class, from its plan."""

from ..constructors import Constructor, Seen
from ..model import MethodKind
from .averaged import averages
from .caches import asking, attention_in, fills_at_first
from .kept_names import draws, renames
from .mapping_rules import below
from .records import ClassPlan
from .sharded import partitioned
from .sown import names_sown, sows
from .streams import streams_of
from .training import trains_by_mode

_OF_CALLS = frozenset({"cache", "intermediates"})
"""Collections that calls fill, and that code may apply the model without."""


def as_constructor(plan: ClassPlan, seen: tuple[Seen, ...] = ()) -> Constructor:
    """Returns what call sites need to know of the migrated class, of which traced instances were `seen`."""
    methods: dict[str, tuple[str, ...]] = {}
    collections: dict[str, dict[str, str]] = {}
    for above in (plan, *plan.bases):
        for name, method in above.cls.methods.items():
            if method.kind in (MethodKind.COMPACT, MethodKind.PLAIN):
                methods.setdefault(name, method.order)
        for variable in above.variables:
            if variable.path == (variable.attribute,):
                collections.setdefault(variable.creation.collection, {})[variable.linen] = variable.attribute
    for collection in below(plan):
        collections.setdefault(collection, {})
    fields = tuple(f.name for f in plan.fields)
    arguments = tuple(p.argument for p in plan.every_parameter)
    unguarded = any(p.unguarded is not None for p in (plan, *plan.bases))
    every = (m for above in (plan, *plan.bases) for m in above.cls.methods.values())
    static = frozenset(m.node.name for m in every if m.is_free)
    told = (plan.cls.name, fields, arguments, methods, collections, unguarded)
    trains = trains_by_mode(plan)
    streams = streams_of(plan)
    unnamed = draws(plan) and not (streams.names and streams.plain)
    odd = unnamed or attention_in(plan) or sows(plan) or trains or partitioned(plan) or unguarded
    bridged = not odd and not averages(plan) and not collections.keys() & _OF_CALLS
    return Constructor(
        *told,
        plan.assumed,
        frozenset(plan.exact),
        static,
        seen,
        trains,
        streams,
        bridged,
        names_sown(plan),
        renames(plan),
        at_first=fills_at_first(plan),
        asking=asking(plan),
    )
