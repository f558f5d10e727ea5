"""All files of a run together: which classes are Linen modules, and what a dotted name stands for."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .model import LinenClass
from .names import LINEN, Names
from .read import read_class
from .source import Source


@dataclass(frozen=True)
class Project:
    """Sources by module name, their import tables, and the Linen classes by dotted name."""

    sources: Mapping[str, Source]
    names: Mapping[str, Names]
    classes: Mapping[str, LinenClass]

    def canonical(self, name: str, seen: frozenset[str] = frozenset()) -> str:
        """Follows re-exports: `pkg.Norm` is `pkg.norms.Norm` when `pkg/__init__.py` imports it from there."""
        if name in self.classes or name in seen:
            return name
        module, _, rest = name.rpartition(".")
        target = self.names[module].aliases.get(rest) if module in self.names else None
        return name if target is None or target == name else self.canonical(target, seen | {name})

    def bases(self, cls: LinenClass) -> list[LinenClass]:
        """The bases of `cls` that are Linen classes of this project."""
        names = (self.canonical(base) for base in cls.bases)
        return [self.classes[name] for name in names if name in self.classes]


def read_project(sources: Iterable[Source], tables: Mapping[str, Names]) -> Project:
    """Finds every Linen class: a class is one when one of its bases is, to any depth and across files."""
    found: dict[str, LinenClass] = {}
    for source in sources:
        for node, name, top_level in class_nodes(source):
            found[name] = read_class(node, source, tables[source.module], name, top_level)
    everything = Project({s.module: s for s in sources}, tables, found)
    linen: dict[str, bool] = {}
    kept = {name: cls for name, cls in found.items() if _is_linen(cls, everything, linen)}
    return Project(everything.sources, tables, kept)


def class_nodes(source: Source) -> Iterable[tuple[ast.ClassDef, str, bool]]:
    """Yields each class of the file, nested ones too, its dotted name, and whether it stands at the top."""
    waiting: list[tuple[ast.AST, str, bool]] = [(source.tree, source.module, True)]
    while waiting:
        above, prefix, top = waiting.pop()
        for node in ast.iter_child_nodes(above):
            if isinstance(node, ast.ClassDef):
                yield node, f"{prefix}.{node.name}", top
                waiting.append((node, f"{prefix}.{node.name}", False))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append((node, f"{prefix}.{node.name}", False))
            elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.ExceptHandler):
                waiting.append((node, prefix, False))


def _is_linen(cls: LinenClass, project: Project, known: dict[str, bool]) -> bool:
    if cls.name not in known:
        known[cls.name] = False  # a class that inherits from itself is none
        known[cls.name] = any(base.startswith(LINEN + ".") for base in cls.bases) or any(
            _is_linen(base, project, known) for base in project.bases(cls)
        )
    return known[cls.name]
