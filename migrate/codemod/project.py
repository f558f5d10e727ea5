"""All files of a run together: which classes are Linen modules, and what a dotted name stands for."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from .exports import handed_on, taken_names
from .factories.index import read_factories
from .factories.resolve import Factories
from .model import LinenClass, Method, Missing, Refused
from .modules import longer_names
from .names import LINEN, Names, canonical
from .read import read_body, read_head
from .source import Source
from .supplied import Supply
from .traced.records import Facts
from .trees import children, walk

if TYPE_CHECKING:
    from .constructions import Construction
    from .sizes import Parameter


@dataclass(frozen=True)
class Project:
    """Sources by module name, their import tables, and the Linen classes by dotted name.

    `made` remembers the submodules of the classes that were asked for them; `traced` is what runs have shown;
    `unused` are the functions that nothing calls, as classes are read without them that called them in the user's
    files; `called` has all such functions by full name, with the files of these classes. Those that are `reworded` are
    read as other code. `files` are all that were given, also those that have nothing to do with flax. `before` are the
    classes that an earlier run migrated, read as the Linen classes they were, and `unread` says of others why they are
    not. `uncounted` are the classes of which nobody tells how many axes they are given; `agreed` has the sizes that a
    class takes as others do.
    """

    sources: Mapping[str, Source]
    names: Mapping[str, Names]
    classes: Mapping[str, LinenClass]
    by_path: Mapping[str, str]
    made: dict[str, list["Construction"]] = field(default_factory=dict, compare=False, repr=False)
    traced: Facts | None = field(default=None, compare=False, repr=False)
    unused: frozenset[ast.AST] = field(default=frozenset(), compare=False, repr=False)
    called: Mapping[str, Collection[str]] = field(default_factory=dict, compare=False, repr=False)
    reworded: frozenset[str] = frozenset()
    uncounted: frozenset[str] = frozenset()
    agreed: Mapping[str, Sequence["Parameter"]] = field(default_factory=dict, compare=False, repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    before: Mapping[str, LinenClass] = field(default_factory=dict, compare=False, repr=False)
    unread: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def methods(self) -> Iterator[tuple[LinenClass, Method]]:
        """Every method of every class, with the class."""
        return ((cls, method) for cls in self.classes.values() for method in cls.methods.values())

    def with_optional(self, missing: Collection[Missing]) -> "Project":
        """Returns the project with these arguments as optional ones."""
        classes = dict(self.classes)
        for name, method in {(one.cls, one.method) for one in missing}:
            names = frozenset(one.argument for one in missing if (one.cls, one.method) == (name, method))
            methods = classes[name].methods
            changed = replace(methods[method], optional=methods[method].optional | names)
            classes[name] = replace(classes[name], methods={**methods, method: changed})
        return replace(self, classes=classes, made={})

    def taking(
        self,
        agreed: Mapping[str, Sequence["Parameter"]] | None = None,
        uncounted: frozenset[str] = frozenset(),
    ) -> "Project":
        """Returns the project with other sizes agreed on, or more uncounted classes: nothing was read off those."""
        agreed = self.agreed if agreed is None else agreed
        again = replace(self, agreed=agreed, uncounted=self.uncounted | uncounted)
        vars(again).update({name: kept for name, kept in vars(self).items() if name not in vars(again)})
        return again

    @cached_property
    def factories(self) -> Factories:
        """What expressions of the project stand for that make a module when they are called."""
        return read_factories(self)

    @cached_property
    def taken(self) -> Mapping[str, set[str]]:
        """By module, the names that other files have from it."""
        return taken_names(list(self.sources.values()), self.names, self.by_path)

    @cached_property
    def supply(self) -> Supply:
        """Which code of the project may take or give variables as Linen has them."""
        return Supply(self.files)

    @cached_property
    def imported(self) -> frozenset[str]:
        """The modules of the project that files import names from, as their full names are spelled there."""
        nodes = (n for s in self.sources.values() for n in walk(s.tree))
        names = (n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level)
        return frozenset(name for name in names if name in self.by_path)

    def names_of(self, module: str) -> "CanonicalNames":
        """Returns the import table of a file, by which one class has one name everywhere."""
        return CanonicalNames(module, self.names[module].aliases, project=self)

    def canonical(self, name: str, seen: frozenset[str] = frozenset()) -> str:
        """Follows re-exports: `pkg.Norm` is `pkg.norms.Norm` when `pkg/__init__.py` imports it from there."""
        if seen:
            return self._canonical(name, seen)
        if (found := self._known.get(name)) is None:
            found = self._known[name] = self._canonical(name, seen)
        return found

    @cached_property
    def checked(self) -> dict[str, list[Refused]]:
        """Why classes stay Linen, as far as that is told without planning: what was read off the project alone."""
        return {}

    @cached_property
    def _known(self) -> dict[str, str]:
        """What `canonical` found."""
        return {}

    def _canonical(self, name: str, seen: frozenset[str]) -> str:
        if name in self.classes or name in seen:
            return name
        module, _, rest = name.rpartition(".")
        module = self.by_path.get(module, module)
        if f"{module}.{rest}" in self.classes:
            return f"{module}.{rest}"
        if module not in self.names:
            return name
        own = f"{module}.{rest}"
        target = self.names[module].aliases.get(rest, own)
        return own if target in (own, name) else self.canonical(target, seen | {name})

    def bases(self, cls: LinenClass) -> list[LinenClass]:
        """The bases of `cls` that are Linen classes of this project."""
        names = (self.base(cls, base) for base in cls.bases)
        return [self.classes[name] for name in names if name in self.classes]

    def base(self, cls: LinenClass, base: str) -> str:
        """Returns the dotted name of a base: a bare one may be a class of an enclosing function."""
        scope = cls.name
        while base and "." not in base and "." in scope:
            scope = scope.rpartition(".")[0]
            if f"{scope}.{base}" in self.classes:
                return f"{scope}.{base}"
        return self.canonical(base)


@dataclass(frozen=True)
class CanonicalNames(Names):
    """An import table that follows re-exports."""

    project: Project | None = None

    def resolve(self, node: ast.AST | None) -> str | None:
        name = super().resolve(node)
        return name and self.project.canonical(name) if self.project else name


def read_project(
    sources: Sequence[Source],
    tables: Mapping[str, Names],
    traced: Facts | None = None,
    above: Sequence[str] = (),
) -> Project:
    """Finds every Linen class: a class is one when one of its bases is, to any depth and across files."""
    found: dict[str, LinenClass] = {}
    by_path = longer_names({source.path: source.module for source in sources}, above)
    tables = handed_on(sources, tables, by_path)
    for source in sources:
        for node, name, top_level in class_nodes(source):
            if name in found:  # defined again in another branch: a class of its own
                name, top_level = f"{name}@{node.lineno}", False
            found[name] = read_head(node, source, tables[source.module], name, top_level)
    everything = Project({s.module: s for s in sources}, tables, found, by_path)
    linen: dict[str, bool] = {}
    kept = {name: read_body(cls) for name, cls in found.items() if _is_linen(cls, everything, linen)}
    return Project(everything.sources, tables, kept, by_path, traced=traced)


def class_nodes(source: Source) -> Iterable[tuple[ast.ClassDef, str, bool]]:
    """Yields each class of the file, nested ones too, its dotted name, and whether it stands at the top."""
    waiting: list[tuple[ast.AST, str, bool]] = [(source.tree, source.module, True)]
    while waiting:
        above, prefix, top = waiting.pop()
        for node in children(above):
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
        names = (canonical(project.base(cls, base)) for base in cls.bases)
        known[cls.name] = any(name.startswith(LINEN + ".") for name in names) or any(
            _is_linen(base, project, known) for base in project.bases(cls)
        )
    return known[cls.name]
