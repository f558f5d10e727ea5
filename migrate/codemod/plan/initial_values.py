"""What a variable is first: an array, or what a function says: None, or a tuple or a dict of arrays."""

import ast

from ..model import Creation, LinenClass, Refused
from ..trees import is_none, walk
from .records import Form, Variable

_TREES = (ast.Tuple, ast.List, ast.Dict)


def may_be_none(cls: LinenClass, creation: Creation) -> bool:
    """Tells whether a function of the class or of its file makes the variable, and may return None."""
    function = _function(cls, creation)
    return function is not None and _none(function) is not None


def check_optional(variable: Variable) -> None:
    """Raises Refused where what may be None is no plain attribute, which is read as a whole."""
    creation = variable.creation
    if creation.is_param or variable.asked or variable.form is not Form.BIND:
        raise Refused("MN212", creation.call, "the initial value may be None")


def is_tree(cls: LinenClass, creation: Creation) -> bool:
    """Tells whether what makes the variable spells a tuple, a list or a dict."""
    if isinstance(creation.init, ast.Lambda):
        return isinstance(creation.init.body, _TREES)
    function = _function(cls, creation)
    return function is not None and any(isinstance(r.value, _TREES) for r in _returns(function))


def check_tree(variable: Variable) -> None:
    """Raises Refused where a call may write what is not one array."""
    if not variable.creation.is_param:
        raise Refused("MN212", variable.creation.call, "the initial value is a tuple or a dict")


def check_read(variable: Variable, node: ast.Attribute) -> None:
    """Raises Refused where a method writes into what may be None."""
    if variable.optional and not isinstance(node.ctx, ast.Load):
        raise Refused("MN212", node, "the initial value may be None, and the variable is written")


def _function(cls: LinenClass, creation: Creation) -> ast.FunctionDef | None:
    match creation.init:
        case ast.Attribute(attr=name) as node if creation.method.is_this(node) and name in cls.methods:
            return cls.methods[name].node
        case ast.Name(id=name):
            body = [*walk(creation.method.node), *cls.source.tree.body]
            return next((f for f in body if isinstance(f, ast.FunctionDef) and f.name == name), None)
    return None


def _returns(function: ast.FunctionDef) -> list[ast.Return]:
    return [n for n in _own(function) if isinstance(n, ast.Return)]


def _own(function: ast.FunctionDef) -> list[ast.AST]:
    """What a function runs itself: nothing of the functions inside of it."""
    inner = {
        n for f in walk(function) if isinstance(f, ast.FunctionDef) and f is not function for n in walk(f)
    }
    return [n for n in walk(function) if n not in inner]


def _none(function: ast.FunctionDef) -> ast.stmt | None:
    """Returns the statement that returns None, or binds it to a name which is returned."""
    returns = _returns(function)
    names = {r.value.id for r in returns if isinstance(r.value, ast.Name)}
    bound = (n for n in _own(function) if isinstance(n, ast.Assign))
    nones = [a for a in bound if is_none(a.value) and any(_name(t) in names for t in a.targets)]
    return next(iter([*(r for r in returns if is_none(r.value)), *nones]), None)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
