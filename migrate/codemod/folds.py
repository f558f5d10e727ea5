"""An `if` of setup both sides of which make the same submodules, on one of them behind transforms."""

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .lifts import Lift, Lifted, lift_of
from .model import Fold
from .names import Names
from .trees import walk

Around = Mapping[str, ast.expr]
"""The locals of one side that stand for a class behind a transform."""


def fold(function: ast.FunctionDef, names: Names) -> tuple[ast.FunctionDef, tuple[Fold, ...]]:
    """Returns the function with the plain side in the place of each such `if`, and what was folded."""
    found: list[Fold] = []
    body = _block(function.body, function, names, found)
    return (_with(function, body=body) if found else function), tuple(found)


def lifted_in(folds: Sequence[Fold], call: ast.Call, names: Names) -> Lifted | None:
    """Returns the transforms of the other side around what `call` makes."""
    for each in folds:
        if call in each.calls:
            lifts, target = _chain(each.calls[call], names)
            name = names.resolve(target)
            assert name is not None
            when = (each.condition.test, not each.kept)
            return Lifted(name, (call.func, target), lifts, lifts, sometimes=True, when=when)
    return None


def _block(
    block: Sequence[ast.stmt], function: ast.FunctionDef, names: Names, found: list[Fold]
) -> list[ast.stmt]:
    rows: list[ast.stmt] = []
    for statement in block:
        if not isinstance(statement, ast.If):
            rows.append(statement)
            continue
        folded = _folded(statement, function, names)
        if folded is not None:
            found.append(folded)
            rows += statement.body if folded.kept else statement.orelse
            continue
        count = len(found)
        sides = [_block(side, function, names, found) for side in (statement.body, statement.orelse)]
        rows.append(_with(statement, body=sides[0], orelse=sides[1]) if len(found) > count else statement)
    return rows


def _folded(condition: ast.If, function: ast.FunctionDef, names: Names) -> Fold | None:
    for kept, plain, other in (
        (False, condition.orelse, condition.body),
        (True, condition.body, condition.orelse),
    ):
        around, rest = _aliases(other, names)
        if plain and rest and not _read_elsewhere(around, condition, function):
            calls: dict[ast.Call, ast.expr] = {}
            if _pair(list(plain), rest, around, names, calls) and calls:
                return Fold(condition, kept, calls)
    return None


def _aliases(side: Sequence[ast.stmt], names: Names) -> tuple[Around, list[ast.stmt]]:
    """`block = nn.remat(Block)` says how the rest of the side calls it."""
    around: dict[str, ast.expr] = {}
    rest: list[ast.stmt] = []
    for statement in side:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                lift_of(value, names) and name not in around and not rest
            ):
                around[name] = value
            case _:
                rest.append(statement)
    return around, rest


def _read_elsewhere(around: Collection[str], condition: ast.If, function: ast.FunctionDef) -> bool:
    inside = {*walk(condition)}
    return any(isinstance(n, ast.Name) and n.id in around and n not in inside for n in walk(function))


def _pair(plain: Any, other: Any, around: Around, names: Names, calls: dict[ast.Call, ast.expr]) -> bool:
    """Tells whether both are the same code but for transforms, and fills `calls` with what has one."""
    if isinstance(plain, list) and isinstance(other, list):
        return len(plain) == len(other) and all(
            _pair(a, b, around, names, calls) for a, b in zip(plain, other, strict=True)
        )
    if not isinstance(plain, ast.AST) or type(plain) is not type(other):
        return type(plain) is type(other) and plain == other
    assert isinstance(other, ast.AST)
    if isinstance(plain, ast.Name) and isinstance(other, ast.Name) and {plain.id, other.id} & around.keys():
        return False
    fields = list(plain._fields)
    if isinstance(plain, ast.Call) and isinstance(other, ast.Call):
        function = around.get(other.func.id) if isinstance(other.func, ast.Name) else other.func
        if function is not None and lift_of(function, names):
            target = _chain(function, names)[1]
            if names.resolve(target) is None or ast.dump(target) != ast.dump(plain.func):
                return False
            calls[plain] = function
            fields.remove("func")
    return all(_pair(getattr(plain, f, None), getattr(other, f, None), around, names, calls) for f in fields)


def _chain(node: ast.expr, names: Names) -> tuple[tuple[Lift, ...], ast.expr]:
    """The transforms around a class, the outermost first, and what spells the class."""
    lifts: list[Lift] = []
    while (found := lift_of(node, names)) is not None:
        lifts.append(found[0])
        node = found[1]
    return tuple(lifts), node


def _with(node: Any, **fields: Sequence[ast.stmt]) -> Any:
    """A copy of a block with other statements, at the same place of the file."""
    parts = dict(ast.iter_fields(node)) | fields
    return ast.copy_location(type(node)(**parts), node)
