"""Classes that code outside of Linen classes hands on in ways that stay right as they are written."""

import ast
from collections.abc import Collection, Iterator

from ..project import Project
from .mentioned import mentions
from .records import Factory, Scope
from .resolve import line


def understood(project: Project, migrated: Collection[str]) -> set[ast.AST]:
    """Returns the mentions of migrated classes that need no change: handed to a field that makes modules of them, or
    bound to other arguments by a partial at the top of a file whose name nothing in the project uses."""
    found: set[ast.AST] = set()
    for call, scope in project.factories.outside:
        found |= set(_handed(call, scope, project, migrated))
    for module, source in project.sources.items():
        for statement in source.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    if _is_variant(call, f"{module}.{name}", Scope(project.names[module]), project, migrated):
                        found.add(call.args[0])
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


def _is_variant(call: ast.Call, name: str, scope: Scope, project: Project, migrated: Collection[str]) -> bool:
    """`ResNet18 = partial(ResNet, stage_sizes=(2, 2))`: sizes come in front of it as they do for the class."""
    factories = project.factories
    if not factories.is_partial(call, scope.names) or len(call.args) != 1:
        return False
    made = factories.factory(call.args[0], scope)
    named = [k.arg for k in call.keywords]
    if made is None or not _is_class(made) or made.target not in migrated or None in named:
        return False
    fields = {f.name for above in line(project.classes[made.target], project) for f in above.fields}
    return {*named} <= fields and not any(mentions(project, name))
