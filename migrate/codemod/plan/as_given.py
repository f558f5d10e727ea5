"""What a class without submodules gives as it is constructed here: `Einsum((d, f), "btd,df->btf")(x)`."""

from collections.abc import Mapping
from dataclasses import replace

from ..flow.found import holds_anywhere
from ..flow.run import run
from ..flow.terms import Kind, Term
from ..flow.values import Items, Value
from ..project import Project
from .activations import is_activation
from .definitions import lookup_in
from .records import ClassPlan


def as_given(child: ClassPlan, values: Mapping[str, Value], project: Project) -> ClassPlan | None:
    """Returns the plan of a child with what its methods give for these arguments, of which one is a string.

    What it says for any arguments is less: `jnp.einsum(self.equation, x, self.w)` has the shape that the string says.
    """
    strings = [v for v in values.values() if isinstance(v, Term) and isinstance(v.value, str) and _known(v)]
    changes = "__post_init__" in child.cls.methods
    if not strings or changes or child.submodules or child.base is not None:
        return None
    bound = {name: value for name, given in values.items() if (value := _bound(given)) is not None}
    fields = {f.name: is_activation(child.cls, f.name) for f in child.fields}
    flow = run(child.cls, (), fields, _no_child, bound, lookup_in(project))
    return replace(child, flow=flow)


def _known(value: Term) -> bool:
    return value.kind is Kind.CONST


def _bound(value: Value) -> Value:
    """The argument as the child sees it: its sizes are the caller's, and stay so."""
    match value:
        case Term() if _known(value):
            return value
        case Term() if holds_anywhere(value):
            return Term(Kind.GIVEN, value)
        case Items(items=items):
            bound = tuple(map(_bound, items))
            return Items(bound) if None not in bound else None
    return None


def _no_child(*_: object) -> tuple[tuple[()], None]:
    return (), None
