"""Classes that code outside of Linen classes hands on in ways that stay right as they are written."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..inlining.builders import is_bound_once
from ..project import Project
from ..trees import walk
from .mentioned import mentions
from .records import Factory, Scope
from .resolve import line


def understood(project: Project, migrated: Collection[str]) -> set[ast.AST]:
    """Returns the mentions of migrated classes that need no change: handed to a field that makes modules of them, or
    bound to other arguments by a partial at the top of a file."""
    found: set[ast.AST] = {variant.mention for variant in variants(project, migrated)}
    for call, scope in project.factories.outside:
        found |= set(_handed(call, scope, project, migrated))
    return found


@dataclass(frozen=True)
class Variant:
    """A partial at the top of a file: the dotted `name` of its variable, the class `target`, and its `mention`."""

    name: str
    target: str
    mention: ast.expr


def variants(project: Project, migrated: Collection[str]) -> Iterator[Variant]:
    """Yields the partials of migrated classes at the top of files whose names, where they are used, mean nothing else.

    `ResNet18 = partial(ResNet, stage_sizes=(2, 2))` stays as it is: sizes come in front of it as they do for the class.
    """
    for module, source in project.sources.items():
        for statement in source.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    made = _variant(call, Scope(project.names[module]), project, migrated)
                    once = is_bound_once(name, source) and not _is_global(name, source.tree)
                    if made is not None and (once or not any(mentions(project, f"{module}.{name}"))):
                        yield Variant(f"{module}.{name}", made, call.args[0])


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
