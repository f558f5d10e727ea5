"""What the names of a file stand for: import aliases, resolved without running or importing anything."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..catalog.public import public_names
from .trees import walk

LINEN = "flax.linen"
TO_LINEN = "flax.nnx.bridge.to_linen"

# Names of flax.linen that are spelled through its submodules mean the same thing.
_SUBMODULES = frozenset(
    [
        "module",
        "linear",
        "normalization",
        "activation",
        "stochastic",
        "pooling",
        "attention",
        "recurrent",
        "transforms",
        "partitioning",
        "spmd",
        "summary",
        "combinators",
        "batch_apply",
        "kw_only_dataclasses",
    ]
)

_OTHERS = frozenset({"partitioning.remat"})
"""Names that mean something else in their submodule than in flax.linen."""


@dataclass(frozen=True)
class Names:
    """The import table of one file: local name -> dotted name."""

    module: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    _resolved: dict[ast.AST | None, str | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def spells_linen(self) -> bool:
        """Tells whether a name of the file may lead to flax.linen: in most files of a project none does."""
        return "*" in self.aliases or any(n == "flax" or n.startswith(LINEN) for n in self.aliases.values())

    @cached_property
    def known_as(self) -> Mapping[str, Collection[str]]:
        """What the file calls the things whose dotted names end in a word, where it is not that word."""
        found: dict[str, set[str]] = {}
        for local, target in self.aliases.items():
            if (last := canonical(target).rpartition(".")[2]) != local:
                found.setdefault(last, set()).add(local)
        return found

    def resolve(self, node: ast.AST | None) -> str | None:
        """Returns the dotted name that `nn.Module` stands for, or None when the expression is no plain name."""
        if node not in self._resolved:
            self._resolved[node] = self._spelled(node)
        return self._resolved[node]

    def _spelled(self, node: ast.AST | None) -> str | None:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return canonical(".".join([self.aliases.get(node.id, node.id), *reversed(parts)]))

    def linen(self, node: ast.AST | None) -> str | None:
        """Returns `Module` for whatever spells `flax.linen.Module`, or None for everything else.

        What a file of Flax itself defines is its own, and no use of Linen.
        """
        name = self.resolve(node) if self.spells_linen else None
        own = self.module != LINEN and name is not None and name.startswith(self.module + ".")
        return name[len(LINEN) + 1 :] if name and name.startswith(LINEN + ".") and not own else None


def first_name(node: ast.AST) -> str:
    """Returns the name that `a.b.c` starts with; nothing for what is no name or attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_super(node: ast.AST, name: str) -> bool:
    """Tells whether this is the method of a base, `super().name`."""
    return (
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "super"
    )  # fmt: skip


def canonical(name: str) -> str:
    """`flax.linen.module.Module` and `flax.linen.Module` are one name."""
    if not name.startswith(LINEN + "."):
        return name
    short = name[len(LINEN) + 1 :]
    first, _, rest = short.partition(".")
    return f"{LINEN}.{rest}" if rest and first in _SUBMODULES and short not in _OTHERS else name


def read_names(tree: ast.Module, module: str, is_package: bool = False) -> Names:
    """Collects every import of the file, those inside functions too, and the names that the file defines itself."""
    aliases: dict[str, str] = {}
    for defined in _definitions(tree):
        aliases[defined.name] = f"{module}.{defined.name}"
    for imported in walk(tree):
        if isinstance(imported, ast.Import):
            for alias in imported.names:
                local = alias.asname or alias.name.partition(".")[0]
                aliases[local] = alias.name if alias.asname else local
        elif isinstance(imported, ast.ImportFrom):
            base = absolute(imported, module, is_package)
            for alias in imported.names:
                aliases[alias.asname or alias.name] = f"{base}.{alias.name}" if base else alias.name
            if stars_linen(imported):
                aliases = {name: f"{LINEN}.{name}" for name in public_names() - _bound(tree)} | aliases
    top = {*tree.body}
    for defined in _definitions(tree):  # `except ImportError: class Norm(nn.Module)` may be what is there
        if defined not in top:
            aliases[defined.name] = f"{module}.{defined.name}"
    names = Names(module, aliases)
    for node in tree.body:  # `Module = nn.Module` is an import by other means
        match node:
            case ast.Assign(targets=[ast.Name(id=local)], value=ast.Attribute() as value):
                target = names.linen(value)
                if target:
                    aliases[local] = f"{LINEN}.{target}"
    return Names(module, aliases)  # what the other one has resolved, it has with fewer of them


def _definitions(
    block: ast.AST,
) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yields the classes and functions of a module, those in its branches too."""
    for node in ast.iter_child_nodes(block):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler):
            yield from _definitions(node)


def _bound(tree: ast.Module) -> set[str]:
    """Names that are variables or arguments anywhere in the file: a star does not say what they stand for."""
    stores = {n.id for n in walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return stores | {n.arg for n in walk(tree) if isinstance(n, ast.arg)}


def stars_linen(node: ast.ImportFrom) -> bool:
    """Tells whether a file takes everything that flax.linen has."""
    return not node.level and node.module == LINEN and any(alias.name == "*" for alias in node.names)


def absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """Returns the dotted module that `from ... import` names, relative ones resolved against `module`."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if is_package else module.split(".")[:-1]
    package = package[: len(package) - (node.level - 1)] if node.level > 1 else package
    return ".".join([*package, *([node.module] if node.module else [])])
