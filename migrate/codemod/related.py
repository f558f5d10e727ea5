"""Which files of a project are read: those that mention flax, and those that use what such a file makes of it.

A large repository is mostly about something else, and reading a file costs a hundred times what searching it does.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePath
from typing import NamedTuple

from .bindings import stored
from .modules import longer_names
from .names import LINEN, TO_LINEN, Names, absolute
from .source import Source
from .trees import walk

_WORDS = re.compile(rb"[^\W\d]\w*")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+(\([^)]*\)|[^\n#]*(?:\\\r?\n[^\n#]*)*)", re.M
)
_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_DYNAMIC = frozenset({"getattr", "vars", "__dict__"})  # by which a file can take anything from a module


class _Statement(NamedTuple):
    """What a top-level statement binds, and every name and attribute that it mentions.

    `inherits` are the names that the bases of its classes start with.
    """

    binds: frozenset[str]
    names: frozenset[str]
    attributes: frozenset[str]
    inherits: frozenset[str]
    plain: bool  # a class by itself; where it is no module, what it does inside is its own affair


class _File:
    """What one file offers to others: `own` are the names whose meaning may change when it is migrated."""

    def __init__(self, source: Source, names: Names):
        self.source, self.names = source, names
        self.statements = [_statement(node) for node in source.tree.body]
        self.modules = {name: target.rpartition(".")[2] for name, target in names.aliases.items()}
        taken = list(_taken(source))
        self.stars = [module for module, name, _ in taken if name == "*"]
        self.taken = [(module.rpartition(".")[2], name, local) for module, name, local in taken]
        nodes = [n for n in walk(source.tree) if isinstance(n, ast.ClassDef)]
        self.bases = [(node.name, {_root(base) for base in node.bases}) for node in nodes]
        self.own = {name for name, target in names.aliases.items() if f"{target}.".startswith(LINEN + ".")}

    @cached_property
    def calls(self) -> list[str]:
        """Dotted names of what it calls, itself or through a bridge."""
        calls = [n for n in walk(self.source.tree) if isinstance(n, ast.Call)]
        through = [n.args[0] for n in calls if n.args and self.names.resolve(n.func) == TO_LINEN]
        return sorted({self.names.resolve(node) or "" for node in (*(n.func for n in calls), *through)})

    def meanings(self, name: str) -> Iterator[str]:
        """Yields the dotted names that a name of this file may stand for, and those that a class of it inherits."""
        yield self.names.aliases.get(name, "")
        yield from (f"{module}.{name}" for module in self.stars)
        for node in self.source.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                yield from (self.names.resolve(base) or "" for base in node.bases)

    @property
    def last(self) -> str:
        return self.source.module.rpartition(".")[2]

    @property
    def linen_classes(self) -> set[str]:
        """Names of the classes that may be Linen modules."""
        whole = {"flax"} if LINEN in self.source.text else set()
        return {name for name, bases in self.bases if bases & (self.own | whole)}

    @property
    def touched(self) -> set[str]:
        """`own`, and where a class is migrated the imports too: one that is used no longer goes away."""
        return self.own | set(self.names.aliases) if self.linen_classes else self.own

    def grow(self, offers: Mapping[str, set[str]]) -> bool:
        """Adds what follows from the names that other files offer; tells whether there was anything."""
        before = len(self.own)
        for module, name, local in self.taken:
            known = offers.get(module, set())
            self.own |= known if name == "*" else {local for _ in known & {name}}
        while (
            new := {n for each in self.statements if self._uses(each, offers) for n in each.binds} - self.own
        ):
            self.own |= new
        return len(self.own) > before

    def _uses(self, statement: _Statement, offers: Mapping[str, set[str]]) -> bool:
        names = statement.inherits if statement.plain else statement.names
        if names & self.own or ("flax" in names and "linen" in statement.attributes):
            return True
        modules = (self.modules[name] for name in names & self.modules.keys())
        every = statement.names | statement.attributes
        return any(every & (offers[module] | _DYNAMIC) for module in modules if offers.get(module))


class Related:
    """Grows with the files that are read, and says which others have to be read for their sake."""

    def __init__(self, modules: Mapping[str, str], above: Sequence[str] = ()) -> None:
        """Takes the dotted names of all files by their paths."""
        self._paths = {module: path for path, module in modules.items()}
        self._paths |= {name: self._paths[module] for name, module in longer_names(modules, above).items()}
        self._parts = _parts(modules)
        self._files: dict[str, _File] = {}

    def add(self, source: Source, names: Names) -> None:
        self._files[source.path] = _File(source, names)

    def users(self, unread: Mapping[str, bytes]) -> dict[str, bool]:
        """Returns which of the files may make, inherit or hand on a Linen class of those that were read.

        It is doubtful (False) of one that only has the word somewhere: see `names_a_class`.
        """
        self._settle()
        offers = self._by_module(lambda file: file.touched)
        classes = {name.encode() for name in self._classes()}
        found = {}
        for path, text in unread.items():
            words = set(_WORDS.findall(text)) if b"import" in text else set()
            modules = {name for name, offered in offers.items() if offered and name.encode() in words}
            named = not words.isdisjoint(classes)
            taken = _IMPORTS.findall(text) if modules or named else []
            if modules and any(_takes(each, modules, offers, words) for each in taken):
                found[path] = True
            elif named and any(map(self._may_be_own, taken)):
                found[path] = False
        return found

    def names_a_class(self, source: Source) -> bool:
        """Tells whether a Linen class is named in the code of a file: comments and docstrings are full of words."""
        classes, nodes = self._classes(), [*ast.walk(source.tree)]
        told = {n.value for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
        return any(not classes.isdisjoint(_named(node)) for node in nodes if node not in told)

    def _classes(self) -> set[str]:
        return {name for file in self._files.values() for name in file.linen_classes}

    def _may_be_own(self, taken: tuple[bytes, bytes]) -> bool:
        """Tells whether an import may be of the files given: nobody else hands out their classes."""
        module, names = taken
        words = _WORDS.findall(module + b" " + names)
        return not self._parts or module.startswith(b".") or not self._parts.isdisjoint(words)

    def definitions(self) -> list[str]:
        """Returns the other files in which classes and functions may stand that are called where Linen classes are.

        What a class makes may be called like a module, and a function may change the shape of what it is given.
        """
        waiting = [name for file in self._files.values() if file.linen_classes for name in file.calls]
        seen, found = set[str](), set[str]()
        while waiting:
            module, _, short = (name := waiting.pop()).rpartition(".")
            if name in seen or (path := self._paths.get(module)) is None:
                continue
            seen.add(name)
            if (file := self._files.get(path)) is not None:
                waiting += file.meanings(short)
            else:
                found.add(path)
        return sorted(found)

    def _settle(self) -> None:
        """Lets the names of all files grow until nothing follows from them any more."""
        grown = True
        while grown:
            offers = self._by_module(lambda file: file.own)
            grown = sum(file.grow(offers) for file in self._files.values()) > 0

    def _by_module(self, offered: Callable[[_File], set[str]]) -> dict[str, set[str]]:
        """Returns what the files offer by the last part of their modules' names."""
        found: dict[str, set[str]] = {}
        for file in self._files.values():
            found.setdefault(file.last, set()).update(offered(file))
        return found


