"""Plans the call sites of one file: every mention of a migrated class is followed, harmless, or refused."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from ..constructors import Constructor
from ..edits import Edit
from ..flow.callables import Lookup, nothing
from ..names import Names
from ..source import Source
from ..supplied import NONE, Supply
from ..trees import walk
from .bridged import keep_linen
from .given_classes import GivenClass, given_classes, make_linen
from .given_models import given_models, handed_over
from .mentions import Mentions, with_star_imports
from .offered import asking, offers
from .records import NOT_FOLLOWED, Offered, Refused, SitePlan, SiteRefusal
from .scopes import Function, Scope, direct
from .statements import Walk
from .states import States, keep_states
from .tables import Table, make_linen_of, tables
from .text import Text
from .values import Site


def plan_sites(
    source: Source,
    names: Names,
    classes: Mapping[str, Constructor],
    stays: Collection[ast.AST],
    owned: Collection[ast.AST] = (),
    reasons: Mapping[ast.AST, str] = MappingProxyType({}),
    apart: Collection[ast.AST] = (),
    supply: Supply = NONE,
    lookup: Lookup = nothing,
    linen: Collection[str] = (),
    is_known: Callable[[str], bool] | None = None,
) -> SitePlan:
    """Returns what to do about every use of `classes` in one file; the classes in `stays` stay Linen.

    `owned` are mentions that the plan of another class deals with, `apart` those that stay as they are; `reasons` say
    of others why it cannot. `supply` says which code may have variables as Linen has them, `lookup` finds
    functions of other files. Variables of classes in `linen` are nowhere kept as states. `is_known` tells whether other
    files mention a name; without it, no function asks for more than it does.

    A use that is not understood is a refusal; the class must then stay Linen everywhere, and the plan be made
    again without it. Depends on nothing but its arguments and changes none of them.
    """
    every = with_star_imports(source, names, classes)
    mentions = Mentions(source, every, classes, stays, owned, reasons, apart)
    if not mentions.found:
        return SitePlan()
    refusals = [
        *mentions.in_classes(),
        *mentions.shadowed(),
        *mentions.first_called(),
        *mentions.first_asked(),
    ]
    edits: list[Edit] = []
    exported: list[tuple[str, str]] = []
    split: list[tuple[str, int, int]] = []
    bridged: list[tuple[str, int, int]] = []
    understood: set[ast.AST] = set()
    handed = given_models(mentions)
    for function, models in ((f, m) for f, m in handed if not any(g.constructor.name in linen for g in m)):
        try:
            kept = keep_states(mentions, Text(source), function, supply, {g.name: g.site() for g in models})
            given_on = [edit for given in models for edit in handed_over(mentions, Text(source), given)]
        except Refused as refused:
            refusals.append(mentions.refusal(refused, NOT_FOLLOWED))
            continue
        edits += [*kept.edits, *given_on]
        split += _placed(source, kept.inits.items())
        exported += [(f"{source.module}.{function.name}", given.constructor.name) for given in models]
        understood |= {call.func for given in models for call in given.calls}
    offered: list[Offered] = []
    for offer in offers(mentions, is_known) if is_known is not None else ():
        try:
            edits += asking(mentions, Text(source), offer)
        except Refused as refused:
            refusals.append(mentions.refusal(refused, NOT_FOLLOWED))
            continue
        understood.update(offer.nodes)
        offered.append(offer.told(mentions))
    mentions = replace(mentions, apart=[*apart, *understood])
    groups: Iterator[GivenClass | Table] = chain(given_classes(mentions, lookup), tables(mentions))
    for group in groups:
        try:
            if isinstance(group, Table):
                own, made = make_linen_of(mentions, group, supply, lookup)
            else:
                own, made = make_linen(mentions, group, supply, lookup)
        except Refused as refused:
            refusals.append(mentions.refusal(refused, NOT_FOLLOWED))
            continue
        edits += own
        bridged += _placed(source, ((site.call, site) for site in made))
        named = [f"{source.module}.{name}" for name in group.known_as]
        exported += [(name, site.constructor.name) for name in named for site in made]
        understood.update(group.nodes)
    mentions = replace(mentions, apart=[*apart, *understood])
    for scope in _scopes(mentions):
        walk = Walk(mentions, Text(source), scope)
        try:
            walk.run()
            followed: Walk | States = walk
        except Refused as refused:
            try:
                followed = _handed_on(mentions, scope, supply, lookup, linen, refused)
            except Refused as reason:
                refusals.append(mentions.refusal(reason, NOT_FOLLOWED))
                understood |= set(direct(scope))  # one reason for each scope: what follows it is not analysed
                continue
        if isinstance(followed, States):
            split += _placed(source, followed.inits.items())
            bridged += _placed(source, ((site.call, site) for site in followed.bridged))
        edits += followed.edits
        understood |= followed.understood
        if isinstance(scope, ast.Module):
            exported += [
                (f"{source.module}.{name}", site.constructor.name) for name, site in followed.bound.items()
            ]
    refusals += _left_over(mentions, understood)
    return SitePlan(
        tuple(sorted(set(edits))),
        tuple(sorted(set(refusals), key=lambda each: each[2:])),
        tuple(sorted(exported)),
        tuple(sorted(split)),
        tuple(sorted(bridged)),
        frozenset(mentions.ranked),
        tuple(offered),
    )


def _handed_on(
    mentions: Mentions, scope: Scope, supply: Supply, lookup: Lookup, linen: Collection[str], walked: Refused
) -> States:
    """Keeps variables as states, or makes Linen modules around the classes. Raises Refused, with every reason.

    A reason that is about another class than the others keeps that one Linen, and not what goes on without it.
    """
    text, reason = Text(mentions.source), ""
    if not any(mentions.found.get(node) in linen for node in direct(scope)):
        try:
            return keep_states(mentions, text, scope, supply)
        except Refused as kept:
            reason = f"; as `nnx.split` would hand it on, {kept.message}"
    try:
        return keep_linen(mentions, text, scope, supply, lookup, walked.class_name)
    except Refused as bridged:
        if bridged.class_name != walked.class_name:
            raise
        message = f"{walked.message}{reason}; as a Linen module around it, {bridged.message}"
        raise Refused(walked.class_name, walked.node, message) from bridged


def _placed(source: Source, calls: Iterable[tuple[ast.AST, Site]]) -> Iterator[tuple[str, int, int]]:
    """Yields the class that each call is about, with its line and column."""
    for call, site in calls:
        span = source.span(call)
        yield site.constructor.name, span.line, span.column + 1


def _scopes(mentions: Mentions) -> Iterator[Scope]:
    """Yields the module and the functions outside of Linen classes that mention a migrated class."""
    for node in walk(mentions.source.tree):
        if not isinstance(node, ast.Module | Function) or mentions.owner(node) is not None:
            continue
        if any(child in mentions.found for child in direct(node)):
            yield node


def _left_over(mentions: Mentions, understood: set[ast.AST]) -> Iterator[SiteRefusal]:
    """Yields the mentions that no walk has come to: in a lambda, a plain class, code after a return."""
    for node, name in mentions.found.items():
        if node in understood or mentions.harmless(node) or mentions.owner(node) is not None:
            continue
        yield mentions.refusal(
            Refused(name, node, "it is mentioned where the code is not followed"), NOT_FOLLOWED
        )
