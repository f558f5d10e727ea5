"""Where a variable of a scope is read: in the scope itself, and in the functions inside that do not bind its name."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..trees import remembered, walk
from .scopes import direct, inner, stored

_SPELLED = ("id", "arg", "name", "asname")


@dataclass(frozen=True)
class Reference:
    """A read of a variable; it is `deferred` where it is made by code that may run later."""

    node: ast.Name
    deferred: bool = False


def references(scope: ast.AST, name: str, deferred: bool = False) -> Iterator[Reference]:
    """Yields the reads of the variable `name` of `scope`."""
    for read in _reads(scope).get(name, ()):
        yield Reference(read, deferred)
    for node in inner(scope):
        if name not in stored(node):
            yield from references(node, name, deferred=True)


@remembered
def _reads(scope: ast.AST) -> Mapping[str, Sequence[ast.Name]]:
    """Returns the reads of `scope` itself by what is read."""
    found: dict[str, list[ast.Name]] = {}
    for node in direct(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, []).append(node)
    return found


def binders(scope: ast.AST, name: str) -> list[ast.AST]:
    """Returns what binds `name` in `scope` itself: variables, arguments, imports, definitions."""
    found = _binding(scope).get(name, ())
    arguments = getattr(scope, "args", None)
    given = walk(arguments) if arguments is not None else ()
    return [*found, *(a for a in given if isinstance(a, ast.arg) and a.arg == name)]


@remembered
def _binding(scope: ast.AST) -> Mapping[str, Sequence[ast.AST]]:
    """Returns what binds names in `scope` itself by the name, but for arguments of its own."""
    found: dict[str, list[ast.AST]] = {}
    for node in direct(scope):
        if isinstance(node, ast.keyword) or isinstance(getattr(node, "ctx", None), ast.Load):
            continue
        for name in {getattr(node, field, None) for field in _SPELLED} - {None}:
            found.setdefault(str(name), []).append(node)
    return found


def is_bound(scope: ast.AST, name: str) -> bool:
    """Tells whether anything in `scope` or around it that is read there could be called `name`: keywords are not."""
    for node in walk(scope):
        match node:
            case ast.Name(id=spelled) | ast.arg(arg=spelled):
                found = spelled
            case (
                ast.FunctionDef(name=spelled)
                | ast.AsyncFunctionDef(name=spelled)
                | ast.ClassDef(name=spelled)
            ):
                found = spelled
            case ast.alias():
                found = node.asname or node.name.partition(".")[0]
            case _:
                continue
        if found == name:
            return True
    return False


def free_name(scope: ast.AST, name: str, model: str, *, several: bool) -> str:
    """Returns a name that nothing in the scope could mean: of several models, each has its own."""
    prefixed = f"{model}_{name}"
    wanted = [prefixed] if several else [name, prefixed]
    names = [*wanted, *(f"{prefixed}_{place}" for place in range(1, 100))]
    return next(n for n in names if not is_bound(scope, n))


def is_rebound(scope: ast.AST, name: str) -> bool:
    """Tells whether the variable `name` of `scope` may hold more than one thing, or is not the same everywhere."""
    return len(binders(scope, name)) > 1 or is_hidden(scope, name)


def is_hidden(scope: ast.AST, name: str) -> bool:
    """Tells whether a function or class inside of `scope` may bind the variable of `scope`, or hide it in part."""
    return name in _hidden(scope)


@remembered
def _hidden(scope: ast.AST) -> frozenset[str]:
    """Returns the names that functions, classes and comprehensions inside of `scope` may bind for it, or hide."""
    found: set[str] = set()
    for node in walk(scope):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
            case ast.ClassDef():
                found |= stored(node) | {getattr(n, "name", "") for n in node.body}
            case ast.comprehension(target=target):
                found |= {n.id for n in walk(target) if isinstance(n, ast.Name)}
    return frozenset(found)
