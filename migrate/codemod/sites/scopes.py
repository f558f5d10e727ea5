"""Scopes of a file: which names each binds, and which it takes from outside."""

import ast
from collections.abc import Iterable, Sequence

from ..trees import children, remembered

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | Function
_MUTATORS = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault",
     "sort", "update"}
)  # fmt: skip
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)


@remembered
def direct(scope: ast.AST) -> Sequence[ast.AST]:
    """Returns the nodes of the body of `scope`; a function or class inside is one of them, its body is not."""
    found, stack = [], _body(scope)
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(outside(node) if isinstance(node, _INNER) else children(node))
    return found


def _body(scope: ast.AST) -> list[ast.AST]:
    if isinstance(scope, ast.GeneratorExp):
        return run_later(scope)
    body = getattr(scope, "body", [])
    return list(body) if isinstance(body, list) else [body]


def run_later(node: ast.GeneratorExp) -> list[ast.AST]:
    """What a generator evaluates as it is gone through: all but what it goes through first."""
    first, *others = node.generators
    return [node.elt, first.target, *first.ifs, *others]


def outside(node: ast.AST) -> list[ast.AST]:
    """What a function or class evaluates where it stands: decorators, defaults, bases."""
    if isinstance(node, ast.GeneratorExp):
        return [node.generators[0].iter]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    arguments: ast.arguments = node.args  # type: ignore[attr-defined]
    defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
    return [*getattr(node, "decorator_list", []), *defaults]


def arguments_of(scope: ast.AST) -> set[str]:
    """Returns the names of the parameters of a function or lambda."""
    arguments = getattr(scope, "args", None)
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)} if arguments else set()


@remembered
def stored(scope: ast.AST) -> frozenset[str]:
    """Returns the names that `scope` binds other than by import, `def` or `class`."""
    names = {
        node.id for node in direct(scope) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    return frozenset(names | arguments_of(scope))


def taken(scope: ast.AST) -> set[str]:
    """Returns the names that `scope`, or what is nested in it, reads or binds outside of itself."""
    loads: set[str] = set()
    declared: set[str] = set()
    for node in direct(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            declared |= set(node.names)
        elif isinstance(node, _INNER):
            loads |= taken(node)
    bound = set() if isinstance(scope, ast.ClassDef) else stored(scope) - _of_comprehensions(scope)
    return (loads - bound) | declared


def _of_comprehensions(scope: ast.AST) -> set[str]:
    targets = (node.target for node in direct(scope) if isinstance(node, ast.comprehension))
    return {child.id for target in targets for child in ast.walk(target) if isinstance(child, ast.Name)}


@remembered
def inner(scope: ast.AST) -> Sequence[ast.AST]:
    """Returns what stands directly in `scope` and may run later: functions, lambdas, classes, generators."""
    return [node for node in direct(scope) if isinstance(node, _INNER)]


def mentioned(node: ast.AST) -> set[str]:
    """Returns the names that are read or bound anywhere in `node`."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def is_spelled(name: str, node: ast.AST) -> bool:
    """Tells whether anything in `node`, an import or a definition too, could be called `name`."""
    spelled = ("id", "arg", "name", "asname")
    return any(getattr(child, field, None) == name for child in ast.walk(node) for field in spelled)


def mutated(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns the variables whose lists or dicts change in `nodes`: `sizes.append(4)`, `config["n"] = 4`."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _MUTATORS:
                found.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.add(name)
    return found
