"""Copies of what a field holds, which are changed before they are used: `config = copy.deepcopy(self.config)`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .model import LinenClass, Method, MethodKind, Refused
from .names import Names
from .trees import walk

_COPIES = frozenset({"copy.copy", "copy.deepcopy"})
_MUTATORS = frozenset(["append", "extend", "insert", "add", "update", "pop", "remove", "clear", "setdefault"])


@dataclass(frozen=True, eq=False)
class Copied:
    """The local `name`, bound once, and the assignments to its attributes, all of them right behind `made`."""

    name: str
    made: ast.Assign
    changes: tuple[ast.stmt, ...]

    @property
    def last(self) -> ast.stmt:
        """The statement from which on it stays as it is."""
        return self.changes[-1] if self.changes else self.made


class Changes:
    """What a method changes a part of: copies, in a way that is followed, and other things."""

    def __init__(self, method: Method, names: Names):
        self.copies = {one.name: one for one in copies(method, names)}
        self.changed = {change: one.name for one in self.copies.values() for change in one.changes}
        self.others = [(name, s) for name, s in _changes(method) if s not in self.changed]

    def of(self, name: str) -> tuple[ast.stmt, ...]:
        """Returns the changes of a copy. Raises Refused where a part of what `name` holds changes otherwise."""
        statement = next((s for other, s in self.others if other == name), None)
        if statement is not None:
            raise Refused("MN202", statement, f"the constructor needs `{name}`, a part of which this changes")
        return self.copies[name].changes if name in self.copies else ()


def check_fields(cls: LinenClass) -> None:
    """Raises Refused where a call changes a part of what a field holds: Linen's next setup would go by that."""
    for method in cls.methods.values():
        fields = {f"{method.this}.{f.name}" for f in cls.fields}
        modules = {f"{method.this}.{f.name}" for f in cls.fields if cls.names.linen(f.statement.annotation)}
        if method.kind not in (MethodKind.STATIC, MethodKind.POST_INIT):
            whole = (
                (n, s) for n, s in _changed_whole(method) if n not in modules
            )  # they may have such a method
            for name, statement in [*_changes(method), *whole]:
                if name in fields:
                    reason = f"the constructor needs `{name}`, a part of which this changes"
                    raise Refused("MN202", statement, reason)


def copies(method: Method, names: Names) -> list[Copied]:
    """Returns the copies that a method makes, and changes at once or not at all."""
    found = [_copied(method, s, names) for s in walk(method.node) if isinstance(s, ast.Assign)]
    return [one for one in found if one is not None]


def _copied(method: Method, statement: ast.Assign, names: Names) -> Copied | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, args=[_], keywords=[])):
            spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
            bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
            if names.resolve(function) not in _COPIES or len(bound) != 1 or name in method.parameters:
                return None
            changes = tuple(_right_behind(method, statement, name))
            every = {s for changed, s in _changes(method) if changed == name}
            return Copied(name, statement, changes) if every == {*changes} else None
    return None


def _right_behind(method: Method, made: ast.Assign, name: str) -> Iterator[ast.stmt]:
    """The assignments to attributes that follow without anything between them."""
    above = method.parents[made]
    blocks = [getattr(above, part, None) for part in ("body", "orelse")]
    block = next((b for b in blocks if isinstance(b, list) and made in b), [made])
    for statement in block[block.index(made) + 1 :]:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=changed))]) if changed == name:
                yield statement
            case _:
                return


def _changes(method: Method) -> Iterator[tuple[str, ast.stmt]]:
    """Every statement that changes an attribute of what a name or a field holds, or something below it."""
    for node in walk(method.node):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            name = _whole(method, node)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _MUTATORS
        ):
            name = _whole(method, node.func.value)
        else:
            continue
        if name:
            yield name, method.statement(node)


def _changed_whole(method: Method) -> Iterator[tuple[str, ast.stmt]]:
    """Every call such as `self.config.update(...)`, of what self itself keeps."""
    for node in walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute() as value, attr=name)):
                if name in _MUTATORS and method.is_this(value):
                    yield ast.unparse(value), method.statement(node)


def _whole(method: Method, node: ast.expr) -> str:
    """`config` of `config.rope["scale"]`, and `self.config` of `self.config.rope`; nothing without an attribute."""
    part = False
    while isinstance(node, ast.Attribute | ast.Subscript) and not method.is_this(node):
        part = part or isinstance(node, ast.Attribute)
        node = node.value
    if not part:
        return ""
    return node.id if isinstance(node, ast.Name) else ast.unparse(node) if method.is_this(node) else ""
