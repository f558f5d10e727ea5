"""Functions that a class is given: by a name of the project, in a table, or under the name of an activation."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..bindings import defines, statements
from ..names import Names
from ..trees import walk
from .terms import Kind, Term

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ACTIVATION = re.compile(r"acts?|actfn|actfunc?|activ(?!e$)\w*|nonlin\w*")
_POOLING = re.compile(r"(avg|max|min|mean)?pool(ing)?(fn|func|function)?")
_PLAIN = frozenset({"staticmethod", "jax.jit", "jax.checkpoint", "jax.remat"})


def named_activation(name: str) -> bool:
    """Tells whether a name says that it holds an activation: `act_fn`, `hiddenActivation`, `ACT2FN`; not `factor`."""
    return any(_ACTIVATION.fullmatch(word.lower()) for word in _WORDS.findall(name))


def named_pooling(name: str) -> bool:
    """Tells whether a name says that it holds a function such as `nn.max_pool`: `pooling`, `pool_fn`; not `pooler`."""
    return any(_POOLING.fullmatch(word.lower()) for word in _WORDS.findall(name))


@dataclass(frozen=True)
class Definition:
    """What a name of some module of the project is bound to, and the import table of that module.

    `static` says that it is a static method of a class.
    """

    node: ast.FunctionDef | ast.ClassDef | ast.expr
    names: Names
    static: bool = False


Lookup = Callable[[str], Definition | None]
"""Finds what a dotted name of the project is bound to, where it is bound once."""


def nothing(name: str) -> Definition | None:  # noqa: ARG001
    """The lookup of a class that stands alone."""
    return None


def table_of(term: Term) -> str | None:
    """Returns the name of the module that `ACT2FN[key]` takes an item of."""
    first = term.parts[0] if term.kind is Kind.ITEM else None
    return str(first.value) if first is not None and first.kind is Kind.GLOBAL else None


def entries(definition: Definition | None) -> list[ast.expr]:
    """Returns what a literal dict holds."""
    node = definition.node if definition is not None else None
    return list(node.values) if isinstance(node, ast.Dict) and None not in node.keys else []


def is_plain(node: ast.FunctionDef, names: Names, beside: ast.expr | None = None) -> bool:
    """Tells whether a call of the function runs its body once and gives what it returns, but for a decorator."""
    decorators = (d for d in node.decorator_list if d is not beside)
    wrapped = all(names.resolve(_decorator(d, names)) in _PLAIN for d in decorators)
    return wrapped and not any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in walk(node))


def _decorator(node: ast.expr, names: Names) -> ast.expr:
    """The function that decorates: of `@jax.jit`, of `@jax.checkpoint(...)`, of `@partial(jax.jit, ...)`."""
    if not isinstance(node, ast.Call):
        return node
    return node.args[0] if names.resolve(node.func) == "functools.partial" and node.args else node.func


def parameters(
    node: ast.FunctionDef | ast.Lambda, *, named: bool = False
) -> tuple[list[str], Mapping[str, ast.expr]] | None:
    """Returns the names and defaults of a function; None where it takes any number of arguments.

    Behind `**` it may where `named` says so.
    """
    arguments = node.args
    if arguments.vararg or (arguments.kwarg and not named):
        return None
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(positional[::-1], arguments.defaults[::-1], strict=False))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[argument.arg] = default
    return [*positional, *(a.arg for a in arguments.kwonlyargs)], defaults


def defined(tree: ast.Module, name: str) -> ast.FunctionDef | ast.ClassDef | ast.expr | None:
    """Returns what a module binds `name` to, where it does so once and at its top."""
    found = [s for s in statements(tree.body) if name in defines(s)]
    statement = found[0] if len(found) == 1 and found[0] in tree.body else None
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return statement
        case ast.Assign(targets=[ast.Name()], value=value):
            return value
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value
    return None
