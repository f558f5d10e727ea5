"""Local lists that a method fills one by one, or once for each round of a loop or a comprehension."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..bindings import defines, statements
from ..model import Method
from ..source import Source
from ..trees import walk
from .text import one_line, with_code


def is_plain(node: ast.expr | None) -> bool:
    """Tells whether an expression can stand in the place of a name, as often as that does."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Constant)


@dataclass(frozen=True, eq=False)
class Element:
    """What is put into a list; some of its names stand for what a loop of one round gives them."""

    node: ast.expr
    given: Mapping[str, ast.expr] = field(default_factory=dict)

    @property
    def reads(self) -> set[str]:
        """The names of the method that its code reads."""
        own = {n.id for n in walk(self.node) if isinstance(n, ast.Name)}
        inner = (
            n.id
            for name in own & self.given.keys()
            for n in walk(self.given[name])
            if isinstance(n, ast.Name)
        )
        return (own - self.given.keys()) | {*inner}

    def code(self, source: Source) -> str | None:
        """Returns its code on one line; None where a comment stands in it, or a text of several lines."""
        names = [n for n in walk(self.node) if isinstance(n, ast.Name) and n.id in self.given]
        return with_code(source, self.node, {n: source.segment(self.given[n.id]) for n in names})


@dataclass(frozen=True, eq=False)
class Filled:
    """The statements that fill a list, all in one block: with `elements`, or one for each `target` of `through`."""

    statements: Sequence[ast.stmt]
    elements: Sequence[Element]
    target: ast.expr | None = None
    through: ast.expr | None = None


@dataclass(frozen=True, eq=False)
class Once:
    """A loop of one round, which puts elements into lists, and what gives its names their only values."""

    loop: ast.For
    given: Mapping[str, ast.expr]
    added: Mapping[str, Sequence[Element]]
    above: ast.Assign | None = None


def filled(method: Method, name: str, once: Mapping[ast.stmt, Once]) -> Filled | None:
    """Returns how a local list is filled; None where more is done to it than that, and to read it."""
    mentions = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    places: dict[ast.stmt, ast.Name] = {}
    for mention in sorted(mentions, key=lambda n: (n.lineno, n.col_offset)):
        if not isinstance(mention.ctx, ast.Load) or _is_changed(method, mention):
            places.setdefault(_outermost(method, mention, places), mention)
    match [*places]:
        case [ast.Assign(targets=[ast.Name()], value=ast.ListComp() as listed) as first]:
            plain = len(listed.generators) == 1 and not listed.generators[0].ifs
            each = listed.generators[0]
            return Filled([first], [Element(listed.elt)], each.target, each.iter) if plain else None
        case [ast.Assign(targets=[ast.Name()], value=ast.List(elts=elements)) as first, *more]:
            return _grown(name, first, elements, more, once)
    return None


def _is_changed(method: Method, mention: ast.Name) -> bool:
    """Anything but going through it: `layers.append(...)`, `layers[0] = ...`."""
    above = method.parents[mention]
    return isinstance(above, ast.Attribute | ast.Subscript | ast.AugAssign | ast.Delete)


def _outermost(method: Method, mention: ast.Name, places: Mapping[ast.stmt, ast.Name]) -> ast.stmt:
    """The statement around a mention in the block of the first one."""
    statement = method.statement(mention)
    block = method.block(next(iter(places), statement))
    chain = [statement, *(a for a in method.above(statement) if isinstance(a, ast.stmt))]
    return next((s for s in chain if s in block), statement)


def _grown(
    name: str, first: ast.Assign, elements: Sequence[ast.expr], more: Sequence[ast.stmt],
    once: Mapping[ast.stmt, Once],
) -> Filled | None:  # fmt: skip
    found = [Element(e) for e in elements]
    if any(isinstance(e, ast.Starred) for e in elements):
        return None
    for statement in more:
        match statement:
            case ast.For(target=target, iter=through, body=[only], orelse=[]) if statement not in once:
                item = _appended(only, name)
                alone = item is not None and not found and len(more) == 1
                return (
                    Filled([first, statement], [Element(item)], target, through) if item and alone else None
                )
            case ast.For():
                loop = once.get(statement)
                found += loop.added.get(name, ()) if loop is not None else ()
                if loop is None:
                    return None
            case _:
                item = _appended(statement, name)
                if item is None:
                    return None
                found.append(Element(item))
    return Filled([first, *more], found)


