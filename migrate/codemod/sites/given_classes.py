"""Classes that functions or classes of the file are given, to make a model of: `create_state(key, Net)`.

The model becomes a Linen module around whichever class is given: `nnx.bridge.to_linen(model_cls, x.shape[-1])`. Only a
caller knows the size of one that is returned: `create_model(partial(nnx.bridge.to_linen, Net, x.shape[-1]))`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..edits import Replace
from ..flow.callables import Lookup
from ..names import first_name
from ..supplied import Supply
from .bridged import Bridged, site_of
from .callees import Callee, callee, spelled
from .construct import spells
from .given_models import calls_of
from .handed import passed
from .mentions import Mentions
from .records import Refused
from .references import is_rebound
from .scopes import Function
from .text import Text
from .values import Site


@dataclass(frozen=True, eq=False)
class GivenClass:
    """The argument `name` of `called` is one of the classes that `nodes` spell, in every call there is."""

    called: Callee
    name: str
    nodes: tuple[ast.expr, ...]

    @property
    def known_as(self) -> tuple[str, ...]:
        """The name at the top of the file by which others could call it."""
        return (self.called.owner.name if self.called.owner is not None else self.called.node.name,)


def given_classes(mentions: Mentions, lookup: Lookup) -> Iterator[GivenClass]:
    """Yields what functions at the top of the file, or classes there, are given migrated classes for."""
    found: dict[tuple[Function, str], GivenClass] = {}
    for node in mentions.found:
        call = mentions.call_around(node)
        called = _callee(mentions, call, lookup) if call is not None else None
        if called is None or call is None:
            continue
        given = passed(called.node, call, called.first)
        name = next((n for n, value in given.items() if value is node), "")
        if name and (called.node, name) not in found:
            calls = calls_of(mentions, first_name(call.func))
            nodes = [passed(called.node, c, called.first).get(name) for c in calls]
            known = tuple(n for n in nodes if n is not None and _is_class(mentions, n))
            if nodes and len(known) == len(nodes):
                found[called.node, name] = GivenClass(called, name, known)
    yield from found.values()


def _is_class(mentions: Mentions, node: ast.expr) -> bool:
    return node in mentions.found and spells(node, mentions.found[node], mentions.names)


def _callee(mentions: Mentions, call: ast.Call, lookup: Lookup) -> Callee | None:
    """The function of this file that a call is of, or the `__init__` of the class."""
    if not isinstance(call.func, ast.Name):
        return None
    called = callee(f"{mentions.source.module}.{call.func.id}", lookup)
    return called if called is not None and called.node in mentions.parents else None


def make_linen(
    mentions: Mentions, given: GivenClass, supply: Supply, lookup: Lookup
) -> tuple[list[Replace], list[Site]]:
    """Returns the edits of the function that is given the classes, and the models. Raises Refused."""
    planned, apart = dict[str, list[Bridged]](), False
    for name in dict.fromkeys(mentions.found[node] for node in given.nodes):
        made = _constructions(mentions, given, name)
        above = [mentions.parents[call] for call in made]
        apart = len(above) == 1 and isinstance(above[0], ast.Return) and above[0] in given.called.node.body
        if apart:
            nodes = [node for node in given.nodes if mentions.found[node] == name]
            planned[name] = [_where_called(mentions, made[0], node, lookup) for node in nodes]
        else:
            planned[name] = [around(mentions, call, name, given.nodes[0], lookup) for call in made]
    message = f"the classes that `{given.known_as[0]}` is given ask for other sizes, or draw otherwise"
    return edits_of(planned, given.nodes[0], message, supply, apart=apart)


def edits_of(
    planned: Mapping[str, Sequence[Bridged]],
    place: ast.expr,
    message: str,
    supply: Supply,
    *,
    apart: bool = False,
) -> tuple[list[Replace], list[Site]]:
    """Returns the edits that all classes ask for, unless they stand `apart`, and the models. Raises Refused."""
    edits, sites = list[Replace](), list[Site]()
    for name, each in planned.items():
        for bridged in each:
            if reason := bridged.kept_by(supply):
                raise bridged.refused(place, reason)
        own = [edit for bridged in each for edit in bridged.edits()]
        if edits and not apart and own != edits:
            raise Refused(name, place, message)
        edits = list(dict.fromkeys([*edits, *own]))
        sites += [bridged.site for bridged in each]
    return edits, sites


def _constructions(mentions: Mentions, given: GivenClass, name: str) -> list[ast.Call]:
    """What makes models of the class, if nothing else is done with it. Raises Refused."""
    function = given.called.node
    ours = spelled(given.name, function)
    reads = [n for n in ast.walk(given.called.owner or function) if _is_read(n) and ast.unparse(n) in ours]
    kept = [n for n in reads if _is_kept(mentions.parents[n], ours)]
    calls = [mentions.parents[n] for n in reads if n not in kept]
    made = [c for c in calls if isinstance(c, ast.Call) and c.func in reads]
    if is_rebound(function, given.name) or len(made) != len(calls) or not made:
        raise Refused(
            name, given.nodes[0], f"`{given.known_as[0]}` does more with the class than to make a model"
        )
    return made


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)


def _is_kept(statement: ast.AST, ours: frozenset[str]) -> bool:
    """`self.model_class = model_class`."""
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) in ours


def around(mentions: Mentions, call: ast.Call, name: str, place: ast.expr, lookup: Lookup) -> Bridged:
    """Returns the model that `call` makes of the class that is spelled in `place`. Raises Refused."""
    try:
        site = replace(site_of(mentions, call, mentions.classes[name]), given=True)
    except Refused as reason:
        raise Refused(name, place, reason.message) from reason
    return Bridged(mentions, Text(mentions.source), mentions.around(call), site, lookup)


def _where_called(mentions: Mentions, made: ast.Call, node: ast.expr, lookup: Lookup) -> Bridged:
    """The model of a call that is given the class: the function returns what `made` makes. Raises Refused."""
    call = mentions.call_around(node)
    assert call is not None
    name = mentions.found[node]
    try:
        site = replace(site_of(mentions, call, mentions.classes[name]), call=made, given=True)
    except Refused as reason:
        raise Refused(name, node, reason.message) from reason
    return Bridged(mentions, Text(mentions.source), mentions.around(call), site, lookup, node)
