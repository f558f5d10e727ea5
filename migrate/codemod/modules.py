"""Which dotted name a path has when it is imported: folders are packages as far up as they have `__init__.py`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath


def module_names(paths: Iterable[str], above: Sequence[str] = ()) -> dict[str, str]:
    """Returns a dotted name for each path, seen from the files given alone, and the folders `above` relative ones.

    >>> module_names(["src/pkg/__init__.py", "src/pkg/norms.py", "tool.py"])
    {'src/pkg/__init__.py': 'pkg', 'src/pkg/norms.py': 'pkg.norms', 'tool.py': 'tool'}
    >>> module_names(["__init__.py", "norms.py"], above=["home", "pkg"])
    {'__init__.py': 'pkg', 'norms.py': 'pkg.norms'}
    """
    listed = list(paths)
    packages = {str(PurePath(p).parent) for p in listed if PurePath(p).name == "__init__.py"}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in listed:
        name = _name(PurePath(path), packages, above)
        while name in taken:
            name += "_"
        taken.add(name)
        names[path] = name
    return names


def longer_names(modules: Mapping[str, str], above: Sequence[str] = ()) -> dict[str, str]:
    """Returns other dotted names that a path can have, and its own: folders without `__init__.py` are packages as well.

    `modules` has the dotted name of each path; a longer name that two of them could have is left out.
    """
    found: dict[str, set[str]] = {}
    for path, module in modules.items():
        pure = PurePath(path)
        folders = pure.parent.parts if pure.is_absolute() else (*above, *pure.parent.parts)
        parts = [*folders, *([] if pure.name == "__init__.py" else [pure.stem])]
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), set()).add(module)
    return {name: modules.pop() for name, modules in found.items() if len(modules) == 1}


def _name(path: PurePath, packages: set[str], above: Sequence[str]) -> str:
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while folder.name and str(folder) in packages:  # what is above the files that were given has no name
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) == "." and "." in packages:
        parts = [*above[-1:], *parts]
    return ".".join(parts) or path.parent.name or path.stem
