"""Recurrent cells that a method makes for nothing but their first carry: `nn.LSTMCell(8).initialize_carry(...)`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..catalog.layer import Layer
from .bindings import loads, stored
from .factories.twins import placed
from .model import Method
from .names import Names, first_name
from .trees import walk

CELLS = ("LSTMCell", "OptimizedLSTMCell", "SimpleCell", "GRUCell")
CARRY = "initialize_carry"


def split_streams(node: ast.expr | None) -> frozenset[str] | None:
    """Returns the streams from which each step draws with a key of its own, `{"params": False, "noise": True}`.

    NNX draws so from all of them. None where another is the same for all steps, or it is not written out.
    """
    match node:
        case ast.Dict(keys=keys, values=values):
            said = {getattr(k, "value", k): getattr(v, "value", v) for k, v in zip(keys, values, strict=True)}
            split = {k for k, v in said.items() if v is True and isinstance(k, str)}
            if said.get("params") is False and len(split) == len(keys) - 1:
                return frozenset(split)
    return None


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell that is made for its carry: `call` makes it, `carries` are the calls of `initialize_carry`.

    `statement` binds it to a local, where one does. It has no variables; `named` says that Linen gives it an automatic
    name all the same, which it has of its parent.
    """

    call: ast.Call
    layer: Layer
    carries: tuple[ast.Call, ...]
    statement: ast.Assign | None = None

    @property
    def given(self) -> dict[str, ast.expr]:
        """The constructor's arguments by name."""
        positional = dict(zip(self.layer.arguments, self.call.args, strict=False))
        return positional | {k.arg: k.value for k in self.call.keywords if k.arg}

    @property
    def named(self) -> bool:
        parent = self.given.get("parent")
        return not (isinstance(parent, ast.Constant) and parent.value is None)


def cells(method: Method, names: Names) -> list[Cell]:
    """Returns the cells of a method that nothing but `initialize_carry` is called of, in source order."""
    if not any(isinstance(n, ast.Attribute) and n.attr == CARRY for n in walk(method.node)):
        return []
    return sorted(_cells(method, names), key=lambda cell: (cell.call.lineno, cell.call.col_offset))


def cell_layer(function: ast.expr, names: Names) -> Layer | None:
    """Returns the row of a recurrent cell that an expression names."""
    name = names.linen(function) or ""
    return placed(name) if name in CELLS else None


def _cells(method: Method, names: Names) -> Iterator[Cell]:
    hidden = {*method.parameters} | stored(method.node)
    for node in walk(method.node):
        layer = cell_layer(node.func, names) if isinstance(node, ast.Call) else None
        if layer is None or not isinstance(node, ast.Call) or first_name(node.func) in hidden:
            continue
        above = method.parents[node]
        call = _carry(above, node, method)
        if call is not None:
            yield Cell(node, layer, (call,))
        elif isinstance(above, ast.Assign) and len(above.targets) == 1 and above.value is node:
            target = above.targets[0]
            carries = _of_local(target.id, method) if isinstance(target, ast.Name) else ()
            if carries:
                yield Cell(node, layer, carries, above)


def _carry(above: ast.AST, node: ast.expr, method: Method) -> ast.Call | None:
    call = method.parents.get(above)
    asked = isinstance(above, ast.Attribute) and above.value is node and above.attr == CARRY
    return call if asked and isinstance(call, ast.Call) and call.func is above else None


def _of_local(name: str, method: Method) -> tuple[ast.Call, ...]:
    """The carries of a local that is bound once, and of which nothing else is asked."""
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    reads = list(loads(method.node.body, name))
    if len(spelled) != len(reads) + 1 or name in method.parameters:
        return ()
    found = [_carry(method.parents[read], read, method) for read in reads]
    return tuple(c for c in found if c is not None) if None not in found else ()
