"""`def build(features): return nn.Dense(features)` inside of setup, read as its statements wherever setup calls it."""

import ast

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .bodies import Caller, Template, all_read, template_of
from .calls import bound_in


def read_local_functions(project: Project) -> list[Rewording]:
    """Returns the statements that call such functions, and the functions, which setup has no longer."""
    setups = ((cls, m) for cls in project.classes.values() for m in cls.methods.values())
    return [one for cls, m in setups if m.kind is MethodKind.SETUP for one in _read(cls, m, project)]


def _read(cls: LinenClass, setup: Method, project: Project) -> list[Rewording]:
    templates = {
        node: one
        for node in setup.node.body
        if isinstance(node, ast.FunctionDef) and _is_bound_once(node, setup)
        if (one := template_of(node, cls.source, cls.names, project, local=True)) is not None
    }
    without = {n for node in templates for n in walk(node)}
    caller = Caller(cls.source, cls.names, setup, without=without)
    found: list[Rewording] = []
    for node, template in templates.items():
        calls = _calls(node, template, setup)
        read = all_read(caller, lambda _, calls=calls: calls) if calls else None  # type: ignore[misc]
        if read:
            found += [instead_of(cls, *pair) for pair, _ in read]
            breaks = cls.source.newline * ((node.end_lineno or node.lineno) - node.lineno)
            found.append(instead_of(cls, node, f"pass{breaks}"))
    return found


def _is_bound_once(node: ast.FunctionDef, setup: Method) -> bool:
    """Tells whether nothing else in setup has the name of the function."""
    inside = {*walk(node)}
    return node.name not in bound_in(setup, {node}) and not any(
        isinstance(n, ast.Name) and n.id == node.name for n in inside
    )


def _calls(
    node: ast.FunctionDef, template: Template, setup: Method
) -> list[tuple[ast.Call, Template]] | None:
    """The calls of the function behind it; None where it is mentioned otherwise, or in front."""
    names = [n for n in walk(setup.node) if isinstance(n, ast.Name) and n.id == node.name]
    calls = [
        (call, template) for n in names if isinstance(call := setup.parents[n], ast.Call) and call.func is n
    ]
    behind = all(call.lineno > (node.end_lineno or node.lineno) for call, _ in calls)
    return calls if behind and len(calls) == len(names) else None
