"""Classes that code outside of Linen classes hands on in ways that stay right as they are written."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..bindings import statements
from ..inlining.builders import is_bound_once
from ..project import Project
from ..trees import remembered, walk
from .mentioned import mentions
from .records import Factory, Scope
from .resolve import binds_fields, line


def understood(project: Project, migrated: Collection[str]) -> set[ast.AST]:
    """Returns the mentions of migrated classes that need no change: handed to a field that makes modules of them, by
    themselves or in a partial, or bound to other arguments by a partial at the top of a file."""
    found: set[ast.AST] = {variant.mention for variant in variants(project, migrated)}
    handed = {node: scope for node, scope, target in _handed(project) if target in migrated}
    return found.union(*(_behind(node, scope, project, handed) for node, scope in handed.items()))


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
                    if made is None:
                        continue
                    once = is_bound_once(name, source) and not _is_global(name, source.tree)
                    if once or not any(mentions(project, f"{module}.{name}")):
                        yield Variant(f"{module}.{name}", made, call.args[0])


@remembered
def _handed(project: Project) -> list[tuple[ast.expr, Scope, str]]:
    """Returns what calls outside of Linen classes hand to fields that make modules of it, and of which class."""
    outside = project.factories.outside
    return [(node, scope, name) for call, scope in outside for node, name in _handed_by(call, scope, project)]


def _handed_by(call: ast.Call, scope: Scope, project: Project) -> Iterator[tuple[ast.expr, str]]:
    factories = project.factories
    partial = factories.is_partial(call, scope.names) and bool(call.args)
    made = factories.factory(call.args[0] if partial else call.func, scope)
    if made is None or made.target not in project.classes:
        return
    args = call.args[1:] if partial else call.args
    given = dict(zip(made.order, args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    for name, node in given.items():
        passed = factories.factory(node, scope)
        known = passed is not None and (_is_class(passed) or binds_fields(passed, project))
        if known and factories.makes(project.classes[made.target], name):
            yield node, made.target


def _is_class(factory: Factory) -> bool:
    return factory.layer is None and factory.direct and not factory.bound


def _behind(
    node: ast.expr, scope: Scope, project: Project, handed: Collection[ast.AST]
) -> Iterator[ast.expr]:
    """Yields what spells the class that is handed on: a partial, or a local of one that is read for nothing else."""
    match node:
        case ast.Call(args=[cls]):
            yield from _behind(cls, scope, project, handed)
        case ast.Name(id=name) if name in scope.hidden:
            partial = scope.values.get(name)
            tree = project.sources[scope.names.module].tree
            if isinstance(partial, ast.Call) and _is_handed_alone(name, partial, tree, handed):
                yield from _behind(partial, scope, project, handed)
        case _:
            yield node


def _is_handed_alone(name: str, value: ast.expr, tree: ast.Module, handed: Collection[ast.AST]) -> bool:
    """Tells whether a function binds a name to `value` alone, and does nothing with it but what is `handed`."""
    functions = (n for n in walk(tree) if isinstance(n, ast.FunctionDef))
    around = (f for f in functions if any(getattr(s, "value", None) is value for s in statements(f.body)))
    spelled = [n for f in around for n in walk(f) if isinstance(n, ast.Name) and n.id == name]
    reads = [n for n in spelled if isinstance(n.ctx, ast.Load)]
    return len(spelled) == len(reads) + 1 and all(n in handed for n in reads)


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
