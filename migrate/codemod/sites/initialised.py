"""The models of a scope that are made and initialised once, by statements that run once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .calls import Init, NotRead, read_init
from .mentions import Mentions
from .records import Refused
from .scopes import Scope
from .values import PARAMS, Site


@dataclass(frozen=True, eq=False)
class Initialised:
    """The module of `site`, whose `init` stands in the `statement` that binds `target` to variables."""

    site: Site
    init: Init
    statement: ast.Assign
    target: ast.Name

    @property
    def collections(self) -> tuple[str, ...]:
        """What its variables are divided into, parameters first."""
        return (PARAMS, *sorted(self.site.collections - {PARAMS}))

    def refused(self, node: ast.AST, message: str) -> Refused:
        return Refused(self.site.constructor.name, node, message)


def initialised(mentions: Mentions, scope: Scope) -> Iterator[Initialised]:
    """Yields them in the order of their inits. Raises Refused."""
    made: dict[str, Site] = {}
    for statement in block(scope):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                if isinstance(value, ast.Call) and value.func in mentions.found:
                    constructor = mentions.classes[mentions.found[value.func]]
                    made[name] = Site(value, constructor, name, statement)
                    continue
                init = _init(mentions, value, made)
                if init is not None:
                    assert isinstance(init.receiver, ast.Name)
                    yield Initialised(made[init.receiver.id], init, statement, target)


def block(scope: Scope) -> Iterator[ast.stmt]:
    """Yields the statements of `scope` that run once, in their order."""
    for statement in scope.body:
        match statement:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=body):
                yield from body
            case _:
                yield statement


def _init(mentions: Mentions, value: ast.expr, made: dict[str, Site]) -> Init | None:
    def ours(node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in made

    try:
        return read_init(value, mentions.names, ours)
    except NotRead as reason:
        name = next(n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in made)
        raise Refused(made[name].constructor.name, reason.node, reason.message) from reason
