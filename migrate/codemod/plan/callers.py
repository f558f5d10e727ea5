"""Whether callers give an argument: `head(x, shared)`, where `shared` is an array if configuration ties the weights."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ..bindings import may_be_missing, stored
from ..constructions import Construction, constructions
from ..factories.program import has_family
from ..flow.terms import Kind, Term
from ..model import LinenClass, Method
from ..project import Project
from ..trees import is_none, walk
from .alternatives import stores_of
from .automatic import attribute_target

_CALL = "__call__"


class Asked(NamedTuple):
    """`self.config.tied`, as the names behind self, and whether an argument is given where that is true."""

    path: tuple[str, ...]
    holds: bool

    @property
    def term(self) -> Term:
        """What holds where the argument is given."""
        term = Term(Kind.FIELD, self.path[0])
        for name in self.path[1:]:
            term = Term(Kind.ATTRIBUTE, name, (term,))
        return term if self.holds else Term(Kind.NOT, "not", (term,))


class _Caller(NamedTuple):
    cls: LinenClass
    method: Method
    made: Construction
    call: ast.Call


def given_where(
    cls: LinenClass, argument: str, project: Project, seen: frozenset[str] = frozenset()
) -> Asked | None:
    """Returns what fields of `cls` say where its callers give `argument`; nothing unless all of them do, and alike."""
    if cls.name in seen or _is_inherited(cls, project):
        return None
    callers = _callers(cls, project)
    told = {_told(cls, caller, argument, project, seen | {cls.name}) for caller in callers or ()}
    return told.pop() if len(told) == 1 else None


def _is_inherited(cls: LinenClass, project: Project) -> bool:
    return bool(cls.bases[1:]) or has_family(cls, project)


def _callers(cls: LinenClass, project: Project) -> list[_Caller] | None:
    """Every call of a module of this class; None where one is made that is not followed."""
    found: list[_Caller] = []
    for other in project.classes.values():
        for made in (c for c in constructions(other, project) if c.target == cls.name):
            name = attribute_target(made)
            if name is None or made.lifted is not None or made.odd or _is_inherited(other, project):
                return None
            for method, mention in _mentions(other, name):
                above = method.parents[mention]
                if not isinstance(above, ast.Call) or above.func is not mention:
                    return None
                found.append(_Caller(other, method, made, above))
    return found


def _mentions(cls: LinenClass, name: str) -> Iterator[tuple[Method, ast.Attribute]]:
    for method in cls.methods.values():
        for node in walk(method.node):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Load)
                and method.is_this(node, name)
            ):
                yield method, node


def _told(
    cls: LinenClass, caller: _Caller, argument: str, project: Project, seen: frozenset[str]
) -> Asked | None:
    """What one call says of the argument, in terms of the class that is called."""
    given = _given(cls.methods[_CALL], caller.call, argument)
    if given is None:
        return None
    if _is_handed_on(caller.method, given):
        asked = given_where(caller.cls, given.id, project, seen) if isinstance(given, ast.Name) else None
    else:
        asked = _chosen(caller, given)
    return _below(cls, caller, asked) if asked is not None else None


def _given(method: Method, call: ast.Call, argument: str) -> ast.expr | None:
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    named = {k.arg: k.value for k in call.keywords}
    return (dict(zip(method.parameters, call.args, strict=False)) | named).get(argument)


def _is_handed_on(method: Method, node: ast.expr) -> bool:
    """An argument of `__call__` that may be missing, as it came in."""
    if not isinstance(node, ast.Name) or method.node.name != _CALL:
        return False
    return may_be_missing(method, node.id) and node.id not in stored(method.node)


def _chosen(caller: _Caller, node: ast.expr) -> Asked | None:
    """`shared = variables[...] if self.tied else None`, or the same as a statement at the top of the method."""
    method = caller.method
    if isinstance(node, ast.Name):
        bound = [
            n for n in walk(method.node)
            if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store)
        ]  # fmt: skip
        made = [method.parents[n] for n in bound]
        if len(made) == 1 and isinstance(made[0], ast.Assign) and made[0].targets == bound:
            on_top = method.parents[made[0]] is method.node
            return _choice(caller, made[0].value) if on_top else None
        return _branches(caller, made, bound)
    return _choice(caller, node)


def _choice(caller: _Caller, node: ast.expr) -> Asked | None:
    return _asked(caller, node.test, node.body, node.orelse) if isinstance(node, ast.IfExp) else None


def _branches(caller: _Caller, made: list[ast.AST], bound: list[ast.Name]) -> Asked | None:
    method = caller.method
    above = method.parents[made[0]] if len(made) == 2 else None
    if not isinstance(above, ast.If) or method.parents[above] is not method.node:
        return None
    match above:
        case ast.If(
            body=[*_, ast.Assign(targets=[one], value=yes)], orelse=[*_, ast.Assign(targets=[two], value=no)]
        ):
            if {one, two} == {*bound} and caller.call.lineno > above.lineno:
                return _asked(caller, above.test, yes, no)
    return None


def _asked(caller: _Caller, test: ast.expr, yes: ast.expr, no: ast.expr) -> Asked | None:
    """A field of the caller, or what is kept in one, and an array on one side of it."""
    holds = is_none(no)
    if holds is is_none(yes) or not _is_variable(caller.method, yes if holds else no):
        return None
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    path: list[str] = []
    while isinstance(test, ast.Attribute):
        path.insert(0, test.attr)
        test = test.value
    mine = isinstance(test, ast.Name) and test.id == caller.method.this
    return Asked(tuple(path), holds) if mine and path and _is_field(caller.cls, path[0]) else None


def _is_variable(method: Method, node: ast.expr) -> bool:
    """`self.body.variables["params"]["embedding"]`, perhaps transposed: an array in any case."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        node = node.value
    if not isinstance(node, ast.Subscript):
        return False
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Attribute) or node.attr != "variables":
        return False
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id == method.this


def _is_field(cls: LinenClass, name: str) -> bool:
    return any(f.name == name and f.init for f in cls.fields) and not stores_of(cls, name)


def _below(cls: LinenClass, caller: _Caller, asked: Asked) -> Asked | None:
    """The same question where it is the module that is called which has the field."""
    setup = caller.made.method
    given = caller.made.every
    fields = (name for name, node in given.items() if setup.is_this(node, asked.path[0]))
    name = next((name for name in fields if _is_field(cls, name)), None)
    return Asked((name, *asked.path[1:]), asked.holds) if name is not None else None
