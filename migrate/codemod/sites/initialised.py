"""The models of a scope that are made and initialised once, by statements that run once."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .calls import Init, NotRead, read_init
from .mentions import Mentions
from .records import Refused
from .scopes import Scope, stored, taken
from .sizes import is_chain
from .values import PARAMS, Site

_SMALL = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
# What may evaluate its parts later, often, or not at all.
_PERHAPS = (
    ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Initialised:
    """The module of `site`, whose `init` is the expression `node` of a `statement`; `name` is that of its variables.

    The statement binds `target` to them, or else uses them in another expression. A module that is `given` is an
    argument of the function: what it is called makes it.
    """

    site: Site
    init: Init
    node: ast.expr
    statement: ast.stmt
    name: str
    target: ast.Name | None = None
    given: bool = False

    @property
    def collections(self) -> tuple[str, ...]:
        """What its variables are divided into, parameters first."""
        return (PARAMS, *sorted(self.site.collections - {PARAMS}))

    @property
    def from_line(self) -> int:
        """The first line on which the parts of the model are known."""
        return self.statement.lineno if self.target is None else (self.statement.end_lineno or 0) + 1

    def refused(self, node: ast.AST, message: str) -> Refused:
        return Refused(self.site.constructor.name, node, message)


def initialised(mentions: Mentions, scope: Scope, given: Mapping[str, Site]) -> Iterator[Initialised]:
    """Yields them in the order of their inits, `given` ones too. Raises Refused."""
    made = dict(given)
    for statement in block(scope):
        if (site := constructed(mentions, statement)) is not None:
            made[site.name] = site
            continue
        match statement:
            case ast.Assign(targets=[ast.Name() as target], value=value) if init := _init(
                mentions, value, made
            ):
                site = _site(init, made)
                yield Initialised(site, init, value, statement, target.id, target, site.name in given)
            case _ if isinstance(statement, _SMALL):
                for node, init in _inside(mentions, statement, made):
                    site, name = _site(init, made), _unnamed(scope, init, made)
                    yield Initialised(site, init, node, statement, name, given=site.name in given)


def constructed(mentions: Mentions, statement: ast.stmt) -> Site | None:
    """Returns the module that a statement makes and gives a name."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if call.func in mentions.found:
            return Site(call, mentions.classes[mentions.found[call.func]], name, statement)
    return None


def _unnamed(scope: Scope, init: Init, made: dict[str, Site]) -> str:
    """What variables are called whose init has no name for them: what Linen calls them. Raises Refused."""
    site = _site(init, made)
    if not _is_plain(init.key):
        raise Refused(site.constructor.name, init.key, "the key of init is made on the spot: give it a name")
    wanted = init.pick or (PARAMS if site.collections <= {PARAMS} else "variables")
    alone = len(made) == 1 and wanted not in stored(scope) | taken(scope)
    return wanted if alone else f"{site.name}_{wanted}"


def _inside(mentions: Mentions, node: ast.AST, made: dict[str, Site]) -> Iterator[tuple[ast.expr, Init]]:
    """Yields the inits in a statement that are evaluated once, whatever the values are."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _PERHAPS):
            continue
        init = _init(mentions, child, made) if isinstance(child, ast.Subscript | ast.Call) else None
        if init is not None:
            assert isinstance(child, ast.expr)
            yield child, init
        else:
            yield from _inside(mentions, child, made)


def _site(init: Init, made: dict[str, Site]) -> Site:
    assert isinstance(init.receiver, ast.Name)
    return made[init.receiver.id]


def _is_plain(key: ast.expr) -> bool:
    """Tells whether nothing but its value comes of `key`, wherever it is evaluated: a name, or a key of a number."""
    match key:
        case ast.Call(func=ast.Attribute(attr="key" | "PRNGKey"), args=[seed], keywords=[]):
            return _is_plain(seed)
        case ast.Dict(values=values):
            return all(_is_plain(value) for value in values)
        case ast.Subscript(value=value, slice=ast.Constant()):
            return _is_plain(value)
        case ast.Constant():
            return True
    return is_chain(key)


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
