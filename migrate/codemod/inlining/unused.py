"""Functions that nothing in the project calls any more, as every caller builds what they built."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..model import LinenClass
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from ..spelling import by_spelling
from ..trees import walk

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
    spelling = {
        name: [n for n in _nodes(name.rpartition(".")[2], project) if not _is_another(n)] for name in called
    }
    left = {*called}
    while True:
        own = {n for name in left for n in walk(nodes[name])} | known
        stay = {name for name in left if any(n not in own for n in spelling[name])}
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
    nodes = by_spelling(source.tree).get(name, ())
    return any(isinstance(n, ast.Name | ast.Constant) and n not in known for n in nodes)


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
    yield from (node for node in _nodes(name, project) if node not in theirs)


def _nodes(name: str, project: Project) -> Iterator[ast.AST]:
    return (node for source in project.sources.values() for node in by_spelling(source.tree).get(name, ()))
