"""What functions of `nn.cond`, `nn.switch` and `nn.while_loop` reach otherwise than by the module that they are given.

Linen loses what they write there: behind the call, the variables are those of the module that was handed in.
"""

import ast

from ..bindings import bound_to
from ..constructions import Construction, constructions
from ..model import LinenClass, Method, Refused
from ..plan.iteration_rules import DRAWING
from ..project import Project
from ..trees import walk
from .made_in_functions import Run


def check_outside(cls: LinenClass, method: Method, project: Project, run: Run) -> None:
    """Raises Refused for all but fields and layers that only read their params."""
    known = {f.name for f in cls.fields} | cls.constants
    harmless = [_name(c) for c in constructions(cls, project) if _only_reads(c)]
    inner = [n for statement in run.body for n in walk(statement)]
    for node in inner:
        if isinstance(node, ast.Attribute) and method.is_this(node) and run.name != method.this:
            if node.attr not in known and f"{method.this}.{node.attr}" not in {*harmless, run.module}:
                raise _refused(run, node)
        elif isinstance(node, ast.Name) and node.id in _held(cls, method, project) - {*harmless, run.name}:
            raise _refused(run, node)


def _refused(run: Run, node: ast.expr) -> Refused:
    said = (
        f"a function of nn.{run.control.name} reaches `{ast.unparse(node)}` from outside, where Linen loses"
    )
    return Refused(
        "MN102", node, f"{said} what is written: reach it by the module that the function is given"
    )


def _held(cls: LinenClass, method: Method, project: Project) -> set[str]:
    """The locals of a method that may hold modules or variables."""
    makers = {c.call for c in constructions(cls, project) if c.method is method}
    found = set()
    for node in walk(method.node):
        if isinstance(node, ast.Call) and (node in makers or method.is_this(node.func, "variable")):
            found.add(_target(node, method))
    return found


def _name(made: Construction) -> str:
    return _target(made.call, made.method)


def _target(call: ast.Call, method: Method) -> str:
    target = bound_to(call, method.parents)
    return ast.unparse(target) if target is not None else ""


def _only_reads(made: Construction) -> bool:
    layer = made.layer
    known = layer is not None and not layer.children and made.kind not in DRAWING
    return known and layer is not None and all(v.collection == "params" for v in layer.variables)
