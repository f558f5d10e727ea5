"""Cuts one class out of a package, with everything it needs from there and nothing else.

A leaf is usually built by Linen classes beside it, and those stay Linen for now; alone it can be migrated.
Annotations are not evaluated, so what only they name need not be there.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import NamedTuple

from .oracle import File, Program, dotted


class MissingImportError(Exception):
    """The class needs a package that is not installed here."""


class Isolated(NamedTuple):
    """A class with what it needs: files by path, and the name under which they can be imported."""

    files: dict[str, bytes]
    module: str
    name: str


def isolate(program: Program, path: str, name: str, *beside: str) -> Isolated:
    """Returns the module-level class `name` of `path`, and what the file defines `beside` it.

    Raises MissingImportError when it needs others.
    """
    needed: defaultdict[str, set[str]] = defaultdict(set)
    work = [(program.files[path], each) for each in (name, *beside)]
    while work:
        file, wanted = work.pop()
        if wanted not in needed[file.path]:
            needed[file.path].add(wanted)
            work += _references(program, file, wanted)
    files = {_place(program.files[path]): _cut(program.files[path], names) for path, names in needed.items()}
    return Isolated(dict(sorted((_packages(files) | files).items())), _module(program.files[path]), name)


def users(file: File, name: str) -> list[str]:
    """Returns what a file defines at its top by means of `name`, directly or by way of other such names."""
    found = {name}
    defining = [
        s for s in file.tree.body if not isinstance(s, ast.Import | ast.ImportFrom | ast.If | ast.Expr)
    ]
    while True:
        using = [s for s in defining if any(getattr(n, "id", "") in found for n in ast.walk(s))]
        more = {each for statement in using for each in _bound(statement)} - found
        if not more:
            return sorted(found - {name})
        found |= more


def _module(file: File) -> str:
    """Returns a name that does not stand for an installed package."""
    return (
        "isolated_" + file.module.replace(".", "_") if _installed(file.module.split(".")[0]) else file.module
    )


def _place(file: File) -> str:
    last = "/__init__.py" if PurePosixPath(file.path).name == "__init__.py" else ".py"
    return _module(file).replace(".", "/") + last


def _references(program: Program, file: File, name: str) -> Iterator[tuple[File, str]]:
    """Yields what the statements that bind `name` refer to: names of this file, or of another one."""
    for statement in file.tree.body:
        if name not in _bound(statement):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _origin(program, file.imports[name])
            continue
        lazy = [s for s in getattr(statement, "body", ()) if isinstance(s, ast.ImportFrom)]
        if isinstance(statement, ast.If) and any(name in _bound(s) for s in lazy):  # by `if TYPE_CHECKING`
            yield from _origin(program, file.imports[name], optional=True)
        if isinstance(statement, ast.ClassDef) and any(
            not dotted(b).endswith("Module") for b in statement.bases
        ):
            # the fields that it inherits from another file may name what this one imports
            types = (each for each, origin in file.imports.items() if "typing" in origin.split("."))
            yield from ((file, each) for each in types if _at_hand(file, each))
        annotations = _annotations(statement)
        for node in ast.walk(statement):
            chain = dotted(node)
            head, _, rest = chain.partition(".")
            if not chain or (node in annotations and not _at_hand(file, head)):
                continue
            yield file, head
            if head in file.imports and rest:
                yield from _origin(program, f"{file.imports[head]}.{rest}", head in file.optional)


def _annotations(statement: ast.stmt) -> set[ast.AST]:
    """Returns every node that is part of an annotation."""
    fields = ("annotation", "returns")
    found = [getattr(node, name, None) for node in ast.walk(statement) for name in fields]
    return {inner for node in found if node is not None for inner in ast.walk(node)}


def _at_hand(file: File, name: str) -> bool:
    """Whether `name` is imported from an installed package, so that an annotation may go on naming it."""
    package = file.imports.get(name, "").split(".")[0]
    return bool(package) and _installed(package)


def _origin(program: Program, full: str, optional: bool = False) -> Iterator[tuple[File, str]]:
    """Yields file and name behind an import; an installed package is left to itself, an optional one may be missing."""
    parts = full.split(".")
    for depth in range(len(parts), 0, -1):
        file = program.modules.get(".".join(parts[:depth]))
        if file is not None and not _installed(parts[0]):
            packages = ((program.modules.get(".".join(parts[:k])), parts[k]) for k in range(1, depth))
            yield from ((p, name) for p, name in packages if p is not None and name in p.imports)
            if depth < len(parts):
                yield file, parts[depth]
            return
    if not optional and not _installed(parts[0]):
        raise MissingImportError(parts[0])


def _installed(package: str) -> bool:
    return find_spec(package) is not None


def _bound(statement: ast.stmt) -> set[str]:
    """Returns the names that a module-level statement binds, in its branches too."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name, *(_differentiated(d) for d in statement.decorator_list)} - {""}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return {_differentiated(statement.value.func)} - {""}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    stores = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stores.union(
        *(_bound(child) for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt))
    )


def _differentiated(node: ast.expr) -> str:
    """Returns the function that is given its derivative: `function.defvjp(forward, backward)`, `@function.defjvp`."""
    given = isinstance(node, ast.Attribute) and node.attr in ("defvjp", "defjvp", "defjvps")
    return node.value.id if given and isinstance(node.value, ast.Name) else ""


def _cut(file: File, names: set[str]) -> bytes:
    lines = file.text.decode().splitlines()
    kept = ["from __future__ import annotations"]
    for statement in file.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            aliases = [a for a in statement.names if (a.asname or a.name.split(".")[0]) in names]
            kept += [_import(statement, alias) for alias in aliases]
        elif _bound(statement) & names:
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
            kept.append("\n" + "\n".join(lines[first - 1 : statement.end_lineno]))
    return ("\n".join(kept) + "\n").encode()


def _import(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import(names=[alias]))
    return ast.unparse(ast.ImportFrom(module=statement.module, names=[alias], level=statement.level))


def _packages(files: dict[str, bytes]) -> dict[str, bytes]:
    """Returns an empty `__init__.py` for every folder on the way to a file."""
    parents = {parent for path in files for parent in PurePosixPath(path).parents if str(parent) != "."}
    return {str(parent / "__init__.py"): b"" for parent in parents}
