"""Functions of a file that compute numbers of numbers: `_make_divisible(32 * width)` is a size that can be spelled."""

import ast

from ..bindings import stored
from ..inlining.builders import is_bound_once, signature
from ..model import LinenClass
from ..trees import after_docstring, walk

_PURE = frozenset({"int", "float", "max", "min", "abs", "round"})
_STATEMENTS = (ast.Assign, ast.AugAssign, ast.If, ast.Return)
_EXPRESSIONS = (
    ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Call, ast.Attribute,
    ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context,
)  # fmt: skip


def is_arithmetic(name: str, cls: LinenClass, around: frozenset[str] = frozenset()) -> bool:
    """Tells whether a function at the top of the class's file gives the same number for the same numbers.

    `around` are the functions that it is called in; one that calls itself is not looked through.
    """
    if cls.names.module != cls.source.module or name in around:
        return False
    tops = [n for n in cls.source.tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    once = len(tops) == 1 and is_bound_once(name, cls.source)
    return once and _computes(tops[0], cls, around | {name})


def _computes(node: ast.FunctionDef, cls: LinenClass, around: frozenset[str]) -> bool:
    function = signature(node, cls.source)
    body = after_docstring(node)
    nodes = [n for statement in body for n in walk(statement)]
    if function is None or not all(isinstance(d, ast.Constant) for d in function.defaults.values()):
        return False
    own = {*function.parameters} | stored(node)
    functions = {n.func for n in nodes if isinstance(n, ast.Call)}
    called = {n for f in functions for n in walk(f)}
    return (
        all(isinstance(n, (*_STATEMENTS, *_EXPRESSIONS)) for n in nodes)
        and all(_is_pure(f, cls, own, around) for f in functions)
        and all(n in called for n in nodes if isinstance(n, ast.Attribute))
        and all(n.id in own for n in nodes if isinstance(n, ast.Name) and n not in called)
    )


def _is_pure(function: ast.expr, cls: LinenClass, own: set[str], around: frozenset[str]) -> bool:
    if isinstance(function, ast.Name):
        builtin = function.id in _PURE - own and function.id not in cls.names.aliases
        return builtin or (function.id not in own and is_arithmetic(function.id, cls, around))
    return (cls.names.resolve(function) or "").startswith("math.")