def added(statement: ast.stmt) -> tuple[ast.Name, ast.expr] | None:
    """Returns a list and the element that a statement puts at its end, where it does no more to the list."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name() as name, attr="append"), args=[item], keywords=[]
            )
        ) if not isinstance(item, ast.Starred):
            inside = any(isinstance(n, ast.Name) and n.id == name.id for n in walk(item))
            return None if inside else (name, item)
    return None


def _appended(statement: ast.stmt, name: str) -> ast.expr | None:
    found = added(statement)
    return found[1] if found is not None and found[0].id == name else None


def loops_of_one_round(method: Method, source: Source) -> dict[ast.stmt, Once]:
    """Returns the loops over one thing that do no more than put elements into lists that are empty before."""
    loops = (n for n in walk(method.node) if isinstance(n, ast.For))
    return {loop: one for loop in loops if (one := _once(method, loop, source)) is not None}


def _once(method: Method, loop: ast.For, source: Source) -> Once | None:
    above, given = _given(method, loop)
    puts = [put for s in loop.body if (put := added(s)) is not None]
    bare = one_line(source.segment(loop.iter)) is not None and "#" not in source.segment(loop)
    if len(given) < _names(loop.target) or not given or loop.orelse or len(puts) < len(loop.body) or not bare:
        return None
    if any(isinstance(n, ast.Name) and n.id in given for n in _outside(method, loop)):
        return None
    if any(isinstance(n, ast.Lambda | ast.comprehension) for _, item in puts for n in walk(item)):
        return None
    if not _stays(method, loop, above, given):
        return None
    lists: dict[str, list[Element]] = {}
    for name, item in puts:
        lists.setdefault(name.id, []).append(Element(item, given))
    known = all(e.code(source) is not None for elements in lists.values() for e in elements)
    return Once(loop, given, lists, above) if known else None


def _stays(method: Method, loop: ast.For, above: ast.Assign | None, given: Mapping[str, ast.expr]) -> bool:
    """Tells whether what the names stand for is the same in the loop as where it was said."""
    attributes = (value for value in given.values() if isinstance(value, ast.Attribute))
    block = method.block(loop)
    between = block[block.index(above) : block.index(loop)] if above is not None else []
    changed = {name for s in statements([*between, loop]) for name in defines(s)}
    read = {n.id for value in given.values() for n in walk(value) if isinstance(n, ast.Name)}
    return all(method.is_this(a) for a in attributes) and not changed & read


def _names(target: ast.expr) -> int:
    return sum(isinstance(n, ast.Name) for n in walk(target))


def _outside(method: Method, loop: ast.For) -> Iterator[ast.AST]:
    inside = {*walk(loop)}
    return (n for n in walk(method.node) if n not in inside)


def _given(method: Method, loop: ast.For) -> tuple[ast.Assign | None, dict[str, ast.expr]]:
    """What the loop's names stand for in its one round, and the statement that has said so."""
    match loop.target, loop.iter:
        case (
            ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=two)]),
            ast.Call(func=ast.Attribute(value=listed, attr="items"), args=[], keywords=[]),
        ):
            above = _bound(method, loop, listed) if isinstance(listed, ast.Name) else None
            match listed if above is None else above.value:
                case ast.Dict(keys=[key], values=[value]) if key is not None and is_plain(key):
                    return above, {one: key, two: value} if is_plain(value) else {}
        case ast.Name(id=one), ast.List(elts=[value]) | ast.Tuple(elts=[value]) if is_plain(value):
            return None, {one: value}
    return None, {}


def _bound(method: Method, loop: ast.For, name: ast.Name) -> ast.Assign | None:
    """The statement above the loop, in its block, that binds a name which the loop alone reads."""
    mentions = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name.id and n is not name]
    if len(mentions) != 1 or name.id in method.parameters:
        return None
    match method.parents[mentions[0]]:
        case ast.Assign(targets=[target]) as bound if target is mentions[0]:
            block = method.block(loop)
            return bound if bound in block[: block.index(loop)] else None
    return None
