"""Classes in a table at the top of a file, `MODELS = {"small": Small, "large": Large}`, of which a key picks one.

The model becomes a Linen module around whichever class that is: `nnx.bridge.to_linen(MODELS[name], x.shape[-1])`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..edits import Replace
from ..flow.callables import Lookup
from ..supplied import Supply
from ..trees import walk
from .construct import spells
from .given_classes import around, edits_of
from .mentions import Mentions
from .records import Refused
from .references import is_hidden
from .scopes import Function
from .values import Site

_ASKED = frozenset({"sorted", "list", "tuple", "len", "set"})


@dataclass(frozen=True, eq=False)
class Table:
    """The classes that `nodes` spell; `made` are the calls of one of them, through the functions `getters` too."""

    name: str
    nodes: tuple[ast.expr, ...]
    made: tuple[ast.Call, ...]
    getters: tuple[str, ...]

    @property
    def known_as(self) -> tuple[str, ...]:
        """The names at the top of the file by which others could come to the classes."""
        return (self.name, *self.getters)


def tables(mentions: Mentions) -> Iterator[Table]:
    """Yields the tables of migrated classes of which models are made, and nothing else."""
    for name, nodes in tables_of(mentions):
        if all(spells(n, mentions.found[n], mentions.names) for n in nodes):
            yield from _table(mentions, name, nodes)


def tables_of(mentions: Mentions) -> Iterator[tuple[str, tuple[ast.expr, ...]]]:
    """Yields the tables of migrated classes, or partials of them, whatever is made of those."""
    for statement in mentions.source.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys, values=nodes)) if nodes:
                known = all(n in mentions.found for n in nodes) and None not in keys
                if known and _is_alone(mentions, name):
                    yield name, tuple(nodes)


def reads_of(mentions: Mentions, name: str) -> list[ast.Name]:
    """Returns the reads of a table that ask for more than its keys."""
    return [n for n in _reads(mentions, name) if not _is_asked(mentions, n, mentions.parents[n])]


def _is_alone(mentions: Mentions, name: str) -> bool:
    """Tells whether one statement of the file binds a name, and no function has another of it."""
    tree = mentions.source.tree
    return [*_binders(tree)].count(name) == 1 and not is_hidden(tree, name)


def _binders(tree: ast.AST) -> Iterator[str]:
    """Yields the names that anything in a file binds, once for each place."""
    for node in walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
            case ast.ExceptHandler(name=str(name)):
                yield name


def _table(mentions: Mentions, name: str, nodes: tuple[ast.expr, ...]) -> Iterator[Table]:
    made, getters = list[ast.Call](), list[str]()
    for read in _reads(mentions, name):
        above = mentions.parents[read]
        if _is_asked(mentions, read, above):
            continue
        around_it = mentions.parents[above]
        getter = _getter(mentions, around_it)
        calls = (
            [around_it] if getter is None else [mentions.parents[c] for c in _calls(mentions, getter.name)]
        )
        picked = [above] if getter is None else _calls(mentions, getter.name)
        taken = isinstance(above, ast.Subscript) and above.value is read and isinstance(above.ctx, ast.Load)
        if not taken or not all(_makes(mentions, call, picked) for call in calls):
            return
        made += [c for c in calls if isinstance(c, ast.Call)]
        getters += [getter.name] if getter is not None else []
    if made:
        yield Table(name, nodes, tuple(made), tuple(getters))


def _makes(mentions: Mentions, call: ast.AST, picked: list[ast.AST]) -> bool:
    """Tells whether what is picked is called, outside of all modules."""
    return isinstance(call, ast.Call) and call.func in picked and mentions.owner(call) is None


def _reads(mentions: Mentions, name: str) -> list[ast.Name]:
    names = (n for n in walk(mentions.source.tree) if isinstance(n, ast.Name) and n.id == name)
    return [n for n in names if isinstance(n.ctx, ast.Load)]


def _is_asked(mentions: Mentions, read: ast.Name, above: ast.AST) -> bool:
    """`name in MODELS`, `sorted(MODELS)`, `MODELS.keys()`: what it has, by its keys alone."""
    match above:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[where]):
            return where is read
        case ast.Call(func=ast.Name(id=function), args=[given], keywords=[]):
            return given is read and function in _ASKED
        case ast.Attribute(attr="keys"):
            call = mentions.parents[above]
            return isinstance(call, ast.Call) and call.func is above
    return False


def _getter(mentions: Mentions, returns: ast.AST) -> ast.FunctionDef | None:
    """`def get_model(name): return MODELS[name]`, a function at the top of the file that nothing decorates."""
    function = mentions.parents.get(returns) if isinstance(returns, ast.Return) else None
    plain = isinstance(function, ast.FunctionDef) and not function.decorator_list and returns in function.body
    if not plain or not isinstance(function, ast.FunctionDef) or function not in mentions.source.tree.body:
        return None
    returned = [n for n in walk(function) if isinstance(n, ast.Return | Function) and n is not function]
    alone = _is_alone(mentions, function.name)
    return function if alone and returned == [returns] else None


def _calls(mentions: Mentions, name: str) -> list[ast.AST]:
    """What stands around each read of a function: calls of it, if nothing else is done with it."""
    reads = _reads(mentions, name)
    return [
        up if isinstance(up, ast.Call) and up.func is n else n for n in reads for up in [mentions.parents[n]]
    ]


def make_linen_of(
    mentions: Mentions, table: Table, supply: Supply, lookup: Lookup
) -> tuple[list[Replace], list[Site]]:
    """Returns the edits of what makes models of the classes, and the models. Raises Refused."""
    place = table.nodes[0]
    names = dict.fromkeys(mentions.found[node] for node in table.nodes)
    planned = {name: [around(mentions, call, name, place, lookup) for call in table.made] for name in names}
    message = f"the classes in `{table.name}` ask for other sizes, or draw otherwise"
    fields = {mentions.classes[name].fields for name in names}
    if len(fields) > 1 and any(call.args for call in table.made):
        raise Refused(next(iter(names)), place, f"the classes in `{table.name}` have other fields")
    return edits_of(planned, place, message, supply)
