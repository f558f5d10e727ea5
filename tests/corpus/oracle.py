"""Counts Linen classes with code of its own: something to hold the codemod's census against."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

import flax.linen

LAYERS = frozenset(
    name
    for name, value in vars(flax.linen).items()
    if isinstance(value, type) and issubclass(value, flax.linen.Module)
)
ROOTS = frozenset({"flax.linen.module.Module", *(f"flax.linen.{name}" for name in LAYERS)})
LIFTED = frozenset(
    {
        "scan",
        "vmap",
        "remat",
        "checkpoint",
        "map_variables",
        "remat_scan",
        "cond",
        "while_loop",
        "jit",
        "switch",
    }
)


@dataclass(frozen=True)
class File:
    """One parsed file: what its names are imported from, and its classes by qualified name."""

    path: str
    module: str
    text: bytes
    tree: ast.Module

    @cached_property
    def imports(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                origin = ".".join(part for part in (self._origin(node.level), node.module) if part)
                found |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names}
        return found | self._aliases(found)

    @cached_property
    def optional(self) -> set[str]:
        """What is imported in functions or on conditions alone: the package behind it may be missing."""
        always = {name for node in self.tree.body for name in _imported(node)}
        return {name for node in ast.walk(self.tree) for name in _imported(node)} - always

    def _aliases(self, imports: dict[str, str]) -> dict[str, str]:
        """Returns what module-level statements such as `Module = module.Module` bind."""
        found = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                head, _, rest = dotted(node.value).partition(".")
                if rest and head in imports:
                    found[node.targets[0].id] = f"{imports[head]}.{rest}"
        return found

    @cached_property
    def all_classes(self) -> list[tuple[str, ast.ClassDef]]:
        return list(_classes(self.tree, ""))

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return dict(self.all_classes)

    def local(self, name: str, scope: str) -> str | None:
        """Returns the qualified name of the class that `name` means in `scope`, innermost first."""
        parts = scope.split(".")[:-1]
        scopes = (".".join([*parts[:depth], name]) for depth in range(len(parts), -1, -1))
        return next((full for full in scopes if full in self.classes), None)

    def _origin(self, level: int) -> str:
        parts = self.module.split(".")
        up = level - (1 if PurePosixPath(self.path).name == "__init__.py" else 0)
        return ".".join(parts[: len(parts) - up]) if level else ""


def _imported(node: ast.AST) -> set[str]:
    aliases = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
    return {alias.asname or alias.name.split(".")[0] for alias in aliases}


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _classes(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes(child, f"{prefix}{child.name}.<locals>.")
        else:
            yield from _classes(child, prefix)


def dotted(node: ast.AST) -> str:
    """Returns `a.b.c` for a chain of names, `Base` for `Base[T]`, and an empty string for anything else."""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(frozen=True)
class Linen:
    """One Linen class, `line` to `end`. `leaf`: it has variables of its own and builds no other module."""

    path: str
    name: str
    line: int
    end: int
    leaf: bool


@dataclass
class Program:
    """All files of one package."""

    files: dict[str, File]
    modules: dict[str, File] = field(init=False)

    def __post_init__(self) -> None:
        self.modules = {file.module: file for file in self.files.values()}

    def linen(self) -> list[Linen]:
        """Returns every Linen class of the package, in the order of the files."""
        return [
            Linen(file.path, name, *_lines(node), self._is_leaf(file, name, node))
            for file in self.files.values()
            for name, node in file.all_classes
            if any(self._is_linen(base) for base in self._bases(file, name, node))
        ]

    def bases(self, file: File, name: str, node: ast.ClassDef) -> list[tuple[File, str, ast.ClassDef]]:
        """Returns the class and those of its bases that are in the package, nearest first."""
        found = [(file, name, node)]
        for base in self._bases(file, name, node):
            inner = self._lookup(base)
            if inner and inner[2] is not node:
                found += [entry for entry in self.bases(*inner) if entry not in found]
        return found

    def _bases(self, file: File, name: str, node: ast.ClassDef) -> list[str]:
        return [self._resolve(file, dotted(base), name) for base in node.bases]

    def _resolve(self, file: File, name: str, scope: str = "", depth: int = 0) -> str:
        """Returns the full name of what `name` means in `scope` of `file`, through re-exports."""
        head, _, rest = name.partition(".")
        local = file.local(name, scope)
        if local or depth > 8:
            return f"{file.module}.{local or name}"
        if head not in file.imports:
            return name
        full = ".".join(part for part in (file.imports[head], rest) if part)
        module = full
        while module := module.rpartition(".")[0]:
            if module in self.modules and self.modules[module] is not file:
                return self._resolve_in(module, full.removeprefix(module + "."), full, depth)
        return full

    def _resolve_in(self, module: str, name: str, full: str, depth: int) -> str:
        found = self._resolve(self.modules[module], name, depth=depth + 1)
        return full if found == name else found

    def _lookup(self, full: str) -> tuple[File, str, ast.ClassDef] | None:
        module = full
        while module := module.rpartition(".")[0]:
            file = self.modules.get(module)
            name = full.removeprefix(module + ".")
            if file and name in file.classes:
                return file, name, file.classes[name]
        return None

    def _is_linen(self, full: str, seen: frozenset[str] = frozenset()) -> bool:
        parts = full.split(".")
        if full in ROOTS or (
            parts[:2] == ["flax", "linen"] and parts[-1] in LAYERS and f"flax.linen.{parts[-1]}" in ROOTS
        ):
            return True
        found = self._lookup(full)
        if not found or full in seen:
            return False
        return any(self._is_linen(base, seen | {full}) for base in self._bases(*found))

    def _is_leaf(self, file: File, name: str, node: ast.ClassDef) -> bool:
        family = self.bases(file, name, node)
        declares = any(_declares(call) for _, _, inner in family for call in _calls(inner))
        return declares and not any(self._has_modules(*entry) for entry in family)

    def _has_modules(self, file: File, name: str, node: ast.ClassDef) -> bool:
        from_layer = any(self._is_layer(base) for base in self._bases(file, name, node))
        held = any(self._holds_module(file, name, statement) for statement in node.body)
        return from_layer or held or any(self._builds(file, name, call) for call in _calls(node))

    def _is_layer(self, full: str) -> bool:
        return full.startswith("flax.linen.") and not full.endswith(".Module") and self._is_linen(full)

    def _builds(self, file: File, scope: str, call: ast.Call) -> bool:
        full = self._resolve(file, dotted(call.func), scope)
        lifted = full.startswith("flax.linen.") and full.split(".")[-1] in LIFTED
        return lifted or self._is_linen(full)

    def _holds_module(self, file: File, scope: str, statement: ast.stmt) -> bool:
        if not isinstance(statement, ast.AnnAssign):
            return False
        names = (dotted(n) for n in ast.walk(statement.annotation) if isinstance(n, ast.Name | ast.Attribute))
        return any(self._is_linen(self._resolve(file, name, scope)) for name in names if name)


def _lines(node: ast.ClassDef) -> tuple[int, int]:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first, node.end_lineno or first


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _declares(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and dotted(call.func) in {"self.param", "self.variable"}


def read(sources: Mapping[str, bytes]) -> Program:
    """Parses a package; files that do not parse have no classes."""
    return Program(
        {path: File(path, _module(path, sources), text, parse(text)) for path, text in sources.items()}
    )


def parse(text: bytes) -> ast.Module:
    """Returns the syntax tree of a file, an empty one where it does not parse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return ast.Module(body=[], type_ignores=[])


def _module(path: str, sources: Mapping[str, bytes]) -> str:
    """Returns the dotted name under which the package imports this file."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if len(parts) > 1 and f"{parts[0]}/__init__.py" not in sources and "-" in parts[0]:
        parts = parts[1:]  # an sdist keeps everything in one folder of its own
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
