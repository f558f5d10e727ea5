"""`self.proj = identity` in front of `if self.wide: self.proj = nn.Dense(8)`, read as the other side of the condition.

An attribute of NNX that holds a function cannot hold a module from then on.
"""

import ast
from collections.abc import Iterator

from ..bindings import stores_in
from ..model import LinenClass, Method, MethodKind
from ..own_functions import is_function
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk


def read_otherwise(project: Project) -> list[Rewording]:
    """Returns the assignments of such functions in setup, and the conditions behind them."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.SETUP):
            for statement in method.node.body:
                found += _in_front(cls, method, statement)
    return found


def _in_front(cls: LinenClass, method: Method, statement: ast.stmt) -> Iterator[Rewording]:
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr=name) as target], value=ast.Name(id=function)) if (
            method.is_this(target) and is_function(function, method, cls)
        ):
            condition = _condition(method, statement, name)
            if condition is not None and not _is_read(method, name) and _ends_its_line(cls, condition):
                ahead = cls.source.ahead(condition)
                step = " " * (condition.body[0].col_offset - condition.col_offset)
                kept = cls.source.segment(statement)
                rows = [cls.source.segment(condition), f"{ahead}else:", f"{ahead}{step}{kept}"]
                yield instead_of(cls, statement, "pass")
                yield instead_of(cls, condition, cls.source.newline.join(rows))


def _is_store(node: ast.Name | ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _condition(method: Method, first: ast.stmt, name: str) -> ast.If | None:
    """The one condition at the top of setup that puts what a call makes in the place of the function."""
    others = [s for n in stores_in(method, name) if (s := method.statement(n)) is not first]
    above = method.parents[others[0]] if len(others) == 1 else None
    if not isinstance(above, ast.If) or above.orelse or method.parents[above] is not method.node:
        return None
    (made,) = others
    plain = isinstance(made, ast.Assign) and len(made.targets) == 1 and isinstance(made.value, ast.Call)
    return above if plain and above.lineno > first.lineno else None


def _is_read(method: Method, name: str) -> bool:
    nodes = (n for n in walk(method.node) if isinstance(n, ast.Attribute) and method.is_this(n, name))
    return any(not _is_store(n) for n in nodes)


def _ends_its_line(cls: LinenClass, condition: ast.If) -> bool:
    """Tells whether nothing, such as a comment, stands behind the last of its statements."""
    return not cls.source.behind(condition)
