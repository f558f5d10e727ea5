"""A factory: the layer or class that a call will make, and the arguments that partials have bound before it."""

import ast
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...catalog.layer import Layer
from ...catalog.norms import NORMS
from ..model import LinenClass, Method
from ..names import Names

MODES = frozenset({"deterministic", "use_running_average"})
"""What a catalog layer takes in its constructor or in its call."""


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands: in a method of a class, or in other code with names of its own.

    `hidden` are all of those, `values` what those are bound to that are bound once.
    """

    names: Names
    cls: LinenClass | None = None
    method: Method | None = None
    hidden: frozenset[str] = frozenset()
    values: Mapping[str, ast.expr] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Bound:
    """An argument that a partial binds, and where it does.

    `at_call` says that it is a mode that depends on the method's arguments: in NNX it goes to the call. `field` is
    the field through which a class is handed the partial. `known` is false where several partials bind other values.
    """

    node: ast.expr
    scope: Scope
    at_call: bool = False
    field: str = ""
    known: bool = True

    @property
    def literal(self) -> bool:
        """Tells whether the value is the same wherever it is read."""
        try:
            ast.literal_eval(self.node)
        except (ValueError, TypeError):
            return False
        return self.known


@dataclass(frozen=True, eq=False)
class Factory:
    """A catalog `layer`, or the class of the project called `target`.

    Partials have bound the first `placed` of its arguments by position; it is `direct` when no name but that of the
    layer or class itself stands for it. `field` is the field of the class that calls it, where that holds it. Where a
    `function` makes it, the arguments are those of the function, and `takes` says which of the layer or class each of
    them is; `called` is set where the function called it in Linen. An `heir` is a class of the project that inherits
    from the layer, and binds arguments of it, some of which are `fixed`: nobody can give those.
    """

    layer: Layer | None
    target: str
    arguments: tuple[str, ...]
    bound: Mapping[str, Bound] = dataclasses.field(default_factory=dict)
    placed: int = 0
    direct: bool = True
    field: str = ""
    function: str = ""
    takes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    called: bool = False
    heir: str = ""
    fixed: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[str, ...]:
        """The arguments that the next positional ones are."""
        return self.arguments[self.placed :]

    @property
    def kind(self) -> str:
        """The name of the layer or class."""
        return self.layer.linen if self.layer is not None else self.target.rpartition(".")[2]

    @property
    def counted(self) -> str:
        """The class name that Linen's automatic names count by."""
        return self.heir.rpartition(".")[2] or self.kind

    @property
    def is_norm(self) -> bool:
        """Tells whether it makes a layer that takes the size of the last axis, and gives what it is given."""
        plain = self.layer in NORMS and self.layer.sizes == ("num_features",)
        return plain and not self.bound.keys() & {"axis", "feature_axes"}

    def at_call(self) -> dict[str, Bound]:
        """Returns the modes that the call decides."""
        return {name: bound for name, bound in self.bound.items() if bound.at_call}

    def through(self, name: str) -> "Factory":
        """Returns it as seen from a class that holds it in the field `name`."""
        bound = {key: replace(b, field=name) for key, b in self.bound.items()}
        return replace(self, bound=bound, direct=False, field=name)


class Lost(NamedTuple):
    """A partial that hands on a layer without a twin: its name, the class that it makes, what is the matter."""

    name: str
    target: str
    reason: str


def agreed(found: Sequence[Factory]) -> Factory | str:
    """Returns what all of them make, or why there is no such thing."""
    first = found[0]
    for other in found[1:]:
        if other.target != first.target:
            return f"it is `{first.kind}` at one place and `{other.kind}` at another"
        if other.bound.keys() != first.bound.keys() or other.at_call().keys() != first.at_call().keys():
            return f"partials of `{first.kind}` bind other arguments at one place than at another"
    return replace(first, bound={name: _same([f.bound[name] for f in found]) for name in first.bound})


def several(found: Sequence[Factory]) -> tuple[Factory, ...]:
    """Returns the classes of the project one of which it is, or the norms; nothing where it is always the same.

    Of classes it is nothing where partials bind more, but for those that stand beside a norm of Flax.
    """
    groups: dict[str, list[Factory]] = {}
    for factory in found:
        groups.setdefault(factory.target, []).append(factory)
    plain = all(f.layer is None and not f.function and (f.direct or f.field) and not f.bound for f in found)
    norms = any(f.is_norm for f in found) and all(f.is_norm or f.layer is None for f in found)
    each = [agreed(group) for group in groups.values()] if len(groups) > 1 and (plain or norms) else []
    known = tuple(f for f in each if isinstance(f, Factory))
    return known if len(known) == len(each) else ()


def _same(bound: Sequence[Bound]) -> Bound:
    alike = len({ast.dump(b.node) for b in bound}) == 1 and all(b.known for b in bound)
    return replace(bound[0], known=alike)
