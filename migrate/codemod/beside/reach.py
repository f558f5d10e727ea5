"""What the migrated classes need of the files around them, top-level statement by top-level statement."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from ..bindings import annotations, defines, imported, quoted
from ..names import first_name
from ..project import Project
from ..sites.scopes import taken
from ..trees import walk

_IMPORTS = ast.Import | ast.ImportFrom


@dataclass(frozen=True, eq=False)
class Reach:
    """The top-level statements of all files by the dotted names that they bind."""

    project: Project

    @cached_property
    def module_of(self) -> dict[ast.stmt, str]:
        """The module of each top-level statement."""
        return {s: module for module, source in self.project.sources.items() for s in source.tree.body}

    @cached_property
    def binders(self) -> dict[str, list[ast.stmt]]:
        """The statements that bind or change what a dotted name stands for."""
        found: dict[str, list[ast.stmt]] = defaultdict(list)
        for statement, module in self.module_of.items():
            for name in bound(statement):
                found[f"{module}.{name}"].append(statement)
        return dict(found)

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Dotted names that a function binds anew: who has imported one still has what it was."""
        sources = self.project.sources.items()
        changed = ((m, n) for m, s in sources for n in walk(s.tree) if isinstance(n, ast.Global))
        return frozenset(f"{module}.{name}" for module, node in changed for name in node.names)

    def around(self, nodes: Iterable[ast.AST]) -> set[ast.stmt]:
        """Returns the top-level statements that classes and functions stand in."""
        return {self._above[node] for node in nodes}

    @cached_property
    def _above(self) -> dict[ast.AST, ast.stmt]:
        kinds = ast.ClassDef | ast.FunctionDef
        return {node: s for s in self.module_of for node in walk(s) if isinstance(node, kinds)}

    def mentions(self, statement: ast.stmt) -> frozenset[str]:
        """Returns the dotted names that a statement reads and the project binds."""
        if statement not in self._mentioned:
            self._mentioned[statement] = frozenset(self._read(statement))
        return self._mentioned[statement]

    @cached_property
    def _mentioned(self) -> dict[ast.stmt, frozenset[str]]:
        return {}

    def _read(self, statement: ast.stmt) -> Iterator[str]:
        module, free = self.module_of[statement], free_names(statement)
        for node in walk(statement):
            if isinstance(node, ast.Name | ast.Attribute) and first_name(node) in free:
                name = self.spelled(module, node)
                if name in self.binders:
                    yield name
        yield from (f"{module}.{name}" for name in free if f"{module}.{name}" in self.binders)

    def spelled(self, module: str, node: ast.expr) -> str:
        """Returns the dotted name, that of where it is defined, that an expression in `module` spells."""
        path, _, name = (self.project.names[module].resolve(node) or "").rpartition(".")
        home = self.project.by_path.get(path, path)
        return self.project.canonical(f"{home}.{name}") if home in self.project.sources else ""

    def of(self, roots: Collection[ast.stmt], closed: Collection[ast.stmt]) -> set[ast.stmt]:
        """Returns `roots` and all that they need; nothing is followed into the statements `closed`."""
        found, waiting = {*roots}, [*roots]
        while waiting:
            for name in self.mentions(waiting.pop()):
                new = {s for s in self.binders[name] if s not in found and s not in closed}
                found |= new
                waiting += new
        return found


def free_names(statement: ast.stmt) -> set[str]:
    """Returns the names that a statement takes from its module, those of annotations too."""
    found = taken(ast.Module([statement], []))
    for part in (part for node in walk(statement) for part in annotations(node)):
        found |= {part.id} if isinstance(part, ast.Name) else quoted(part)
    return found


def bound(statement: ast.stmt) -> Set[str]:
    """Returns the names that a statement binds or changes, in its branches too; of an import, none."""
    if isinstance(statement, _IMPORTS):
        return set()
    inner = {name for s in _branches(statement) for name in bound(s) | imported(s)}
    return defines(statement) | inner


def _branches(statement: ast.stmt) -> list[ast.stmt]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    handlers = [s for h in getattr(statement, "handlers", []) for s in h.body]
    parts = (getattr(statement, name, []) for name in ("body", "orelse", "finalbody"))
    return [*(s for part in parts for s in part), *handlers]