def _parts(modules: Mapping[str, str]) -> set[bytes]:
    """Returns what dotted names of the files are made of; nothing where the name of a package is out of sight."""
    paths = [PurePath(path) for path in modules]
    if any(path.name == "__init__.py" and path.parent.name in ("", "..") for path in paths):
        return set()
    parts = {part for path in paths for part in (*path.parent.parts, path.stem)}
    return {part.encode() for part in parts.union(*(module.split(".") for module in modules.values()))}


def _named(node: ast.AST) -> Iterable[str]:
    """Returns the names that a node spells, also in a text: annotations and `getattr` have some."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name]
        case ast.alias(name=name):
            return name.split(".")
        case ast.Constant(value=str(text)):
            return re.findall(r"\w+", text)
    return []


def _takes(
    taken: tuple[bytes, bytes], modules: set[str], offers: Mapping[str, set[str]], words: set[bytes]
) -> bool:
    """Tells whether an import brings one of the offered names, or a module that has one which the file mentions."""
    module, names = taken[0].decode(errors="ignore").rpartition(".")[2], taken[1].decode(errors="ignore")
    named = set(re.findall(r"\w+|\*", names))
    if module in modules and (named & offers[module] or "*" in named):
        return True
    every = {word.decode(errors="ignore") for word in words} if named & modules else set()
    return any(every & (offers[name] | _DYNAMIC) for name in named & modules)


def _statement(node: ast.stmt) -> _Statement:
    nodes = list(walk(node))
    made = {n.name for n in nodes if isinstance(n, _Definition)}
    bases = (base for n in nodes if isinstance(n, ast.ClassDef) for base in n.bases)
    return _Statement(
        frozenset({node.name} if isinstance(node, _Definition) else made | stored(node)),
        frozenset(n.id for n in nodes if isinstance(n, ast.Name)),
        frozenset(n.attr for n in nodes if isinstance(n, ast.Attribute)),
        frozenset(map(_root, bases)),
        isinstance(node, ast.ClassDef),
    )


def _taken(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yields the module, the name in it and the local name of each `from ... import`."""
    for node in walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            module = absolute(node, source.module, source.path.endswith("__init__.py"))
            yield from ((module, alias.name, alias.asname or alias.name) for alias in node.names)


def _root(node: ast.expr) -> str:
    return next((n.id for n in walk(node) if isinstance(n, ast.Name)), "")
