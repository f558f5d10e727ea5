"""Attributes of `setup` that are computed where they are read: each becomes a method of its own."""

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from ..bindings import defines, statements, stored
from ..copied import Changes
from ..model import LinenClass, Method, Refused
from ..trees import walk
from .records import Derived


@dataclass(eq=False)
class Setup:
    """`aliases` leads from attributes to their declarations; `plain` are attributes that depend on fields alone,
    `modules` those that hold submodules."""

    method: Method | None = None
    aliases: dict[str, ast.Call] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    plain_statements: set[ast.stmt] = field(default_factory=set)
    derived: list[Derived] = field(default_factory=list)


def derive(cls: LinenClass, setup: Setup, made: Collection[ast.Call]) -> None:
    """Adds to `setup` what is neither a declaration nor plain. Raises Refused."""
    if setup.method is not None:
        _Derive(cls, setup.method, setup, made).run()


def computed(setup: Setup) -> dict[str, str]:
    """Returns what setup computes of fields alone, as the constructor spells it."""
    methods = {one.attribute: f"self.{one.method}()" for one in setup.derived if one.early}
    return {name: f"self.{name}" for name in setup.plain} | methods


def assigned(method: Method, statement: ast.stmt) -> list[str]:
    """Returns the attributes of self that a statement assigns."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    parts = [p for t in targets for p in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return [p.attr for p in parts if isinstance(p, ast.Attribute) and method.is_this(p)]


class _Derive:
    def __init__(self, cls: LinenClass, method: Method, setup: Setup, made: Collection[ast.Call]):
        self.cls, self.method, self.setup, self.made = cls, method, setup, made
        self.order = list(statements(method.node.body))
        self.changes = Changes(method, cls.names)

    def run(self) -> None:
        """Every other attribute follows a parameter, or may hold an array: it is computed where it is read."""
        own: dict[str, list[ast.stmt]] = {}
        for statement in self.order:
            for attribute in assigned(self.method, statement):
                placed = self.setup.plain | self.setup.aliases.keys() | self.setup.modules
                if attribute not in placed:
                    own.setdefault(attribute, []).append(statement)
        for attribute, makers in own.items():
            keep: set[ast.stmt] = set()
            for statement in makers:
                self._needed(statement, keep)
            name = f"_{attribute}" if not attribute.startswith("_") else f"_compute{attribute}"
            if name in self.cls.methods:
                raise Refused(
                    "MN208", makers[0], f"`self.{attribute}` would become the method `{name}`, which exists"
                )
            local = len(makers) > 1 or self.method.parents[makers[0]] is not self.method.node
            local = local or len(assigned(self.method, makers[0])) > 1
            if local and any(attribute in defines(s) for s in self.order):
                raise Refused(
                    "MN209", makers[0], f"setup uses `{attribute}` for a local and for an attribute"
                )
            early = all(self._early(s) for s in keep)
            self.setup.derived.append(Derived(attribute, name, frozenset(keep), local, early))

    def _early(self, statement: ast.stmt) -> bool:
        """Tells whether a statement, with the conditions around it, reads nothing but fields and what follows."""
        nodes = self._run(statement)
        own = [n for n in nodes if isinstance(n, ast.Name) and n.id == self.method.this]
        fields = [n for n in nodes if isinstance(n, ast.Attribute) and self._is_field(n)]
        return len(own) == len(fields) and not any(isinstance(n, ast.Call) and n in self.made for n in nodes)

    def _run(self, statement: ast.stmt) -> list[ast.AST]:
        """What runs when a statement does: its own nodes, and those of the conditions and loops around it."""
        around = [a for a in self.method.above(statement) if isinstance(a, ast.If | ast.For)]
        heads = (a.test if isinstance(a, ast.If) else a.iter for a in around)
        return [node for part in (statement, *heads) for node in walk(part)]

    def _is_field(self, node: ast.Attribute) -> bool:
        if not self.method.is_this(node):
            return False
        early = {d.attribute for d in self.setup.derived if d.early}
        return not isinstance(node.ctx, ast.Load) or node.attr in early | {f.name for f in self.cls.fields}

    def _needed(self, statement: ast.stmt, keep: set[ast.stmt]) -> None:
        if statement in keep:
            return
        keep.add(statement)
        nodes = self._run(statement)
        names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        names |= stored(statement.target) if isinstance(statement, ast.AugAssign) else set()
        for other in self.order[: self.order.index(statement)]:
            if (defines(other) | {self.changes.changed.get(other, "")}) & names and not assigned(
                self.method, other
            ):
                self._needed(other, keep)
