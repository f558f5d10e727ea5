"""Which dotted name a path has when it is imported: folders are packages as far up as they have `__init__.py`."""

from collections.abc import Iterable
from pathlib import PurePath


def module_names(paths: Iterable[str]) -> dict[str, str]:
    """Returns a dotted name for each path, seen from the files given alone.

    >>> module_names(["src/pkg/__init__.py", "src/pkg/norms.py", "tool.py"])
    {'src/pkg/__init__.py': 'pkg', 'src/pkg/norms.py': 'pkg.norms', 'tool.py': 'tool'}
    """
    listed = list(paths)
    packages = {str(PurePath(p).parent) for p in listed if PurePath(p).name == "__init__.py"}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in listed:
        name = _name(PurePath(path), packages)
        while name in taken:
            name += "_"
        taken.add(name)
        names[path] = name
    return names


def _name(path: PurePath, packages: set[str]) -> str:
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while str(folder) in packages:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) or path.parent.name or path.stem
