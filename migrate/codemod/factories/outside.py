"""Classes that code outside of Linen classes hands on in ways that stay right as they are written."""

import ast
from collections.abc import Collection, Iterator

from ..inlining.builders import is_bound_once
from ..project import Project
from ..trees import walk
from .records import Factory, Scope
from .resolve import line


def understood(project: Project, migrated: Collection[str]) -> set[ast.AST]:
    """Returns the mentions of migrated classes that need no change: handed to a field that makes modules of them, or
    bound to other arguments by a partial at the top of a file."""
    found: set[ast.AST] = {mention for mention, _ in variants(project, migrated).values()}
    for call, scope in project.factories.outside:
        found |= set(_handed(call, scope, project, migrated))
    return found


def variants(project: Project, migrated: Collection[str]) -> dict[str, tuple[ast.expr, str]]:
    """Returns the partials of migrated classes at the top of files, by their dotted names: the mention, and the class.

    `ResNet18 = partial(ResNet, stage_sizes=(2, 2))` stays as it is: sizes come in front of it as they do for the class.
    """
    found: dict[str, tuple[ast.expr, str]] = {}
    for module, source in project.sources.items():
        for statement in source.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    made = _variant(call, Scope(project.names[module]), project, migrated)
                    if made is not None and is_bound_once(name, source) and not _is_global(name, source.tree):
                        found[f"{module}.{name}"] = call.args[0], made
    return found


def _handed(call: ast.Call, scope: Scope, project: Project, migrated: Collection[str]) -> Iterator[ast.expr]:
    factories = project.factories
    partial = factories.is_partial(call, scope.names) and bool(call.args)
    made = factories.factory(call.args[0] if partial else call.func, scope)
    if made is None or made.target not in migrated:
        return
    args = call.args[1:] if partial else call.args
    given = dict(zip(made.order, args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    for name, node in given.items():
        passed = factories.factory(node, scope)
        if passed is not None and _is_class(passed) and factories.makes(project.classes[made.target], name):
            yield node


def _is_class(factory: Factory) -> bool:
    return factory.layer is None and factory.direct and not factory.bound


def _is_global(name: str, tree: ast.Module) -> bool:
    """Tells whether a function may bind a name of the file."""
    return any(isinstance(n, ast.Global) and name in n.names for n in walk(tree))


def _variant(call: ast.Call, scope: Scope, project: Project, migrated: Collection[str]) -> str | None:
    """Returns the class that a partial is of, to which it gives fields by their names and nothing else."""
    factories = project.factories
    if not factories.is_partial(call, scope.names) or len(call.args) != 1:
        return None
    made = factories.factory(call.args[0], scope)
    named = [k.arg for k in call.keywords]
    if made is None or not _is_class(made) or made.target not in migrated or None in named:
        return None
    fields = {f.name for above in line(project.classes[made.target], project) for f in above.fields}
    return made.target if {*named} <= fields else None
