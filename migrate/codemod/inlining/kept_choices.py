"""`self.norm = partial(nn.LayerNorm)` on each side of a condition of setup, which alone calls it: read as a local."""

import ast
from collections.abc import Iterator

from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .builders import names_module
from .calls import bound_in
from .unused import mentions

_PARTIAL = "functools.partial"


def read_kept_choices(project: Project) -> list[Rewording]:
    """Returns the attributes that hold one of several makers of modules, each as the local that it is as good as."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        setup = cls.methods.get("setup")
        if setup is not None and setup.kind is MethodKind.SETUP and not has_family(cls, project):
            for name, nodes in _attributes(setup).items():
                if _is_local(cls, setup, name, nodes, project):
                    found += [Rewording(cls, node, name) for node in nodes]
    return found


def _attributes(setup: Method) -> dict[str, list[ast.Attribute]]:
    found: dict[str, list[ast.Attribute]] = {}
    for node in walk(setup.node):
        if isinstance(node, ast.Attribute) and setup.is_this(node):
            found.setdefault(node.attr, []).append(node)
    return found


def _is_local(
    cls: LinenClass, setup: Method, name: str, nodes: list[ast.Attribute], project: Project
) -> bool:
    """Tells whether conditions of setup bind it, to makers alone, and nothing but its calls there reads it."""
    stores = [node for node in nodes if not isinstance(node.ctx, ast.Load)]
    reads = [node for node in nodes if isinstance(node.ctx, ast.Load)]
    if len(stores) < 2 or not reads or name in _taken(cls, setup):
        return False
    statements = [setup.statement(node) for node in stores]
    makes = all(
        _is_maker(statement, node, cls, project) for node, statement in zip(stores, statements, strict=True)
    )
    if not all(isinstance(setup.parents[statement], ast.If) for statement in statements):
        return False
    called = all(_is_called(setup, node) for node in reads)
    return makes and called and not any(_elsewhere(cls, name, nodes, project))


def _taken(cls: LinenClass, setup: Method) -> set[str]:
    spelled = {n.id for n in walk(setup.node) if isinstance(n, ast.Name)}
    return spelled | bound_in(setup) | {f.name for f in cls.fields} | {*cls.methods, *cls.constants}


def _is_maker(statement: ast.AST, target: ast.Attribute, cls: LinenClass, project: Project) -> bool:
    match statement:
        case ast.Assign(targets=[only], value=ast.Call(func=partial, args=[made, *_])) if only is target:
            return cls.names.resolve(partial) == _PARTIAL and names_module(made, cls.names, project)
        case ast.Assign(targets=[only], value=made) if only is target:
            return names_module(made, cls.names, project)
    return False


def _is_called(setup: Method, node: ast.Attribute) -> bool:
    above = setup.parents[node]
    inside = any(isinstance(a, ast.Lambda | ast.FunctionDef) for a in setup.above(node))
    return isinstance(above, ast.Call) and above.func is node and not inside


def _elsewhere(cls: LinenClass, name: str, nodes: list[ast.Attribute], project: Project) -> Iterator[ast.AST]:
    """Yields what may mean the attribute outside of setup."""
    for node in mentions(name, cls, project):
        if node not in nodes and isinstance(node, ast.Attribute | ast.Constant):
            yield node
