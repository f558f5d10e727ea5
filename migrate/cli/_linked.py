"""Which changed files stand or fall together, because one imports the other."""

import ast
import os
import warnings
from collections.abc import Collection, Iterator, Mapping


def linked_to(held: Collection[str], changed: Mapping[str, bytes]) -> dict[str, str]:
    """Returns the paths in `changed` linked to one in `held`, directly or not, each with its neighbour.

    A migrated constructor is called differently: with one of two such files rewritten, neither works. Links
    are by last name (any import of `layers` may be of any `layers.py`), so rather too many than too few.
    """
    names = {path: frozenset(_imported(path, source)) for path, source in changed.items()} if held else {}
    pending = [path for path in held if path in changed]
    reached: dict[str, str] = {}
    while pending:
        path = pending.pop()
        for other in sorted(changed.keys() - reached.keys() - set(held)):
            if module(other) in names[path] or module(path) in names[other]:
                reached[other] = path
                pending.append(other)
    return reached


def module(path: str) -> str:
    """Returns the last part of the name under which `path` is imported."""
    stem = os.path.basename(path).removesuffix(".py")
    return _folder(path, 1) if stem == "__init__" else stem


def _folder(path: str, level: int) -> str:
    return os.path.abspath(path).split(os.sep)[-level - 1]


def _imported(path: str, source: bytes) -> Iterator[str]:
    with warnings.catch_warnings(
        action="ignore", category=SyntaxWarning
    ):  # of the user's source; not our matter
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            # `from . import Norm` may be of the package's own `__init__.py`, which it does not name.
            yield from (node.module or _folder(path, node.level)).split(".")
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))
