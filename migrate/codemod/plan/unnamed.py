"""Submodules without variables that count in Linen's automatic names all the same: cells, and what is thrown away."""

import ast
from collections.abc import Mapping, Sequence

from ..bindings import bound_to
from ..cells import CELLS, cells
from ..constructions import Construction, thrown_away
from ..factories.resolve import line
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..trees import walk
from .automatic import attribute_target, is_automatic

Kinds = tuple[str, ...]
_SOMEHOW = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.For | ast.While | ast.IfExp


def unnamed(cls: LinenClass, project: Project, made: Sequence[Construction]) -> dict[ast.Call, Kinds]:
    """Returns the classes of what calls in compact methods make and never call, such as cells for a carry alone.

    Raises Refused where a name depends on how many there are, and that is not known.
    """
    idle = {c.call: (c.counted,) for c in thrown_away(cls, project) if is_automatic(c)}
    counted = {c.counted for c in made if is_automatic(c)} & {
        *CELLS,
        *(k for kinds in idle.values() for k in kinds),
    }
    found: dict[ast.Call, Kinds] = {}
    if not counted:
        return found
    makers = _makers(project)
    for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
        own = {cell.call: (cell.layer.linen,) for cell in cells(method, cls.names) if cell.named} | idle
        caller = _Caller(cls, project, made, method, makers)
        for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
            kinds = own.get(call) or caller.kinds(call)
            if not set(kinds) & counted:
                continue
            if any(isinstance(a, _SOMEHOW) for a in method.above(call)):
                reason = f"how often this makes a `{kinds[0]}`, which automatic names count, is not followed"
                raise Refused("MN204", call, reason)
            found[call] = kinds
    return found


def _makers(project: Project) -> Mapping[str, Mapping[str, Kinds]]:
    """By the name of a method and of its class: the cells that it makes for whoever calls it."""
    found: dict[str, dict[str, Kinds]] = {}
    for cls in project.classes.values():
        for name, method in cls.methods.items():
            if method.kind in (MethodKind.STATIC, MethodKind.PLAIN):
                kinds = tuple(cell.layer.linen for cell in cells(method, cls.names) if cell.named)
                found.setdefault(name, {})[cls.name] = kinds
    return {name: by_class for name, by_class in found.items() if any(by_class.values())}


class _Caller:
    """A compact method that may call others which make cells."""

    def __init__(
        self,
        cls: LinenClass,
        project: Project,
        made: Sequence[Construction],
        method: Method,
        makers: Mapping[str, Mapping[str, Kinds]],
    ):
        self.cls, self.project, self.made, self.method, self.makers = cls, project, made, method, makers

    def kinds(self, call: ast.Call) -> Kinds:
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in self.makers:
            return ()
        by_class = self.makers[function.attr]
        if self.method.is_this(function):
            return self._of(self.cls.name, by_class)
        target = self.project.canonical(self.cls.names.resolve(function.value) or "")
        if target in self.project.classes:
            return self._of(target, by_class)
        receivers = [c for c in self.made if self._holds(c, function.value)]
        if not receivers:
            reason = f"what `{ast.unparse(function.value)}` is, which may count in automatic names, is not followed"
            raise Refused("MN204", call, reason)
        found = {() if c.layer is not None else self._of(c.target, by_class) for c in receivers}
        return next(iter(found))

    def _of(self, name: str, by_class: Mapping[str, Kinds]) -> Kinds:
        above = line(self.project.classes[name], self.project)
        return next((by_class[cls.name] for cls in above if cls.name in by_class), ())

    def _holds(self, construction: Construction, receiver: ast.expr) -> bool:
        """Tells whether an expression is what a submodule is bound to."""
        if self.method.is_this(receiver):
            assert isinstance(receiver, ast.Attribute)
            return attribute_target(construction) == receiver.attr
        target = bound_to(construction.call, construction.method.parents)
        same = isinstance(target, ast.Name) and isinstance(receiver, ast.Name) and target.id == receiver.id
        return same or receiver is construction.call
