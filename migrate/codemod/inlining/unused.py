"""Functions that nothing in the project calls any more, as every caller builds what they built."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..model import LinenClass
from ..names import Names
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from ..trees import remembered, walk

Readers = Mapping[str, Collection[str]]
"""Functions by full name, and the paths of the files in which classes call them that are read without."""


def readers(found: Iterable[Rewording]) -> Readers:
    """Returns the functions that these expressions call, and the files where they stand."""
    paths: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        for name in one.functions:
            paths[name].add(one.source.path)
    return paths


def unused(called: Readers, project: Project) -> frozenset[ast.AST]:
    """Returns the functions of these whose full name nothing mentions, in whatever way, but one of them."""
    return frozenset(function_of(name, project) for name in without_callers(called, (), project))


def without_callers(called: Readers, read: Iterable[ast.AST], project: Project) -> set[str]:
    """Returns those of some functions, by full name, that nothing mentions but each other and what is `read` anew."""
    nodes = {name: function_of(name, project) for name in called}
    known = {n for each in read for n in walk(each)}
    known |= {
        alias
        for path in {p for paths in called.values() for p in paths}
        for alias in idle(path, called, known, project)
    }
    spelling: defaultdict[str, list[ast.AST]] = defaultdict(list)
    for node in (n for source in project.sources.values() for n in walk(source.tree)) if called else ():
        for text in spelled(node) if not _is_another(node) else ():
            spelling[text].append(node)
    left = {*called}
    while True:
        own = {n for name in left for n in walk(nodes[name])} | known
        stay = {name for name in left if any(n not in own for n in spelling[name.rpartition(".")[2]])}
        if not stay:
            return left
        left -= stay


def idle(path: str, called: Readers, known: Collection[ast.AST], project: Project) -> Iterator[ast.alias]:
    """Yields the imports of functions that a file called, and does not any more but in what is `known`."""
    source = next(s for s in project.sources.values() if s.path == path)
    names, handed_on = project.names[source.module], project.taken[source.module]
    if path.endswith("__init__.py"):
        return
    for node in (n for n in source.tree.body if isinstance(n, ast.ImportFrom)):
        for alias in node.names:
            local = alias.asname or alias.name
            full = project.canonical(names.aliases.get(local, ""))
            if path in called.get(full, ()) and local not in handed_on and not _is_read(local, source, known):
                yield alias


def _is_read(name: str, source: Source, known: Collection[ast.AST]) -> bool:
    return any(
        isinstance(n, ast.Name | ast.Constant) and name in spelled(n) and n not in known
        for n in walk(source.tree)
    )


def _is_another(node: ast.AST) -> bool:
    """Tells whether this is an attribute of an object, or what binds a local or a field, and so no function."""
    match node:
        case ast.Attribute(value=ast.Name(id="self")) | ast.Name(ctx=ast.Store()):
            return True
    return False


def function_of(name: str, project: Project) -> ast.FunctionDef:
    """Returns a function at the top of a file by its full name."""
    module, _, short = name.rpartition(".")
    tree = project.sources[module].tree
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == short)


def mentions(name: str, cls: LinenClass, project: Project) -> Iterator[ast.AST]:
    """Yields what may mean an attribute of a class: all of this name, but for what other classes read of themselves."""
    theirs = {
        node
        for other in project.classes.values() if other is not cls
        for method in other.methods.values()
        for node in walk(method.node) if method.is_this(node, name)
    }  # fmt: skip
    nodes = (node for source in project.sources.values() for node in _by_spelling(source.tree).get(name, ()))
    yield from (node for node in nodes if node not in theirs)


@remembered
def _by_spelling(tree: ast.Module) -> Mapping[str, Sequence[ast.AST]]:
    """The nodes of a file by what they spell, each name in the order of `walk`."""
    found: dict[str, list[ast.AST]] = {}
    for node in walk(tree):
        for name in {*spelled(node)}:
            found.setdefault(name, []).append(node)
    return found


def spelled(node: ast.AST) -> Iterator[str]:
    """What may be a name of something, also in `__all__` and `getattr`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield from (name.rpartition(".")[2], other or "")


def is_spelled_elsewhere(source: Source, project: Project, name: str) -> bool:
    """Tells whether another file has a name for more than to export it under that name, or may have any name.

    So does one of which classes are read with what a function of that name does, in the place of its calls.
    """
    if f"{source.module}.{name}" in project.called:
        return True
    if any(_picks_names(s.tree, project.names[module], project) for module, s in project.sources.items()):
        return True
    read = {s.path for s in project.sources.values()}
    others = (s for s in project.sources.values() if s is not source)
    unread = (data for path, data in project.files.items() if path not in read)
    return any(name in _used(s.tree) for s in others) or any(name.encode() in data for data in unread)


def _picks_names(tree: ast.Module, names: Names, project: Project) -> bool:
    """Tells whether a file takes something of a module whose name is computed: `getattr(models, config.model)`."""
    for node in walk(tree):
        match node:
            case (
                ast.Call(func=ast.Name(id="getattr"), args=[whose, ast.expr() as name, *_])
                | ast.Call(func=ast.Name(id="vars" as name), args=[whose])
                | ast.Attribute(value=whose, attr="__dict__" as name)
            ) if not isinstance(name, ast.Constant):
                place = names.resolve(whose)
                every = (*project.sources, *project.by_path)
                if isinstance(whose, ast.Call) or any(m == place or m.startswith(f"{place}.") for m in every):
                    return True
            case ast.Call(func=ast.Name(id="globals")):
                return True
    return False


@remembered
def _used(tree: ast.Module) -> frozenset[str]:
    """What a file spells, but for what it takes or exports by that name."""
    alone = {a for a in walk(tree) if isinstance(a, ast.alias) and a.asname in (None, a.name)}
    apart = alone | {n for s in tree.body if _exports(s) for n in walk(s)}
    return frozenset(name for node in walk(tree) if node not in apart for name in spelled(node))


def _exports(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
