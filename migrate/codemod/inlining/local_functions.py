"""`def build(features): return nn.Dense(features)` inside of a method, read as its statements where that calls it."""

import ast

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .bodies import Caller, Template, all_read, template_of
from .calls import bound_in


def read_local_functions(project: Project) -> list[Rewording]:
    """Returns the statements that call such functions, and the functions, which the method has no longer."""
    return [one for cls, method in project.methods for one in _read(cls, method, project)]


def _read(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    templates = {
        node: one
        for node in method.node.body
        if isinstance(node, ast.FunctionDef) and _is_wanted(node, method) and _is_bound_once(node, method)
        if (one := template_of(node, cls.source, cls.names, project, local=True)) is not None
    }
    inside = {n for node in templates for n in walk(node)}
    caller = Caller(cls.source, cls.names, method, without=inside)
    found: list[Rewording] = []
    for node, template in templates.items():
        calls = _calls(node, template, method)
        read = all_read(caller, lambda _, calls=calls: calls) if calls else None  # type: ignore[misc]
        if read:
            found += [instead_of(cls, *pair) for pair, _ in read]
            found.append(without(cls, node))
    return found


def without(cls: LinenClass, node: ast.stmt) -> Rewording:
    """Returns nothing in the place of a statement, from the end of the line before, and of blank lines behind it."""
    lines, end = cls.source.lines, node.end_lineno or node.lineno
    while not lines[end].strip():
        end += 1
    first, last = (len(lines[k - 1].rstrip("\r\n").encode()) for k in (node.lineno - 1, end))
    place = {"lineno": node.lineno - 1, "col_offset": first, "end_lineno": end, "end_col_offset": last}
    return Rewording(cls, ast.Name("", ast.Load(), **place), "")


def _is_wanted(node: ast.FunctionDef, method: Method) -> bool:
    """Tells whether setup has the function, or a compact method that gives its layers their names."""
    names = {a.arg for a in node.args.args}
    given = [k.value for n in walk(node) if isinstance(n, ast.Call) for k in n.keywords if k.arg == "name"]
    named = any(isinstance(n, ast.Name) and n.id in names for value in given for n in walk(value))
    return method.kind is MethodKind.SETUP or (method.kind is MethodKind.COMPACT and named)


def _is_bound_once(node: ast.FunctionDef, method: Method) -> bool:
    """Tells whether nothing else in the method has the name of the function."""
    inside = {*walk(node)}
    return node.name not in bound_in(method, {node}) and not any(
        isinstance(n, ast.Name) and n.id == node.name for n in inside
    )


def _calls(
    node: ast.FunctionDef, template: Template, method: Method
) -> list[tuple[ast.Call, Template]] | None:
    """The calls of the function behind it; None where it is mentioned otherwise, or in front."""
    names = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == node.name]
    calls = [
        (call, template) for n in names if isinstance(call := method.parents[n], ast.Call) and call.func is n
    ]
    behind = all(call.lineno > (node.end_lineno or node.lineno) for call, _ in calls)
    return calls if behind and len(calls) == len(names) else None
