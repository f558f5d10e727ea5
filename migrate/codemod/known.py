"""Whether other files of a project may use what stands at the top of one."""

import ast
from dataclasses import dataclass
from functools import cached_property

from .names import Names
from .project import Project
from .source import Source
from .spelling import used
from .trees import walk


@dataclass(frozen=True, eq=False)
class Known:
    """What the files of a project know of each other's names."""

    project: Project

    def elsewhere(self, source: Source, name: str) -> bool:
        """Tells whether another file has a name for more than to export it under that name, or may have any name.

        So does one of which classes are read with what a function of that name does, in the place of its calls.
        """
        if self._picks or f"{source.module}.{name}" in self.project.called:
            return True
        others = (s for s in self.project.sources.values() if s is not source)
        return any(name in used(s.tree) for s in others) or any(name.encode() in u for u in self._unread)

    @cached_property
    def _unread(self) -> list[bytes]:
        """The files that have nothing to do with flax."""
        read = {source.path for source in self.project.sources.values()}
        return [data for path, data in self.project.files.items() if path not in read]

    @cached_property
    def _picks(self) -> bool:
        """Whether a file takes something of a module whose name is computed: `getattr(models, config.model)`."""
        modules = {*self.project.sources, *self.project.by_path}
        packages = {name.rpartition(".")[0] for name in modules}
        while more := {name.rpartition(".")[0] for name in packages} - packages:
            packages |= more
        names = self.project.names
        return any(_picks(s.tree, names[m], modules | packages) for m, s in self.project.sources.items())


def _picks(tree: ast.Module, names: Names, modules: set[str]) -> bool:
    for node in walk(tree):
        match node:
            case (
                ast.Call(func=ast.Name(id="getattr"), args=[whose, ast.expr() as name, *_])
                | ast.Call(func=ast.Name(id="vars" as name), args=[whose])
                | ast.Attribute(value=whose, attr="__dict__" as name)
            ) if not isinstance(name, ast.Constant):
                if isinstance(whose, ast.Call) or names.resolve(whose) in modules - {""}:
                    return True
            case ast.Call(func=ast.Name(id="globals")):
                return True
    return False
