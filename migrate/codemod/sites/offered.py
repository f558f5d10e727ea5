"""Functions that make a model for callers outside of the files: `def small(classes): return Net(classes=classes)`.

As the class does, they ask for its sizes and for `rngs`; one that hands on its `**kwargs` takes them by these.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ..bindings import stored
from ..edits import Ask, Edit, Replace
from ..trees import walk
from .calls import NotRead
from .construct import arguments
from .mentions import Mentions
from .records import Offered, Refused
from .scopes import Function
from .tables import reads_of, tables_of
from .text import Text
from .values import Site

_LAST = re.compile(r"\{\}\.shape\[-?\d+\]")


class Offer(NamedTuple):
    """The function, the `calls` that it returns with the classes that each may make, and what they ask for.

    `nodes` are the mentions of the classes, in the function and in tables of which a key picks one there.
    """

    function: ast.FunctionDef
    calls: Mapping[ast.Call, tuple[str, ...]]
    nodes: tuple[ast.AST, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for names in self.calls.values() for name in names))

    def told(self, mentions: Mentions) -> Offered:
        """Returns what users have to know of it."""
        place = (self.function.lineno, self.function.col_offset + 1)
        return Offered(self.classes, *place, self.function.name, tuple(_asked(mentions, self)))


def offers(mentions: Mentions, is_known: Callable[[str], bool]) -> Iterator[Offer]:
    """Yields the functions of which `is_known` tells that no other code mentions them."""
    tables = {name: nodes for name, nodes in tables_of(mentions) if not is_known(name)}
    found = [
        f for f in mentions.source.tree.body if isinstance(f, ast.FunctionDef) and _is_plain(mentions, f)
    ]
    every = {f: _made(mentions, f, tables) for f in found}
    made = {f: calls for f, calls in every.items() if calls and not is_known(f.name)}
    inside = {n for f in made for n in walk(f)}
    alone = {name for name in tables if all(read in inside for read in reads_of(mentions, name))}
    for function, calls in made.items():
        used = {name for call in calls if (name := _table(call.func)) is not None}
        if used <= alone:
            nodes = [call.func for call in calls] + [node for name in sorted(used) for node in tables[name]]
            classes = {c: _classes(mentions, c.func, tables) for c in calls}
            yield Offer(function, classes, tuple(nodes))


def _is_plain(mentions: Mentions, function: ast.FunctionDef) -> bool:
    """Tells whether nothing decorates it, and nothing in its file mentions it but what exports it."""
    spelled = (n for n in walk(mentions.source.tree) if isinstance(n, ast.Name) and n.id == function.name)
    header = mentions.source.segment(function).startswith(f"def {function.name}(")
    return header and not function.decorator_list and not any(spelled)


def _made(
    mentions: Mentions, function: ast.FunctionDef, tables: Mapping[str, tuple[ast.expr, ...]]
) -> list[ast.Call]:
    """The calls that it returns, where that is all that it does with classes and tables of them."""
    whole = {*walk(function)}
    inner = {n for f in whole if isinstance(f, Function) and f is not function for n in walk(f)}
    returned = (n.value for n in walk(function) if isinstance(n, ast.Return) and n not in inner)
    calls = [c for c in returned if isinstance(c, ast.Call) and _classes(mentions, c.func, tables)]
    mentioned = {n for n in whole if n in mentions.found and not mentions.harmless(n)}
    read = mentioned.union(*(whole.intersection(reads_of(mentions, name)) for name in tables))
    return calls if read <= {n for c in calls for n in walk(c.func)} else []


def _table(function: ast.expr) -> str | None:
    """The table of `TABLE[name]`."""
    if isinstance(function, ast.Subscript) and isinstance(function.value, ast.Name):
        return function.value.id
    return None


def _classes(
    mentions: Mentions, function: ast.expr, tables: Mapping[str, tuple[ast.expr, ...]]
) -> tuple[str, ...]:
    nodes = tables.get(_table(function) or "", (function,))
    return tuple(mentions.found[n] for n in nodes if n in mentions.found)


def _asked(mentions: Mentions, offer: Offer) -> list[str]:
    """What callers have to give from here on."""
    sizes = (size for name in offer.classes for size in _sizes(mentions, name))
    return [*dict.fromkeys(sizes), "rngs"]


def asking(mentions: Mentions, text: Text, offer: Offer) -> Iterator[Edit]:
    """Yields the edits of the function and its calls; none where it hands on what is given by name. Raises Refused."""
    function, asked = offer.function, _asked(mentions, offer)
    handed = [_hands_on(function, call) for call in offer.calls]
    if all(handed):
        return
    if any(handed) or any(_sizes(mentions, name) != asked[:-1] for name in offer.classes):
        reason = f"`{function.name}` makes models that do not ask for the same"
        raise Refused(offer.classes[0], function, reason)
    own = {n.arg for n in walk(function.args) if isinstance(n, ast.arg)} | stored(function)
    if clash := own & {*asked, "nnx"}:
        raise Refused(offer.classes[0], function, f"`{function.name}` has a `{min(clash)}` of its own")
    for call, (first, *_) in offer.calls.items():
        site = Site(call, mentions.classes[first], "", function)
        try:
            given = [*asked[:-1], *arguments(site, text.of), "rngs=rngs"]
        except NotRead as reason:
            raise Refused(first, reason.node, reason.message) from reason
        if any(isinstance(a, ast.Starred) for a in call.args):
            raise Refused(first, call, "what it is given by place is unpacked from a sequence")
        yield Replace(mentions.source.span(call), f"{text.of(call.func)}({', '.join(given)})")
    yield Ask(mentions.source.span(function), tuple(_kinds(mentions, offer).items()))


def _hands_on(function: ast.FunctionDef, call: ast.Call) -> bool:
    """Tells whether a call gives everything by name, and all that the function is given by other names."""
    rest = function.args.kwarg.arg if function.args.kwarg is not None else None
    reads = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == rest]
    given = [k.value for k in call.keywords if k.arg is None]
    return rest is not None and reads == given and not call.args and len(given) == 1


def _sizes(mentions: Mentions, name: str) -> list[str]:
    return [argument.name for argument in mentions.classes[name].arguments]


def _kinds(mentions: Mentions, offer: Offer) -> dict[str, str]:
    """The annotations of what it asks for: a whole number where that is the size of one axis."""
    sizes = {a.name: a.template for name in offer.classes for a in mentions.classes[name].arguments}
    kinds = {name: "int" if _LAST.fullmatch(template) else "" for name, template in sizes.items()}
    return kinds | {"rngs": "nnx.Rngs"}
