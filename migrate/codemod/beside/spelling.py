"""How a new file names the modules that it imports from."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from ..project import Project
from ..source import Source
from ..trees import walk
from .places import SUFFIX


@dataclass(frozen=True, eq=False)
class Spelling:
    """Names of modules as the file beside `old` imports them."""

    project: Project
    old: Source

    def of(self, module: str) -> str:
        """Returns how a module is imported: one of the same package by its relative name.

        A folder without `__init__.py` is a package to those who import from it, and only they say what it is called.
        """
        package, _, last = module.rpartition(".")
        own = self.old.module if self.is_package else self.old.module.rpartition(".")[0]
        if module == self.old.module and self.is_package:
            return "."
        if package or self.is_package:
            return f".{last}" if package == own else module
        folder = PurePath(self._path(module)).parent
        if folder == PurePath(self.old.path).parent and self._is_relative:
            return f".{last}"
        prefix = next((name for name in self._prefixes if self._folder(name) == folder), "")
        return f"{prefix}.{last}" if prefix else module

    @cached_property
    def _is_relative(self) -> bool:
        """Whether a file of this folder imports by relative names, which only those of a package can."""
        folder = PurePath(self.old.path).parent
        mine = (s for s in self.project.sources.values() if PurePath(s.path).parent == folder)
        return any(isinstance(n, ast.ImportFrom) and n.level for s in mine for n in walk(s.tree))

    def _path(self, module: str) -> str:
        """The path of a module, which may be a new one: that stands in the folder of its old one."""
        sources = self.project.sources
        return (sources.get(module) or sources[module.removesuffix(SUFFIX)]).path

    @cached_property
    def _prefixes(self) -> list[str]:
        """What modules of folders without `__init__.py` are imported from, anywhere in the project."""
        return sorted({name.rpartition(".")[0] for name in self.project.imported} - {""})

    def _folder(self, prefix: str) -> PurePath:
        """The folder that a prefix stands for, by one of the modules that are imported from it."""
        found = (m for name, m in self.project.by_path.items() if name.rpartition(".")[0] == prefix)
        return PurePath(self.project.sources[next(found)].path).parent

    @property
    def is_package(self) -> bool:
        """Whether the old file is the `__init__.py` of a package."""
        return self.old.path.endswith("__init__.py")
