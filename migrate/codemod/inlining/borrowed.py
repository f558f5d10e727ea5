"""Functions of other files that can be read where a class calls them: their names mean the same in its own."""

import ast
import builtins
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol, TypeVar

from ..model import Method
from ..names import Names, first_name
from ..project import Project
from ..source import Source
from ..trees import walk
from .builders import is_bound_once


class Spelled(Protocol):
    """What is read: a function of a file, with the names of that which it reads."""

    @property
    def full_name(self) -> str: ...

    @property
    def reads(self) -> Collection[str]: ...


_Function = TypeVar("_Function", bound=Spelled)


def from_elsewhere(
    module: str, functions_of: Callable[[str], Mapping[str, _Function]], project: Project
) -> dict[str, _Function]:
    """Returns those that a file has from others, by how it spells them: `block`, or `blocks.block`."""
    source, names = project.sources[module], project.names[module]
    found: dict[str, _Function] = {}
    for spelling, full in _spellings(source, names, project).items():
        home, _, short = full.rpartition(".")
        function = functions_of(home).get(short)
        if function is None or full in project.factories.makers:  # those go on to, in NNX
            continue
        if all(_is_same(name, project.sources[home], source, project) for name in function.reads):
            found[spelling] = function
    return found


def mentioned(
    method: Method, functions: Mapping[str, object], taken: Collection[str]
) -> Iterator[tuple[ast.expr, str]]:
    """Yields what spells one of the functions in a method that binds the names `taken`, and the spelling."""
    dotted = any("." in spelling for spelling in functions)
    for node in walk(method.node):
        match node:
            case ast.Name(id=name) if name in functions and name not in taken:
                yield node, name
            case ast.Attribute() if dotted and first_name(node) not in taken:
                spelling = ast.unparse(node)
                if spelling in functions:
                    yield node, spelling


def _spellings(source: Source, names: Names, project: Project) -> dict[str, str]:
    """What a file calls functions of other files of the project, and their full names."""
    found: dict[str, str] = {}
    for node in walk(source.tree):
        root = first_name(node)
        if not root or root not in names.aliases or not is_bound_once(root, source):
            continue
        full = project.canonical(names.resolve(node) or "")
        home, _, short = full.rpartition(".")
        if home in project.sources and home != source.module and _defines(project.sources[home], short):
            found[ast.unparse(node)] = full
    return found


def _defines(source: Source, name: str) -> bool:
    return any(isinstance(n, ast.FunctionDef) and n.name == name for n in source.tree.body)


def _is_same(name: str, one: Source, two: Source, project: Project) -> bool:
    """Tells whether a name stands for one thing in two files."""
    meanings = [_meaning(name, source, project) for source in (one, two)]
    return meanings[0] is not None and meanings[0] == meanings[1]


def _meaning(name: str, source: Source, project: Project) -> str | None:
    """What a name stands for in a file; None where that depends on what ran."""
    if name not in source.names_at_top:
        return name if hasattr(builtins, name) else None
    if not is_bound_once(name, source):
        return None
    full = project.names[source.module].aliases.get(name)
    return project.canonical(full if full is not None else f"{source.module}.{name}")
