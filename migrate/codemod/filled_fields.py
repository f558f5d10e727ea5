"""`self.body = Body() if self.body is None else self.body`: a field that setup fills with a default module.

Linen has no such statement, as a setup may not assign to a field there: classes are read so whose fields have modules
for their defaults (`inlining/default_modules.py`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .model import LinenClass, Method, MethodKind
from .trees import walk


@dataclass(frozen=True, eq=False)
class FilledField:
    """The statement, the call that makes the default, and the two places that read the field itself."""

    name: str
    method: Method
    call: ast.Call
    asked: ast.Attribute
    given: ast.Attribute


def filled_fields(cls: LinenClass) -> Mapping[str, FilledField]:
    """Returns the fields of the class that its setup fills."""
    setup = cls.methods.get("setup")
    if setup is None or setup.kind is not MethodKind.SETUP:
        return {}
    own = {f.name for f in cls.fields}
    return {one.name: one for one in _read(setup) if one.name in own}


def filled_around(method: Method, choice: ast.IfExp) -> FilledField | None:
    """Returns what a choice of setup fills, where it is one of these."""
    if method.kind is not MethodKind.SETUP or not isinstance(choice.orelse, ast.Attribute):
        return None
    return next((one for one in _read(method) if one.given is choice.orelse), None)


def _read(setup: Method) -> Iterator[FilledField]:
    for statement in setup.node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(attr=name) as target],
                value=ast.IfExp(
                    body=ast.Call() as call,
                    test=ast.Compare(
                        left=ast.Attribute() as asked, ops=[ast.Is()], comparators=[ast.Constant(value=None)]
                    ),
                    orelse=ast.Attribute() as given,
                ),
            ) if all(setup.is_this(node, name) for node in (target, asked, given)):
                yield FilledField(name, setup, call, asked, given)


def filled_by(cls: LinenClass, call: ast.AST) -> FilledField | None:
    """Returns the field that a call makes the default of."""
    return next((one for one in filled_fields(cls).values() if one.call is call), None)


def reads_of(cls: LinenClass, name: str) -> list[tuple[Method, ast.Attribute]]:
    """Returns where the class reads what such a field holds, but for the statement that fills it."""
    one = filled_fields(cls)[name]
    return [
        (m, n)
        for m in cls.methods.values()
        for n in walk(m.node)
        if isinstance(n, ast.Attribute)
        and m.is_this(n, name)
        and isinstance(n.ctx, ast.Load)
        and n not in (one.asked, one.given)
    ]
