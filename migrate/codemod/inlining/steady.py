"""Expressions that give the same wherever a method evaluates them: literals, fields, and arithmetic with them."""

import ast
from collections.abc import Collection

from ..bindings import stored
from ..model import LinenClass, Method
from ..names import first_name
from ..trees import walk

_PARTS = (
    ast.Constant,
    ast.Attribute,
    ast.Name,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
)
_MADE_BY = "initializers"


def is_steady(node: ast.expr, method: Method, cls: LinenClass, fields: Collection[str]) -> bool:
    """Tells whether an expression is made of literals, `fields` of the module and names such as `jnp.float32`."""
    parts = walk(node)
    roots = [n for n in parts if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    names = sum(isinstance(n, ast.Name) for n in parts)
    own = all(n.attr in fields if method.is_this(n) else _is_imported(n, method, cls) for n in roots)
    return own and names == len(roots) and all(isinstance(n, _PARTS) for n in parts)


def is_initializer(node: ast.expr, method: Method, cls: LinenClass, fields: Collection[str]) -> bool:
    """Tells whether an expression is one of those, or `nn.initializers.normal(self.scale)`."""
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            known = _MADE_BY in (cls.names.resolve(function) or "").split(".")[:-1]
            given = (*args, *(k.value for k in keywords))
            return known and all(is_steady(n, method, cls, fields) for n in (function, *given))
    return is_steady(node, method, cls, fields)


def _is_imported(node: ast.Attribute, method: Method, cls: LinenClass) -> bool:
    name = first_name(node)
    return name in cls.names.aliases and name not in {*stored(method.node), *method.parameters}
