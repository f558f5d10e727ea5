"""What the rest of a project has to know of a migrated class in order to construct and call it."""

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

_Value = TypeVar("_Value")

GIVEN = "{} is not None"
"""The template of an argument that says whether a call gives the parameter."""

WHOLE = "{}.shape"
"""The template of an argument that is a whole shape."""


@dataclass(frozen=True)
class SizeArgument:
    """A constructor argument that Linen took from the input.

    It is `template` with the argument that a caller passes for `parameter` of `method` put in for `{}`: a
    template `{}.shape[-1]` and `parameter` `x` say "the last size of what is passed as `x`"; a `parameter` `x[0]`
    is the first item of that, `x['a']` what a dict has there, and `x.a` its attribute. `template` is
    empty when a caller cannot know it (the size of an array that the method itself computes). Where a call does not
    give `parameter`, or gives None, `instead` is the one that stands in for it. With `along` the template holds where
    that field has the value beside it, which is its default. A parameter that is `given_shape` is no array, but the
    shape of one. With `other`, the argument says whether the shape is another than that parameter. One that is
    `optional` is None where a call does not give `parameter`, and false where it says whether a call does.
    """

    name: str
    method: str = "__call__"
    parameter: str = ""
    template: str = ""
    instead: str = ""
    along: tuple[str, int] | None = None
    given_shape: bool = False
    other: str = ""
    optional: bool = False

    @property
    def spelled(self) -> str:
        """The template as a caller writes it."""
        return self.template.replace("{}.shape", "{}") if self.given_shape else self.template


def matched(
    order: Sequence[str], given: Sequence[_Value], packed: Callable[[Sequence[_Value]], _Value]
) -> dict[str, _Value]:
    """Returns what a call gives by place, by the names of the parameters; `*args` has all that is left, `packed`."""
    rest = next((k for k, name in enumerate(order) if name.startswith("*")), None)
    if rest is None:
        return dict(zip(order, given, strict=False))
    return dict(zip(order[:rest], given, strict=False)) | {order[rest][1:]: packed(given[rest:])}


def matched_nodes(order: Sequence[str], given: Sequence[ast.expr]) -> dict[str, ast.expr]:
    """Returns the same of expressions, of which none is unpacked; the tuple stands nowhere in the source."""
    return matched(order, given, lambda rest: ast.Tuple([*rest], ast.Load()))


class Attribute(str):
    """The name of an attribute, in the place of an item."""

    __slots__ = ()


def item_path(parameter: str) -> tuple[str, tuple[int | str | Attribute, ...]]:
    """Returns the parameter's name, and the places, keys or names of what is taken of it: `x[0]['a'].b`."""
    places: list[int | str | Attribute] = []
    node = ast.parse(parameter, mode="eval").body if {*parameter} & {*"[."} else None
    while isinstance(node, ast.Subscript | ast.Attribute):
        taken = node.attr if isinstance(node, ast.Attribute) else ast.literal_eval(node.slice)
        places.insert(0, Attribute(taken) if isinstance(node, ast.Attribute) else taken)
        node = node.value
    return node.id if isinstance(node, ast.Name) else parameter, tuple(places)


@dataclass(frozen=True)
class Seen:
    """A traced instance: its fields and which of them are at their default, the shapes with which `method` was called.

    `sizes` has what the arguments without a template had to be.
    """

    fields: Mapping[str, Any]
    default: frozenset[str]
    method: str
    shapes: Mapping[tuple[str, str], tuple[int, ...]]
    sizes: Mapping[str, Any]


@dataclass(frozen=True)
class Streams:
    """The `names` of the random streams from which calls of a class draw, all of them if they are `known`.

    `kept` says that its modules hold streams at all, as the state that `nnx.RngState` selects, `rows` that each round
    of a vmap or a scan has keys of its own, `carried` that one is for an initial carry.
    """

    names: frozenset[str] = frozenset()
    kept: bool = False
    known: bool = True
    rows: bool = False
    carried: bool = False

    @property
    def plain(self) -> bool:
        """Tells whether one key sets each of them."""
        return self.known and not self.rows

    def has_all(self, given: Collection[str]) -> bool:
        """Tells whether keys of these streams are all that its constructors ask for, but for parameters."""
        return self.known and not self.carried and self.names <= {*given}


@dataclass(frozen=True)
class Constructor:
    """A migrated class: `name` is its dotted name, `fields` what its Linen constructor took, in order.

    `methods` has the parameter names, without `self`, of each public method, `*args` with its star; `collections` the
    NNX attribute of each variable by collection and Linen name. `unguarded` says that a call writes variables in
    Linen's init too, which a constructor does not follow. `least` has how many axes an argument of a method was taken
    to have at least; those of `exact` have no more.
    `static` are its static methods, which stay what they are; `seen` are traced instances. `trains` says that
    `train()` and `eval()` decide what it computes, `streams` where its calls draw from.
    `bridged` says that a Linen module around it does what the Linen class did, `renamed` that a module of it has a
    variable by another name than in Linen; `sown` are the names that it sows. `partials` are the dotted names of
    partials at the top of files that give it some of its fields. `at_first` says that the first call of a model makes
    caches, as Linen's init did; `asking` are the arguments with which any call does.
    """

    name: str
    fields: tuple[str, ...] = ()
    arguments: tuple[SizeArgument, ...] = ()
    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unguarded: bool = False
    least: Mapping[tuple[str, str], int] = field(default_factory=dict)
    exact: frozenset[tuple[str, str]] = frozenset()
    static: frozenset[str] = frozenset()
    seen: tuple[Seen, ...] = ()
    trains: bool = False
    streams: Streams = Streams()
    bridged: bool = False
    sown: frozenset[str] = frozenset()
    renamed: bool = False
    partials: frozenset[str] = frozenset()
    at_first: bool = False
    asking: frozenset[str] = frozenset()
