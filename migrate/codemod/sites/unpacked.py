"""What a scope calls the variables that an init returns: the dict of collections, or each of them by itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .calls import literal_key
from .initialised import Initialised, block
from .mentions import Mentions
from .references import Reference, binders, is_rebound, references
from .scopes import Function, Scope, arguments_of, direct, mentioned, stored, taken


@dataclass(eq=False)
class Unpacked:
    """The variables of one model, as `scope` reads them."""

    mentions: Mentions
    scope: Scope
    model: Initialised

    @cached_property
    def names(self) -> dict[str, str]:
        """A name for each collection that is asked for, if the dict of them is of no other use; else nothing."""
        target, pick = self.model.name, self.model.init.pick
        if pick:
            return {pick: target}
        if not self._asked or not all(self._replaceable(use, key) for use, key in self._asked):
            return {}
        given = [(key, name) for name, key in self.renamings.values()]
        names = dict(given)
        if len(names) < len(given) or any(is_rebound(self.scope, name) for name in (target, *names.values())):
            return {}
        new = {key: key for _, key in self._asked if key not in names}
        hidden = stored(self.scope) | taken(self.scope)
        if new and (not hidden.isdisjoint(new) or any(use.deferred for use, _ in self._asked)):
            return {}
        return names | new

    @cached_property
    def is_dict(self) -> bool:
        """Whether what init returns is taken for a dict of collections."""
        uses = (self.mentions.parents[use.node] for use, _ in self._asked)
        return any(isinstance(use, ast.Subscript | ast.Attribute) for use in uses)

    @cached_property
    def renamings(self) -> dict[ast.stmt, tuple[str, str]]:
        """The statements that give a collection its name, with both: `params = variables["params"]`."""
        found: dict[ast.stmt, tuple[str, str]] = {}
        for statement in block(self.scope):
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Subscript(value=ast.Name(id=whole)) as read
                ) if whole == self.model.name:
                    found[statement] = name, literal_key(read)
        return found

    @property
    def reads(self) -> Iterator[tuple[ast.AST, str]]:
        """The reads of one collection, and which, apart from those that give it its name."""
        for use, key in self._asked:
            read = self.mentions.parents[use.node]
            if self.mentions.parents[read] not in self.renamings:
                yield read, key

    def check(self) -> None:
        """Refuses variables that are found by their names, or changed in place. Raises Refused."""
        for name in sorted({self.model.name, *self.names.values()}):
            for use in references(self.scope, name):
                self._check_read(use.node)
            for node in binders(self.scope, name):
                if isinstance(self.mentions.parents.get(node), ast.AugAssign):
                    raise self.model.refused(node, f"`{name}` is changed in place")
                if node is not self.model.target and not self._comes_from_init(node):
                    raise self.model.refused(
                        node, f"`{name}` may be bound to what does not come from the init"
                    )

    def check_given(self, node: ast.expr) -> None:
        """Refuses an apply to what may have come from elsewhere: a merge asks for no names. Raises Refused."""
        inner = [up for _, up in self.mentions.above(node) if isinstance(up, ast.Lambda | Function)]
        inside = inner[: inner.index(self.scope)] if self.scope in inner else inner
        own = stored(self.scope) - {name for up in inside for name in stored(up) | arguments_of(up)}
        for name in sorted(mentioned(node) & own - self._derived[1]):
            raise self.model.refused(node, f"`{name}` may be bound to what does not come from the init")

    def _comes_from_init(self, node: ast.AST) -> bool:
        """Tells whether what binds a variable reads what came from the init."""
        return any(up in self._derived[0] for _, up in self.mentions.above(node))

    @cached_property
    def _derived(self) -> tuple[set[ast.AST], set[str]]:
        """The statements of the scope that read what came from the init, and the variables that have it."""
        names, found = {self.model.name, *self.names.values()}, set[ast.AST]({self.model.statement})
        statements = [n for n in direct(self.scope) if isinstance(n, ast.stmt)]
        names |= _bound(self.model.statement)
        while True:
            more = [s for s in statements if s not in found and names & _read(s)]
            if not more:
                return found, names
            found |= {*more}
            names |= {name for s in more for name in _bound(s)}

    def _check_read(self, node: ast.Name) -> None:
        read = self.mentions.parents[node]
        if not (isinstance(read, ast.Subscript) and read.value is node):
            return
        above = self.mentions.parents[read]
        deeper = isinstance(above, ast.Subscript) and above.value is read
        if deeper or literal_key(read) not in self.model.collections:
            shown = ast.unparse(above if deeper else read)
            raise self.model.refused(read, f"`{shown}` finds a variable by its name")

    @cached_property
    def _asked(self) -> list[tuple[Reference, str]]:
        """The reads of what init returns, each with the one collection that it takes from it, or nothing."""
        found = []
        for use in references(self.scope, self.model.name):
            match self.mentions.parents[use.node]:
                case ast.Subscript(value=whole) as read if whole is use.node:
                    found.append((use, literal_key(read)))
                case _:
                    found.append((use, ""))
        return found

    def _replaceable(self, use: Reference, key: str) -> bool:
        return key in self.model.collections and not in_string(self.mentions, use.node)


def in_string(mentions: Mentions, node: ast.AST) -> bool:
    """Tells whether `node` stands in an f-string, where Python 3.11 does not know the places."""
    return any(isinstance(up, ast.JoinedStr) for _, up in mentions.above(node))


def _read(statement: ast.stmt) -> set[str]:
    """The variables that a statement reads: a function with all of its body, another without the statements inside."""
    return {n.id for n in _own_nodes(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    return {
        n.id for n in _own_nodes(statement) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield from ast.walk(statement)
        return
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield from ast.walk(child)
