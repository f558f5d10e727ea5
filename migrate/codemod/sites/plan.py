"""Plans the call sites of one file: every mention of a migrated class is followed, harmless, or refused."""

import ast
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from ..constructors import Constructor
from ..edits import Edit
from ..names import Names
from ..source import Source
from ..trees import walk
from .mentions import Mentions, with_star_imports
from .records import NOT_FOLLOWED, Refused, SitePlan, SiteRefusal
from .scopes import Function, Scope, direct
from .statements import Walk
from .text import Text


def plan_sites(
    source: Source,
    names: Names,
    classes: Mapping[str, Constructor],
    stays: Collection[ast.AST],
    owned: Collection[ast.AST] = (),
    reasons: Mapping[ast.AST, str] = MappingProxyType({}),
    apart: Collection[ast.AST] = (),
) -> SitePlan:
    """Returns what to do about every use of `classes` in one file; the classes in `stays` stay Linen.

    `owned` are mentions that the plan of another class deals with, `apart` those that stay as they are; `reasons` say
    of others why it cannot.

    A use that is not understood is a refusal; the class must then stay Linen everywhere, and the plan be made
    again without it. Depends on nothing but its arguments and changes none of them.
    """
    every = with_star_imports(source, names, classes)
    mentions = Mentions(source, every, classes, stays, owned, reasons, apart)
    if not mentions.found:
        return SitePlan()
    refusals = [*mentions.in_classes(), *mentions.shadowed()]
    edits: list[Edit] = []
    exported: list[tuple[str, str]] = []
    understood: set[ast.AST] = set()
    for scope in _scopes(mentions):
        walk = Walk(mentions, Text(source), scope)
        try:
            walk.run()
        except Refused as refused:
            refusals.append(mentions.refusal(refused, NOT_FOLLOWED))
            understood |= set(direct(scope))  # one reason for each scope: what follows it is not analysed
            continue
        edits += walk.edits
        understood |= walk.understood
        if isinstance(scope, ast.Module):
            exported = [
                (f"{source.module}.{name}", site.constructor.name) for name, site in walk.bound.items()
            ]
    refusals += _left_over(mentions, understood)
    return SitePlan(
        tuple(sorted(set(edits))),
        tuple(sorted(set(refusals), key=lambda each: each[2:])),
        tuple(sorted(exported)),
    )


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
