"""`zip(self.layers, self.norms)` of lists that setup makes one by one, read as lists that one loop fills.

`self.layers = [nn.Dense(n) for n in self.sizes]` and `self.norms = [nn.LayerNorm() for _ in self.sizes]`: each norm
has the size of the layer beside it.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..bindings import stored
from ..comments import comments_of
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .bodies import Caller
from .calls import PLAIN
from .text import one_line

_COUNTING = frozenset({"range", "enumerate", "zip", "len", "reversed", "list", "tuple"})


@dataclass(frozen=True, eq=False)
class _List:
    """A list of modules that setup makes in one comprehension."""

    attribute: str
    statement: ast.Assign
    element: ast.Call
    target: ast.expr
    through: ast.expr

    @property
    def names(self) -> set[str]:
        return {n.id for n in walk(self.target) if isinstance(n, ast.Name)}

    @property
    def read(self) -> set[str]:
        return {n.id for n in walk(self.element) if isinstance(n, ast.Name)}


def read_together(project: Project, *, varying: bool = True) -> list[Rewording]:
    """Returns the statements of setup that make such lists, in classes that run through them together.

    They are those that a `zip` runs through whose elements are spelled with what they run through, `varying`, or else
    the others, and those whose elements are taken by number: classes with these may migrate as they are.
    """
    found: list[Rewording] = []
    for cls in project.classes.values():
        setup = cls.methods.get("setup")
        if setup is not None and setup.kind is MethodKind.SETUP:
            found += _in_class(cls, setup, varying)
    return found


def _in_class(cls: LinenClass, setup: Method, varying: bool) -> Iterator[Rewording]:
    lists = {one.attribute: one for one in _lists(setup)}
    taken: set[str] = set()
    for attributes, by_number in _taken_together(cls):
        beside = [one for name, one in lists.items() if name in attributes]
        varies = any(one.read & one.names for one in beside) and not by_number
        whole = varies == varying and len(beside) == len(attributes) > 1 and taken.isdisjoint(attributes)
        code = _code(cls, setup, beside) if whole and _are_alike(setup, beside) else None
        if code is not None:
            taken |= {*attributes}
            *others, last = sorted((one.statement for one in beside), key=lambda s: s.lineno)
            yield from (instead_of(cls, other, "pass") for other in others)
            yield instead_of(cls, last, code)


def _taken_together(cls: LinenClass) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yields the attributes that a loop of the class runs through together, and whether it does so by number."""
    for method in cls.methods.values():
        for node in walk(method.node):
            match node:
                case ast.Call(func=ast.Name(id="zip"), args=args):
                    own = [a.attr for a in args if isinstance(a, ast.Attribute) and method.is_this(a)]
                    if len({*own}) == len(args):
                        yield tuple(own), False
                case ast.For(target=ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), _])):
                    yield tuple(dict.fromkeys(_numbered(method, node, name))), True


def _numbered(method: Method, loop: ast.For, name: str) -> Iterator[str]:
    """Yields the attributes whose elements a loop takes by the name."""
    for node in walk(loop):
        match node:
            case ast.Subscript(value=ast.Attribute() as listed, slice=ast.Name(id=index)) if index == name:
                if method.is_this(listed):
                    yield listed.attr


def _lists(setup: Method) -> Iterator[_List]:
    for statement in setup.node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(attr=name) as kept],
                value=ast.ListComp(
                    elt=ast.Call() as element,
                    generators=[ast.comprehension(target=target, iter=through, ifs=[], is_async=0)],
                ),
            ) if setup.is_this(kept):
                yield _List(name, statement, element, target, through)


def _are_alike(setup: Method, lists: Sequence[_List]) -> bool:
    """Tells whether one loop can fill them, where the last of them is made."""
    main = _main(lists)
    others = [one for one in lists if one is not main]
    counted = all(ast.unparse(one.through) == ast.unparse(main.through) for one in others)
    beside = all(
        ast.unparse(one.target) == ast.unparse(main.target) or not one.read & (one.names | main.names)
        for one in others
    )
    spelled = [n for n in walk(setup.node) if isinstance(n, ast.Name)]
    inside = {n for one in lists for n in walk(one.statement)}
    apart = {n.id for n in spelled if n not in inside}
    bound = [n.id for n in spelled if not isinstance(n.ctx, ast.Load)]
    steady = all(bound.count(name) < 2 for one in lists for name in one.read - main.names)
    mentions = [n.attr for n in walk(setup.node) if isinstance(n, ast.Attribute) and setup.is_this(n)]
    once = all(mentions.count(one.attribute) == 1 for one in lists) and reads_fields(setup, inside)
    return counted and beside and steady and once and not main.names & apart and _is_pure(main.through)


def reads_fields(setup: Method, nodes: Collection[ast.AST]) -> bool:
    """Tells whether setup assigns no attribute that some nodes read: it means the same at another place."""
    own = [n for n in walk(setup.node) if isinstance(n, ast.Attribute) and setup.is_this(n)]
    assigned = {n.attr for n in own if not isinstance(n.ctx, ast.Load)}
    return assigned.isdisjoint(n.attr for n in own if n in nodes and isinstance(n.ctx, ast.Load))


def _main(lists: Sequence[_List]) -> _List:
    """The one whose elements read what is run through."""
    return next((one for one in lists if one.read & one.names), lists[0])


def _is_pure(node: ast.expr) -> bool:
    nodes = [n for n in walk(node) if not isinstance(n, PLAIN)]
    return all(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _COUNTING and not n.keywords
        for n in nodes
    )


def _code(cls: LinenClass, setup: Method, lists: Sequence[_List]) -> str | None:
    caller, source, main = Caller(cls.source, cls.names, setup), cls.source, _main(lists)
    names = _names(lists, caller.spelled | stored(setup.node))
    elements = [one_line(source.segment(one.element)) for one in lists]
    target, through = (one_line(source.segment(node)) for node in (main.target, main.through))
    whole = [one_line(source.segment(one.statement)) for one in lists]  # a comment in it would be lost
    if None in (*elements, *whole, target, through):
        return None
    rows = [f"{names[one.attribute]} = []" for one in lists]
    rows += [comment for one in lists for comment in comments_of(source, one.statement)]
    rows.append(f"for {target} in {through}:")
    rows += [
        f"{caller.indent}{names[one.attribute]}.append({element})"
        for one, element in zip(lists, elements, strict=True)
    ]
    rows += [f"{setup.this}.{one.attribute} = {names[one.attribute]}" for one in lists]
    return (source.newline + source.ahead(lists[0].statement)).join(rows)


def _names(lists: Sequence[_List], spelled: set[str]) -> Mapping[str, str]:
    """A local for each list, which means nothing else in setup."""
    found: dict[str, str] = {}
    for one in lists:
        name = one.attribute.strip("_")
        free = (n for n in (name, *(f"{name}_{k}" for k in range(1, len(spelled) + 2))) if n not in spelled)
        found[one.attribute] = next(n for n in free if n not in found.values())
    return found
