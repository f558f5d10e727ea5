"""Modules of the project that setup makes and hands to a field: `bias=self.bias if self.shares else None`."""

import ast
from collections.abc import Sequence

from ..bindings import stores_in
from ..branches import of_module, way_to
from ..constructions import Construction
from ..factories.followed import asks_whether_there
from ..factories.resolve import line
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..trees import walk
from .automatic import attribute_target
from .records import ClassPlan

_APART = ast.While | ast.ListComp | ast.GeneratorExp | ast.Lambda | ast.FunctionDef | ast.BoolOp | ast.Try


def given_module(
    holder: Construction, field: str, made: Sequence[Construction], project: Project
) -> tuple[Construction, ast.Attribute] | None:
    """Returns the module that a field of `holder` is given, and where it is spelled; the holder calls it."""
    node, test = _parts(holder.given[field])
    if not isinstance(node, ast.Attribute) or not holder.method.is_this(node):
        return None
    mine = [
        c for c in made if c.layer is None and attribute_target(c) == node.attr and _is_followed(c, holder)
    ]
    if len(mine) != 1 or not _is_there(mine[0], node.attr, test):
        return None
    return (mine[0], node) if _is_only_called(project.classes[holder.target], field, project) else None


def _parts(node: ast.expr) -> tuple[ast.expr, ast.expr | None]:
    """`self.bias if test else None` without what decides."""
    match node:
        case ast.IfExp(test=test, body=body, orelse=ast.Constant(value=None)):
            return body, test
    return node, None


def _is_followed(made: Construction, holder: Construction) -> bool:
    plain = made.lifted is None and holder.lifted is None and not made.choice and not holder.choice
    return plain and made.method is holder.method and made.method.kind is MethodKind.SETUP


def _is_there(made: Construction, name: str, test: ast.expr | None) -> bool:
    """Tells whether setup makes it at its top, or on the condition on which it is handed on, and nowhere else."""
    setup, statement = made.method, made.method.parents[made.call]
    above = setup.parents[statement]
    if not isinstance(statement, ast.Assign) or len(stores_in(setup, name)) != 1:
        return False
    if test is None:
        return above is setup.node
    if not isinstance(above, ast.If):
        return False
    same = ast.dump(above.test) == ast.dump(test) and of_module(setup, test)
    return same and statement in above.body and setup.parents[above] is setup.node


def _is_only_called(holder: LinenClass, field: str, project: Project) -> bool:
    """Tells whether whoever has the field does no more than to call it, and to ask whether it is there."""
    reads = [
        (m, n)
        for c in line(holder, project)
        for m in c.methods.values()
        for n in walk(m.node)
        if isinstance(n, ast.Attribute) and m.is_this(n, field)
    ]
    return bool(reads) and all(m.is_called(n) or asks_whether_there(m.parents[n], n) for m, n in reads)


def calls_where_given(holder: LinenClass, name: str, field: str, project: Project) -> bool:
    """Tells whether a method calls what its field holds wherever that is there, if only in each round of a loop."""
    method = next((c.methods[name] for c in line(holder, project) if name in c.methods), None)
    reads = [n for n in walk(method.node) if method.is_this(n, field)] if method is not None else []
    return any(method is not None and method.is_called(n) and _in_each_round(method, n, field) for n in reads)


def _in_each_round(method: Method, node: ast.AST, field: str) -> bool:
    if any(isinstance(a, _APART) for a in method.above(node)):
        return False
    return all(part == "body" and _asks(method, condition, field) for condition, part in way_to(method, node))


def _asks(method: Method, condition: ast.AST, field: str) -> bool:
    """`self.bias is not None` or `self.bias`."""
    match getattr(condition, "test", None):
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return method.is_this(left, field)
        case ast.expr() as test:
            return method.is_this(test, field)
    return False


def check_given(made: Construction, child: ClassPlan | None) -> None:
    """Raises Refused for a module that asks its callers for something: those in other classes are not seen."""
    if child is None or child.asked or child.every_parameter or child.draws:
        reason = (
            f"`{made.kind}`, which is handed to a field, has a size of its input, a mode or random numbers"
        )
        raise Refused("MN101", made.call, reason)
