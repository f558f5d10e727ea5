"""Which files of a project are read: those that mention flax, and those that use what such a file makes of it.

A large repository is mostly about something else, and reading a file costs a hundred times what searching it does.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import NamedTuple

from .bindings import stored
from .importable import Importable, Taken, imports, joined
from .modules import longer_names
from .names import LINEN, TO_LINEN, Names, absolute
from .source import Source
from .trees import remembered, walk

_WORDS = re.compile(rb"[^\W\d]\w*")
_BETWEEN_WORDS = bytes(c if c >= 0x80 or chr(c).isalnum() or c == ord("_") else ord(" ") for c in range(256))
_IMPORTING = (b"import_module", b"__import__")
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

    def __init__(self, source: Source, names: Names, importable: Importable):
        self.source, self.names = source, names
        self.statements = [_statement(node) for node in source.tree.body]
        self.modules = _modules(source, importable)
        taken = list(_taken(source))
        self.stars = [module for module, _, name, _ in taken if name == "*"]
        self.taken = [
            (importable.files(source.path, written), name, local) for _, written, name, local in taken
        ]
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
    def linen_classes(self) -> set[str]:
        """Names of the classes that may be Linen modules."""
        whole = {"flax"} if LINEN in self.source.text else set()
        return {name for name, bases in self.bases if bases & (self.own | whole)}

    @property
    def touched(self) -> set[str]:
        """`own`, and where a class is migrated the imports too: one that is used no longer goes away."""
        return self.own | set(self.names.aliases) if self.linen_classes else self.own

    def grow(self, offers: Mapping[str, set[str]], held: Iterable[str]) -> bool:
        """Adds what follows from the names that other files offer; tells whether there was anything.

        `held` are the files that may be held by other modules which the file imports, as `net` is in `pkg.net`.
        """
        before = len(self.own)
        for files, name, local in self.taken:
            for known in (offers[path] for path in files & offers.keys()):
                self.own |= known if name == "*" else {local for _ in known & {name}}
        far = set[str]().union(*(offers[path] for path in held if path in offers))
        while (
            new := {name for each in self.statements if self._uses(each, offers, far) for name in each.binds}
            - self.own
        ):
            self.own |= new
        return len(self.own) > before

    def _uses(self, statement: _Statement, offers: Mapping[str, set[str]], far: Set[str]) -> bool:
        names = statement.inherits if statement.plain else statement.names
        if names & self.own or ("flax" in names and "linen" in statement.attributes):
            return True
        if statement.attributes & far and (self.stars or names & self.names.aliases.keys()):
            return True
        modules = (path for name in names & self.modules.keys() for path in self.modules[name])
        every = statement.names | statement.attributes
        return any(every & (offers[module] | _DYNAMIC) for module in modules if offers.get(module))


_Lead = tuple[str, bool]
"""A file, and whether it is held as a module; names may be taken from others."""


@dataclass(frozen=True)
class _Text:
    """What a file has before it is read: imports that may be of the files given, and where there may be any, words."""

    taken: list[Taken]
    words: frozenset[str]

    @cached_property
    def leads(self) -> list[tuple[frozenset[str], frozenset[_Lead]]]:
        """Where each import leads by one of its names."""
        return [(each.names, _to(each)) for each in self.taken]

    def uses(self, offers: Mapping[str, set[str]]) -> bool:
        """Tells whether an import brings one of the offered names, or a module that has one which the file mentions."""
        for each in self.taken:
            offered = [offers[path] for path in each.files & offers.keys()]
            if offered and ("*" in each.names or any(each.names & names for names in offered)):
                return True
            held = (offers[path] for path in each.modules & offers.keys())
            if any(not self.words.isdisjoint(names | _DYNAMIC) for names in held):
                return True
        return False


def _to(taken: Taken) -> frozenset[_Lead]:
    star = "*" in taken.names
    return frozenset([*((at, star) for at in taken.files), *((at, True) for at in taken.modules)])


class Related:
    """Grows with the files that are read, and says which others have to be read for their sake."""

    def __init__(
        self, modules: Mapping[str, str], sources: Mapping[str, bytes], above: Sequence[str] = ()
    ) -> None:
        """Takes the dotted names of all files by their paths, and what is in them."""
        self._paths = {module: path for path, module in modules.items()}
        self._paths |= {name: self._paths[module] for name, module in longer_names(modules, above).items()}
        self._parts = _parts(modules)
        finding = [path for path, data in sources.items() if b"sys.path" in data]
        self._importable, self._sources = Importable(modules, above, finding), sources
        self._files: dict[str, _File] = {}
        self._texts: dict[str, _Text] = {}
        self._held: dict[str, frozenset[str]] = {}
        self._classes = set[str]()

    def add(self, source: Source, names: Names) -> None:
        file = self._files[source.path] = _File(source, names, self._importable)
        self._classes |= file.linen_classes

    def users(self, unread: Iterable[str]) -> dict[str, bool]:
        """Returns which of the files may make, inherit or hand on a Linen class of those that were read.

        It is doubtful (False) of one that only has the word somewhere: see `names_a_class`.
        """
        self._settle()
        self._classes |= {name for file in self._files.values() for name in file.linen_classes}
        offers = {path: own for path, own in self._offers(lambda file: file.touched).items() if own}
        found = {}
        for path in unread:
            if self._text(path).uses(offers) or self._holds(path):
                found[path] = True
            elif not self._classes.isdisjoint(self._text(path).words):
                found[path] = False
        return found

    def _text(self, path: str) -> _Text:
        if (found := self._texts.get(path)) is None:
            found = self._texts[path] = self._read(path, self._sources[path])
        return found

    def _read(self, path: str, data: bytes) -> _Text:
        found = imports(data)
        own = any(map(self._may_be_own, found)) or any(word in data for word in _IMPORTING)
        words = data.translate(_BETWEEN_WORDS).decode(errors="ignore").split() if own else ()
        return _Text(self._importable.taken(path, found), frozenset(words))

    def _holds(self, path: str) -> bool:
        """Tells whether a file mentions what is offered by one that other modules hold, as `net` is in `pkg.net`."""
        words = self._text(path).words
        held = (self._files.get(other) for other in self._held_by(path))
        return any(file is not None and not words.isdisjoint(file.own) for file in held)

    def _held_by(self, path: str) -> frozenset[str]:
        """Returns the files that what a file imports may lead to, by names that the file mentions."""
        if path not in self._held:
            words, found = self._text(path).words, set[str]()
            waiting = set[_Lead]().union(*(to for _, to in self._text(path).leads))
            seen = {*waiting}
            while waiting:
                reached = set[_Lead]().union(*(self._leads(at, held, words) for at, held in waiting))
                found |= {at for at, held in reached if held}
                waiting = reached - seen
                seen |= waiting
            self._held[path] = frozenset(found - {path})
        return self._held[path]

    def _leads(self, path: str, held: bool, words: Set[str]) -> set[_Lead]:
        """Returns the files that a file has under one of the names, and those that it takes them from (False)."""
        taken = self._text(path).leads
        found = set[_Lead]().union(
            *(to for names, to in taken if "*" in names or not words.isdisjoint(names))
        )
        if held:
            inside = self._importable.inside(path)
            found |= {(inside[name], True) for name in inside.keys() & words}
        return found

    def names_a_class(self, source: Source) -> bool:
        """Tells whether a Linen class is named in the code of a file: comments and docstrings are full of words."""
        return not self._classes.isdisjoint(_named_in(source.tree))

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
            offers = self._offers(lambda file: file.own)
            grown = sum(file.grow(offers, self._held_by(path)) for path, file in self._files.items()) > 0

    def _offers(self, offered: Callable[[_File], set[str]]) -> dict[str, set[str]]:
        return {path: {*offered(file)} for path, file in self._files.items()}


def _parts(modules: Mapping[str, str]) -> set[bytes]:
    """Returns what dotted names of the files are made of; nothing where the name of a package is out of sight."""
    paths = [PurePath(path) for path in modules]
    if any(path.name == "__init__.py" and path.parent.name in ("", "..") for path in paths):
        return set()
    parts = {part for path in paths for part in (*path.parent.parts, path.stem)}
    return {part.encode() for part in parts.union(*(module.split(".") for module in modules.values()))}


@remembered
def _named_in(tree: ast.Module) -> frozenset[str]:
    """Returns what the code of a file names, but for its docstrings."""
    nodes = walk(tree)
    told = {n.value for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    return frozenset(name for node in nodes if node not in told for name in _named(node))


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


def _taken(source: Source) -> Iterator[tuple[str, str, str, str]]:
    """Yields the module of each `from ... import`, the same as it is written, the name in it and the local name."""
    for node in walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            module = absolute(node, source.module, source.path.endswith("__init__.py"))
            written = "." * node.level + (node.module or "")
            yield from ((module, written, alias.name, alias.asname or alias.name) for alias in node.names)


def _modules(source: Source, importable: Importable) -> dict[str, frozenset[str]]:
    """Returns the files that the names of a file may stand for as modules, and as packages of others it imports."""
    found: dict[str, frozenset[str]] = {}
    for node in walk(source.tree):
        written = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if written:
                name, files = (
                    alias.asname or alias.name,
                    importable.files(source.path, joined(written, alias.name)),
                )
            elif alias.asname:
                name, files = alias.asname, importable.files(source.path, alias.name)
            else:
                name, files = alias.name.partition(".")[0], importable.whole(source.path, [alias.name])
            if files:
                found[name] = found.get(name, frozenset()) | files
    return found


def _root(node: ast.expr) -> str:
    return next((n.id for n in walk(node) if isinstance(n, ast.Name)), "")
