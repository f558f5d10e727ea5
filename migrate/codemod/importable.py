"""Which of the files given an import may mean, told by paths alone."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+(\([^)]*\)|[^\n#]*(?:\\\r?\n[^\n#]*)*)", re.M
)
_Folders = tuple[str, ...]


class Taken(NamedTuple):
    """An import of a file: the files that it may take `names` from, and those that it may take as modules."""

    files: frozenset[str]
    names: frozenset[str]
    modules: frozenset[str]


class Importable:
    """Knows all files, and where they stand.

    Python finds a module below some folder: that of the script, or one around its packages. A folder inside of a
    package is taken for one by files that stand below it, or in no package themselves, and for what the standard
    library has by those that stand in it: else every `import numpy` or `import logging` of a repository could be of a
    file that is called so somewhere in it.
    """

    def __init__(self, paths: Iterable[str], above: Sequence[str] = ()) -> None:
        self._above = tuple(above)
        self._by_last: defaultdict[str, list[tuple[_Folders, str]]] = defaultdict(list)
        self._packages: set[_Folders] = set()
        self._known: dict[tuple[_Folders, str], frozenset[str]] = {}
        for path in paths:
            if (pure := PurePath(path)).name == "__init__.py":
                parts = self._folder(pure)
                self._packages.add(parts)
            else:
                parts = (*self._folder(pure), pure.stem)
            if parts:
                self._by_last[parts[-1]].append((parts, path))

    def _folder(self, path: PurePath) -> _Folders:
        return path.parent.parts if path.is_absolute() else (*self._above, *path.parent.parts)

    def files(self, user: str, module: str) -> frozenset[str]:
        """Returns the files that a dotted name may mean in the file `user`; one with dots in front is relative."""
        key = (self._folder(PurePath(user)), module)
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
        return first not in sys.stdlib_module_names and (below or folder not in self._packages)

    def taken(self, user: str, statements: Iterable[tuple[bytes, bytes]]) -> list[Taken]:
        """Returns those of a file's `imports` that may be of the files given."""
        found = (self._taken(user, module.decode(), names) for module, names in statements)
        return [each for each in found if each.files or each.modules]

    def _taken(self, user: str, module: str, names: bytes) -> Taken:
        text = names.decode(errors="ignore")
        if module:
            words = frozenset(re.findall(r"\w+|\*", text))
            inner = (f"{module}{'' if module.endswith('.') else '.'}{word}" for word in words)
            return Taken(self.files(user, module), words, self._all(user, inner))
        dotted = (name for each in text.split(",") for name in re.findall(r"[\w.]+", each)[:1])
        return Taken(frozenset(), frozenset(), self._all(user, (n for d in dotted for n in _prefixes(d))))

    def _all(self, user: str, modules: Iterable[str]) -> frozenset[str]:
        return frozenset[str]().union(*(self.files(user, module) for module in modules))


def imports(text: bytes) -> list[tuple[bytes, bytes]]:
    """Returns the module of each import in a text, nothing where it is imported itself, and what is taken."""
    return _IMPORTS.findall(text) if b"import" in text else []


def _prefixes(dotted: str) -> Iterator[str]:
    parts = dotted.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))
