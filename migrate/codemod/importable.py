"""Which of the files given an import may mean, told by paths alone."""

import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

_GAP = rb"(?:[ \t\f]|\\\r?\n)"
_IMPORTS = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?|[;:\r])" + _GAP + rb"*+"
    rb"(?:from(?:" + _GAP + rb"++|(?=\.))([\w.\x80-\xff]+?)(?:" + _GAP + rb"++|(?<=\.)))?"
    rb"import(?![\w.])" + _GAP + rb"*+"
    rb"(\((?:[^)#]++|#[^\r\n]*+)*+\)|(?:\\\r?\n|[^\r\n#;])*+)",
    re.M,
)  # fmt: skip
"""Each import with its module, if it is one from a module, and what is taken: also after a `;` or `:`."""
_CALLED = re.compile(rb"(?:import_module|__import__)\(\s*[\"']([\w.]+)")
"""A module that is imported by a call which spells it."""
_Folders = tuple[str, ...]


class Taken(NamedTuple):
    """An import of a file: the files that it may take `names` from, and those that it may take as modules.

    `names` are all words that it has, also those that things are called by in the file.
    """

    files: frozenset[str]
    names: frozenset[str]
    modules: frozenset[str]


class Importable:
    """Knows all files, and where they stand.

    Python finds a module below some folder: that of the script, or one around its packages. A folder inside of a
    package is taken for one by files that stand below it, or in no package themselves, or where the path of Python
    is changed; and for what the standard library has by those that stand in it: else every `import numpy` or `import
    logging` of a repository could be of a file that is called so somewhere in it.
    """

    def __init__(
        self, paths: Iterable[str], above: Sequence[str] = (), finding: Collection[str] = ()
    ) -> None:
        """Takes the paths of all files, and of those that change where Python looks for modules."""
        self._above = tuple(above)
        self._by_last: defaultdict[str, list[tuple[_Folders, str]]] = defaultdict(list)
        self._within: defaultdict[_Folders, dict[str, str]] = defaultdict(dict)
        self._packages: set[_Folders] = set()
        self._known: dict[tuple[_Folders, str], frozenset[str]] = {}
        self._folders: dict[str, _Folders] = {}
        for path in paths:
            parts = self._folder(path)
            if (pure := PurePath(path)).name == "__init__.py":
                self._packages.add(parts)
            else:
                parts = (*parts, pure.stem)
            if parts:
                self._by_last[parts[-1]].append((parts, path))
                self._within[parts[:-1]][parts[-1]] = path
        self._finding = {self._folder(path) for path in finding}
        self._finding_below = {self._folder(p) for p in finding if PurePath(p).name == "conftest.py"}

    def _folder(self, path: str) -> _Folders:
        if path not in self._folders:
            self._folders[path] = tuple(self._steps(PurePath(path).parent))
        return self._folders[path]

    def _steps(self, folder: PurePath) -> list[str]:
        found: list[str] = []
        for part in folder.parts[1:] if folder.is_absolute() else (*self._above, *folder.parts):
            if part == ".." and found and found[-1] != "..":
                found.pop()
            else:
                found.append(part)
        return found

    def files(self, user: str, module: str) -> frozenset[str]:
        """Returns the files that a dotted name may mean in the file `user`; one with dots in front is relative."""
        key = (self._folder(user), module)
        if key not in self._known:
            self._known[key] = frozenset(self._found(*key))
        return self._known[key]

    def _found(self, folder: _Folders, module: str) -> Iterator[str]:
        name = module.lstrip(".")
        wanted, up = tuple(filter(None, name.split("."))), len(module) - len(name) - 1
        if up >= 0:
            wanted = (*folder[: len(folder) - up], *wanted) if up <= len(folder) else ()
        for parts, path in self._by_last.get(wanted[-1], ()) if wanted else ():
            shared = min(len(parts), len(wanted))  # what is above the files that were given has no name
            root = parts[: len(parts) - shared]
            same = parts == wanted if up >= 0 else parts[-shared:] == wanted[-shared:]
            if same and (up >= 0 or self._may_find(folder, root, wanted[0])):
                yield path

    def _may_find(self, folder: _Folders, root: _Folders, first: str) -> bool:
        """Tells whether a file of `folder` may find what stands below `root`."""
        if root == folder or root not in self._packages:
            return True
        below = folder[: len(root)] == root
        return first not in sys.stdlib_module_names and (
            below or folder not in self._packages or self._finds_more(folder)
        )

    def _finds_more(self, folder: _Folders) -> bool:
        """Tells whether a file beside those of a folder, or a conftest.py around them, changes the path of Python."""
        ends = range(len(folder) + 1)
        return folder in self._finding or any(folder[:end] in self._finding_below for end in ends)

    def taken(self, user: str, statements: Iterable[tuple[bytes, bytes]]) -> list[Taken]:
        """Returns those of a file's `imports` that may be of the files given."""
        found = (self._taken(user, m.decode(errors="ignore"), names) for m, names in statements)
        return [each for each in found if each.files or each.modules]

    def _taken(self, user: str, module: str, names: bytes) -> Taken:
        text = names.decode(errors="ignore")
        if module:
            words = frozenset(re.findall(r"\w+|\*", text))
            files, modules = self.files(user, module), self._all(user, (joined(module, w) for w in words))
            return Taken(files, words, modules)
        dotted = [name for each in text.split(",") for name in re.findall(r"[\w.]+", each)[:1]]
        return Taken(frozenset(), frozenset(re.findall(r"\w+", text)), self.whole(user, dotted))

    def inside(self, path: str) -> Mapping[str, str]:
        """Returns the modules in a package, whose `__init__.py` this is, by the last part of their names."""
        return self._within.get(self._folder(path), {}) if path.endswith("__init__.py") else {}

    def whole(self, user: str, modules: Iterable[str]) -> frozenset[str]:
        """Returns the files that imports of whole modules may mean, with the packages that these are in."""
        return self._all(user, (name for dotted in modules for name in _prefixes(dotted)))

    def _all(self, user: str, modules: Iterable[str]) -> frozenset[str]:
        return frozenset[str]().union(*(self.files(user, module) for module in modules))


def joined(module: str, name: str) -> str:
    """Returns the dotted name of a module in a package, which may be relative.

    >>> joined("pkg", "net"), joined("..", "net")
    ('pkg.net', '..net')
    """
    return f"{module}{'' if module.endswith('.') else '.'}{name}"


def imports(text: bytes) -> list[tuple[bytes, bytes]]:
    """Returns the module of each import in a text, nothing where it is imported itself, and what is taken."""
    if b"import" not in text:
        return []
    return _IMPORTS.findall(text) + [(b"", name) for name in _CALLED.findall(text)]


def _prefixes(dotted: str) -> Iterator[str]:
    parts = dotted.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))
