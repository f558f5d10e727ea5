"""Where a file mentions migrated classes, and which mentions do no harm."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..constructors import Constructor
from ..names import Names, absolute, first_name
from ..source import Source
from ..spelling import spelling
from ..trees import parents_of, remembered, walk
from .records import NOT_FOLLOWED, OWNER_STAYS, Argument, Refused, SiteRefusal
from .scopes import Function, Scope, stored

_CHECKS = frozenset({"isinstance", "issubclass", "builtins.isinstance", "builtins.issubclass"})
_OWN = frozenset({"self", "cls"})
_LABELS = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})


@dataclass(frozen=True, eq=False)
class Mentions:
    """The migrated `classes` as `source` sees them; the classes in `stays` remain Linen.

    `ranked` collects the arguments that inits give arrays whose numbers of axes are spelled out.
    """

    source: Source
    names: Names
    classes: Mapping[str, Constructor]
    stays: Collection[ast.AST]
    owned: Collection[ast.AST] = ()
    reasons: Mapping[ast.AST, str] = field(default_factory=dict)
    apart: Collection[ast.AST] = ()
    ranked: set[Argument] = field(default_factory=set)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return parents_of(self.source.tree)

    @cached_property
    def found(self) -> dict[ast.AST, str]:
        """Every expression that spells a migrated class, or a partial of one, with the dotted name of the class."""
        known = {*self.classes, *self.partials}
        last = {name.rpartition(".")[2] for name in known}
        local = last | {name for name, dotted in self.names.aliases.items() if dotted in known}
        found: dict[ast.AST, str] = {}
        for node in spelling(self.source.tree, last | local):
            if node in self.apart or not isinstance(getattr(node, "ctx", None), ast.Load):
                continue
            if getattr(node, "id", None) in local or getattr(node, "attr", None) in last:
                name = self._resolve(node)
                if name is not None:
                    found[node] = name
        return found

    @cached_property
    def partials(self) -> dict[str, str]:
        """The class that each partial at the top of a file makes."""
        return {partial: name for name, made in self.classes.items() for partial in made.partials}

    def _resolve(self, node: ast.AST) -> str | None:
        """Returns the class that `node` spells, one of an enclosing function or class first."""
        name = self.names.resolve(node)
        first, _, rest = (name or "").partition(".")
        scopes = [up for _, up in self.above(node) if isinstance(up, ast.ClassDef | Function)]
        for scope in scopes:
            inner = rest if first in _OWN and isinstance(scope, ast.ClassDef) else name
            if f"{self.dotted(scope)}.{inner}" in self.classes:
                return f"{self.dotted(scope)}.{inner}"
        if name is None or name in self.classes:
            return name
        return self.partials.get(name if "." in name else f"{self.source.module}.{name}")

    def above(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yields (child, parent) from `node` up to the module."""
        while node in self.parents:
            yield node, self.parents[node]
            node = self.parents[node]

    def around(self, node: ast.AST) -> Scope:
        """The function that a node stands in, or the module."""
        return next(up for _, up in self.above(node) if isinstance(up, Scope))

    def call_around(self, node: ast.AST) -> ast.Call | None:
        """The call that a node stands in: as its function, or as an argument by its place or by a name."""
        above = self.parents[node]
        call = self.parents[above] if isinstance(above, ast.keyword) else above
        return call if isinstance(call, ast.Call) else None

    def harmless(self, node: ast.AST) -> bool:
        """Tells whether a mention neither makes nor hands on the class: a base, an annotation, a check."""
        parent = self.parents[node]
        if isinstance(parent, ast.ClassDef) and node in parent.bases:
            return True
        if isinstance(parent, ast.Attribute) and parent.attr in _LABELS:
            return True
        return self._annotates(node) or self.is_checked(node) or self._calls_static(node)

    def _calls_static(self, node: ast.AST) -> bool:
        """`Cell.initialize_carry(n)` needs no instance; in a class that stays Linen, it may count in its names."""
        taken = self.parents[node]
        if not isinstance(taken, ast.Attribute) or taken.attr not in self.classes[self.found[node]].static:
            return False
        call = self.parents[taken]
        called = isinstance(call, ast.Call) and call.func is taken
        return called and not any(up in self.stays for _, up in self.above(node))

    def is_checked(self, node: ast.AST) -> bool:
        """Tells whether a mention is what `isinstance` or `issubclass` asks about."""
        while isinstance(self.parents[node], ast.Tuple | ast.BinOp):
            node = self.parents[node]
        call = self.parents[node]
        return (
            isinstance(call, ast.Call) and node in call.args[1:] and self.names.resolve(call.func) in _CHECKS
        )

    def _annotates(self, node: ast.AST) -> bool:
        return any(
            child is getattr(up, "annotation", None) or (isinstance(up, Function) and child is up.returns)
            for child, up in self.above(node)
        )

    def in_classes(self) -> Iterator[SiteRefusal]:
        """Yields each use of a migrated class inside of another Linen class, which cannot own it."""
        for node, name in self.found.items():
            owner = self.owner(node)
            stays = owner is not None and any(up in self.stays for _, up in self.above(node))
            base_of_linen = stays and isinstance(self.parents[node], ast.ClassDef)
            if (
                node in self.owned
                or owner is None
                or owner == name
                or (self.harmless(node) and not base_of_linen)
            ):
                continue
            kind = "which stays Linen" if stays else "which is migrated by itself"
            message = f"it is used inside of `{owner.rpartition('.')[2]}`, {kind}"
            reason = self.reasons.get(node)
            yield self.refusal(
                Refused(name, node, f"{message}: no bridge there, {reason}" if reason else message),
                OWNER_STAYS,
            )

    def owner(self, node: ast.AST) -> str | None:
        """Returns the dotted name of the innermost Linen class around `node`, migrated or not."""
        for _, up in self.above(node):
            if isinstance(up, ast.ClassDef):
                name = self.dotted(up)
                if name in self.classes or up in self.stays:
                    return name
        return None

    def dotted(self, node: ast.ClassDef | Function) -> str:
        outer = [up.name for _, up in self.above(node) if isinstance(up, ast.ClassDef | Function)]
        return ".".join([self.source.module, *reversed(outer), node.name])

    def first_called(self) -> Iterator[SiteRefusal]:
        """Yields where a model is made that has caches from its first call: Linen's init has no call in its place."""
        for node, name in self.found.items():
            if self.classes[name].at_first and self.owner(node) is None and not self.harmless(node):
                reason = (
                    "its first call makes the caches, as Linen's init did, which has no call in its place"
                )
                yield self.refusal(Refused(name, node, reason), NOT_FOLLOWED)

    def first_asked(self) -> Iterator[SiteRefusal]:
        """Yields where a model is made whose caches an init asks for: `model.init(key, x, init_cache=True)`."""
        nodes = (
            walk(self.source.tree) if any(self.classes[name].asking for name in self.found.values()) else ()
        )
        inits = [n for n in nodes if isinstance(n, ast.Call) and _is_init(n)]
        for node, name in self.found.items():
            made = self.classes[name]
            asked = next(
                (n for n in inits if _gives(n, made.methods.get("__call__", ())) & made.asking), None
            )
            if asked is not None and self.owner(node) is None and not self.harmless(node):
                reason = f"the init of line {asked.lineno} makes the caches, which has no call in its place"
                yield self.refusal(Refused(name, node, reason), NOT_FOLLOWED)

    def shadowed(self) -> Iterator[SiteRefusal]:
        """Yields the mentions whose first name is a variable around them, so that it may be another class."""
        for node, name in self.found.items():
            first = first_name(node)
            own = self.partials.get(f"{self.source.module}.{first}") == name  # the file itself binds it, once
            around = Function | ast.Lambda if own else Function | ast.Lambda | ast.Module
            if not first or first in _OWN:
                continue
            if any(first in stored(up) for _, up in self.above(node) if isinstance(up, around)):
                yield self.refusal(Refused(name, node, f"`{first}` is also a variable here"), NOT_FOLLOWED)

    def refusal(self, refused: Refused, code: str) -> SiteRefusal:
        span = self.source.span(refused.node)
        return SiteRefusal(refused.class_name, code, span.line, span.column + 1, refused.message)


def with_star_imports(source: Source, names: Names, classes: Mapping[str, Constructor]) -> Names:
    """Adds the migrated classes that `from module import *` brings in."""
    aliases = dict(names.aliases)
    for node in _stars(source.tree):
        base = absolute(node, source.module, source.path.endswith("__init__.py"))
        for name in classes:
            module, _, last = name.rpartition(".")
            if module == base:
                aliases.setdefault(last, name)
    return replace(names, aliases=aliases)


@remembered
def _stars(tree: ast.Module) -> list[ast.ImportFrom]:
    nodes = (n for n in walk(tree) if isinstance(n, ast.ImportFrom))
    return [n for n in nodes if any(alias.name == "*" for alias in n.names)]


def _is_init(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("init", "init_with_output")


def _gives(init: ast.Call, order: Sequence[str]) -> set[str]:
    """The arguments that an init gives behind its key, but for what is False."""
    given = [*zip(order, init.args[1:], strict=False), *((k.arg, k.value) for k in init.keywords)]
    return {str(name) for name, node in given if not (isinstance(node, ast.Constant) and not node.value)}
