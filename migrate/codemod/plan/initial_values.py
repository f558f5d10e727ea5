"""What a variable is first: an array, or None where a function says so."""

import ast

from ..model import Creation, LinenClass, Refused
from ..trees import is_none, walk
from .records import Form, Variable


def may_be_none(cls: LinenClass, creation: Creation) -> bool:
    """Tells whether a function of the class or of its file makes the variable, and may return None."""
    function = _function(cls, creation)
    return function is not None and _none(function) is not None


def check_optional(variable: Variable) -> None:
    """Raises Refused where what may be None is no plain attribute, which is read as a whole."""
    creation = variable.creation
    if creation.is_param or variable.asked or variable.form is not Form.BIND:
        raise Refused("MN212", creation.call, "the initial value may be None")


def check_read(variable: Variable, node: ast.Attribute) -> None:
    """Raises Refused where a method writes into what may be None."""
    if variable.optional and not isinstance(node.ctx, ast.Load):
        raise Refused("MN212", node, "the initial value may be None, and the variable is written")


def _function(cls: LinenClass, creation: Creation) -> ast.FunctionDef | None:
    match creation.init:
        case ast.Attribute(attr=name) as node if creation.method.is_this(node) and name in cls.methods:
            return cls.methods[name].node
        case ast.Name(id=name):
            body = cls.source.tree.body
            return next((f for f in body if isinstance(f, ast.FunctionDef) and f.name == name), None)
    return None


def _none(function: ast.FunctionDef) -> ast.stmt | None:
    """Returns the statement that returns None, or binds it to a name which is returned."""
    inner = {
        n for f in walk(function) if isinstance(f, ast.FunctionDef) and f is not function for n in walk(f)
    }
    returns = [n for n in walk(function) if isinstance(n, ast.Return) and n not in inner]
    names = {r.value.id for r in returns if isinstance(r.value, ast.Name)}
    bound = (n for n in walk(function) if isinstance(n, ast.Assign) and n not in inner)
    nones = [a for a in bound if is_none(a.value) and any(_name(t) in names for t in a.targets)]
    return next(iter([*(r for r in returns if is_none(r.value)), *nones]), None)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
