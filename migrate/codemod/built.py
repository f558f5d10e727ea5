"""Lists of layers that a Sequential is given: collected in a local of setup, or with comprehensions in them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .constructions import Construction
from .model import Method, MethodKind
from .trees import walk

LATER = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
"""What runs what stands in it at another time, or many times."""

_JUMPS = ast.Break | ast.Continue | ast.Return
Fill = tuple[ast.stmt, Sequence[ast.expr]]
"""A statement that adds to a list, and what it adds."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Statements that call layers in turn, and the comprehension or loop of the source that each loop stands for."""

    body: Sequence[ast.stmt]
    loops: Mapping[ast.For, ast.For | ast.ListComp]


@dataclass(frozen=True, eq=False)
class Written:
    """A list with comprehensions in it, where the Sequential is made: single layers, and those of one round."""

    parts: Sequence[ast.expr | ast.ListComp]

    @property
    def items(self) -> list[ast.expr]:
        return [item for part in self.parts for item in _items(part)]

    def reading(self, local: str) -> Reading:
        """Returns the calls of every layer with `local`, each of which becomes what it gives."""
        loops: dict[ast.For, ast.For | ast.ListComp] = {}
        return Reading([s for part in self.parts for s in _called(part, local, loops)], loops)


@dataclass(frozen=True, eq=False)
class Built:
    """The local list that the layers of a Sequential stand in, and what setup adds to it, in that order."""

    method: Method
    fills: Sequence[Fill]
    last: ast.stmt

    @property
    def items(self) -> list[ast.expr]:
        return [item for _, parts in self.fills for part in parts for item in _items(part)]

    def reading(self, local: str) -> Reading:
        """Returns setup up to the Sequential, where every layer is called with `local` instead of being added."""
        loops: dict[ast.For, ast.For | ast.ListComp] = {}
        added = dict(self.fills)

        def read(statement: ast.stmt) -> list[ast.stmt]:
            if statement in added:
                return [s for part in added[statement] for s in _called(part, local, loops)]
            inside = {*walk(statement)}
            match statement:
                case ast.For(target=target, iter=iterated, body=body) if inside & added.keys():
                    loop = ast.For(target, iterated, [s for b in body for s in read(b)], [])
                    loops[ast.copy_location(loop, statement)] = statement
                    return [loop]
                case ast.If(test=test, body=yes, orelse=no) if inside & added.keys():
                    sides = ([s for b in side for s in read(b)] for side in (yes, no))
                    return [ast.copy_location(ast.If(test, *sides), statement)]
            return [statement]

        body = self.method.node.body
        return Reading([s for b in body[: body.index(self.last)] for s in read(b)], loops)


def _items(part: ast.expr) -> Sequence[ast.expr]:
    """The layers of one round: of `layer for f in ... for layer in (nn.Dense(f), nn.relu)` there are two."""
    match part:
        case ast.ListComp(
            elt=ast.Name(id=name),
            generators=[
                _,
                ast.comprehension(
                    target=ast.Name(id=each), iter=ast.Tuple(elts=items) | ast.List(elts=items)
                ),
            ],
        ) if each == name:
            return items
        case ast.ListComp(elt=item):
            return [item]
    return [part]


def _called(part: ast.expr, local: str, loops: dict[ast.For, ast.For | ast.ListComp]) -> list[ast.stmt]:
    """What calls the layers of a part; where that is a comprehension, a loop."""
    called = [_call(item, local) for item in _items(part)]
    if not isinstance(part, ast.ListComp):
        return called
    first = part.generators[0]
    loop = ast.copy_location(ast.For(first.target, first.iter, called, []), part)
    loops[loop] = part
    return [loop]


def _call(item: ast.expr, local: str) -> ast.stmt:
    call = ast.copy_location(ast.Call(item, [ast.copy_location(ast.Name(local, ast.Load()), item)], []), item)
    target = ast.copy_location(ast.Name(local, ast.Store()), item)
    return ast.copy_location(ast.Assign([target], call), item)


def written(node: ast.expr | None) -> Written | None:
    """Returns the layers of a list with a comprehension in it: `[nn.Dense(n) for n in sizes]`, alone or not."""
    parts = list(_parts(node)) if node is not None else []
    comprehensions = [part for part in parts if isinstance(part, ast.ListComp)]
    known = all(_is_plain(part) for part in comprehensions) and None not in parts
    return Written([p for p in parts if p is not None]) if comprehensions and known else None


def _parts(node: ast.expr) -> Iterator[ast.expr | None]:
    match node:
        case ast.ListComp():
            yield node
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (*_parts(left), *_parts(right))
        case ast.List(elts=elements):
            for each in elements:
                yield from _parts(each.value) if isinstance(each, ast.Starred) else (each,)
        case _:
            yield None


def _is_plain(part: ast.ListComp) -> bool:
    first, *others = part.generators
    flat = len(others) == 1 and _items(part) != [part.elt] and not others[0].ifs
    return not first.ifs and (flat or not others)


def fill(method: Method, name: ast.Name) -> Fill | None:
    """The statement around a mention of a list that adds to it, and what it adds."""
    statement = method.statement(name)
    match statement:
        case ast.Assign(targets=[target], value=given) if target is name:
            found = [*_parts(given)]
        case ast.AugAssign(target=target, op=ast.Add(), value=given) if target is name:
            found = [*_parts(given)]
        case ast.Expr(value=ast.Call(func=ast.Attribute(target, "append"), args=[item], keywords=[])) if (
            target is name
        ):
            found = [item]
        case ast.Expr(value=ast.Call(func=ast.Attribute(target, "extend"), args=[given], keywords=[])) if (
            target is name
        ):
            found = [*_parts(given)]
        case _:
            return None
    alone = sum(isinstance(n, ast.Name) and n.id == name.id for n in walk(statement)) == 1
    later = any(isinstance(above, LATER) for above in method.above(statement))
    known = [
        part for part in found if part is not None and (not isinstance(part, ast.ListComp) or _is_plain(part))
    ]
    return (statement, known) if alone and not later and len(known) == len(found) else None


def built_of(sequence: Construction) -> Built | Written | None:
    """Returns the list of a Sequential whose number of layers its own code does not tell."""
    return _collected(sequence) or written(sequence.given.get("layers"))


def _collected(sequence: Construction) -> Built | None:
    """The list that setup collects the layers in, where nothing else is done with it."""
    method, listed = sequence.method, sequence.given.get("layers")
    if (
        method.kind is not MethodKind.SETUP
        or not isinstance(listed, ast.Name)
        or listed.id in method.parameters
    ):
        return None
    spelled = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == listed.id)
    fills = [fill(method, n) for n in spelled if n is not listed]
    known = sorted((f for f in fills if f is not None), key=lambda f: (f[0].lineno, f[0].col_offset))
    last = method.statement(sequence.call)
    if not known or len(known) < len(fills) or last not in method.node.body:
        return None
    first = known[0][0]
    made = [s for s, _ in known if isinstance(s, ast.Assign)] == [first] and first in method.node.body
    ahead = all(s.lineno < last.lineno and _is_steady(method, s) for s, _ in known)
    return Built(method, known, last) if made and ahead else None


def _is_steady(method: Method, statement: ast.stmt) -> bool:
    """Tells whether only loops that run to their end and conditions stand around a statement."""
    above = [a for a in method.above(statement) if a is not method.node]
    loops = [a for a in above if isinstance(a, ast.For)]
    plain = all(isinstance(a, ast.For | ast.If) for a in above)
    return plain and not any(loop.orelse or isinstance(n, _JUMPS) for loop in loops for n in walk(loop))
