"""Where a Linen class makes submodules: which layer or class, and with which arguments."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..catalog.layer import Layer
from ..catalog.layers import find
from .lifts import Lifted, lift_of, read_lifted
from .model import LinenClass, Method, MethodKind
from .names import LINEN
from .project import Project

MODES = frozenset({"deterministic", "use_running_average"})
"""What a catalog layer takes in its constructor or in its call."""


@dataclass(frozen=True, eq=False)
class Construction:
    """One call that makes a submodule: a catalog `layer`, or a class of the project called `target`.

    `given` has the constructor's arguments by their Linen names, `name` the explicit name where it is a literal.
    `odd` says what about the call is not followed; `lifted` are the transforms around the class.
    """

    call: ast.Call
    method: Method
    layer: Layer | None
    target: str
    given: Mapping[str, ast.expr]
    name_node: ast.expr | None
    odd: str = ""
    lifted: Lifted | None = None

    @property
    def kind(self) -> str:
        """The name of the class."""
        return self.layer.linen if self.layer is not None else self.target.rpartition(".")[2]

    @property
    def counted(self) -> str:
        """The class name that Linen's automatic names count by."""
        return self.kind if self.lifted is None else self.lifted.prefix + self.kind

    @property
    def spelled(self) -> tuple[ast.expr, ...]:
        """The expressions that name the class, and the transforms around it."""
        if self.lifted is None:
            return (self.call.func,)
        return (*self.lifted.nodes, *(lift.function for lift in self.lifted.every))

    @property
    def reads(self) -> tuple[ast.expr, ...]:
        """The expressions that the constructor evaluates: not the name, and no mode that the call decides."""
        return tuple(node for name, node in self.given.items() if name not in MODES or self.layer is None)

    @property
    def name(self) -> str | None:
        node = self.name_node
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def constructions(cls: LinenClass, project: Project) -> list[Construction]:
    """Returns the submodules that `cls` makes itself, in source order."""
    found = []
    for method in cls.methods.values():
        if method.kind is not MethodKind.STATIC:
            found += list(_in_method(cls, method, project))
    return found


def _in_method(cls: LinenClass, method: Method, project: Project) -> Iterator[Construction]:
    calls = [n for n in ast.walk(method.node) if isinstance(n, ast.Call)]
    lifts = any(lift_of(call, cls.names) for call in calls)
    for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
        lifted = read_lifted(call.func, method, cls.names) if lifts else None
        name = lifted.name if lifted is not None else cls.names.resolve(call.func)
        linen = name[len(LINEN) + 1 :] if name and name.startswith(LINEN + ".") else ""
        layer = find(linen.rpartition(".")[2]) if linen else None
        target = project.canonical(name or "")
        if layer is not None:
            made = _construction(call, method, layer, f"{LINEN}.{layer.linen}", layer.arguments)
        elif target in project.classes:
            child = project.classes[target]
            made = _construction(call, method, None, target, fields_of(child, project))
        else:
            continue
        yield replace(made, lifted=lifted)


def fields_of(cls: LinenClass, project: Project) -> tuple[str, ...]:
    """Returns the constructor's arguments of a Linen class, those of its bases first."""
    names: list[str] = []
    for base in project.bases(cls):
        names += fields_of(base, project)
    names += [f.name for f in cls.fields if f.init and f.name not in names]
    return tuple(names)


def _construction(
    call: ast.Call, method: Method, layer: Layer | None, target: str, order: tuple[str, ...]
) -> Construction:
    odd = ""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        odd = "its arguments are unpacked from a sequence or a dict"
    elif len(call.args) > len(order):
        odd = "it has more arguments than fields"
    given = dict(zip(order, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    name = given.pop("name", None)
    parent = given.pop("parent", None)
    if parent is not None:
        odd = "it is given a parent"
    unknown = sorted(given.keys() - set(order))
    if unknown:
        odd = f"it has no argument `{unknown[0]}`"
    return Construction(call, method, layer, target, given, name, odd)
