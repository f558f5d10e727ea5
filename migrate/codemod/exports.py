"""Names that the files of a project take from each other: by stars, by name, and as attributes of a module."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .bindings import stored
from .names import Names, absolute
from .source import Source
from .trees import walk

_DEPTH = 4  # of files that hand on what they take
Tables = Mapping[str, Names]


def handed_on(sources: Sequence[Source], tables: Tables, by_path: Mapping[str, str]) -> Tables:
    """Returns the import tables with what stars bring, and with flax where a file has it from another file."""
    trees = {source.module: source.tree for source in sources}
    imports = {s.module: [i for i in _imports(s, by_path) if i[0] in trees] for s in sources}
    found = dict(tables)
    for _ in range(_DEPTH):
        before = dict(found)
        for user, taken in imports.items():
            mine = found[user].aliases
            brought = {
                name: _meaning(module, name, found)
                for module, star, _ in taken
                if star == "*"
                for name in _public(trees[module], found[module])
            }
            flax = {local: _meaning(m, name, found) for m, name, local in taken if name != "*"}
            flax = {local: target for local, target in flax.items() if target.partition(".")[0] == "flax"}
            aliases = {**brought, **mine, **flax}
            if aliases != mine:
                found[user] = replace(found[user], aliases=aliases)
        if found == before:
            break
    return found


def taken_names(sources: Sequence[Source], tables: Tables, by_path: Mapping[str, str]) -> dict[str, set[str]]:
    """Returns by module the names that other files of the project have from it: their imports have to stay."""
    found: dict[str, set[str]] = {source.module: set() for source in sources}
    imported = {name for names in tables.values() for name in names.aliases}
    for source in sources:
        for module, name, _ in _imports(source, by_path):
            read = _read(source.tree) if name == "*" else {name}
            found.setdefault(module, set()).update(read)
        for node in walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr in imported:
                module, _, name = (tables[source.module].resolve(node) or "").rpartition(".")
                found.setdefault(by_path.get(module, module), set()).add(name)
    return found


def _read(tree: ast.Module) -> set[str]:
    """Names that a file reads and does not import by name itself."""
    nodes = list(walk(tree))
    imports = (n.names for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))
    own = {a.asname or a.name.partition(".")[0] for names in imports for a in names}
    return {n.id for n in nodes if isinstance(n, ast.Name)} - own


def _imports(source: Source, by_path: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yields the module, the name in it and the local name of each `from ... import`."""
    for node in walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            module = absolute(node, source.module, source.path.endswith("__init__.py"))
            yield from ((by_path.get(module, module), a.name, a.asname or a.name) for a in node.names)


def _meaning(module: str, name: str, tables: Tables) -> str:
    return tables[module].aliases.get(name, f"{module}.{name}")


def _public(tree: ast.Module, names: Names) -> Iterator[str]:
    """Names that a star brings: those of `__all__` where there is one, else those without an underscore."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                texts = (n.value for n in walk(value) if isinstance(n, ast.Constant))
                yield from (text for text in texts if isinstance(text, str))
                return
    inner = ast.ClassDef | ast.FunctionDef
    bound = {name for node in tree.body if not isinstance(node, inner) for name in stored(node)}
    yield from (name for name in {*names.aliases, *bound} if not name.startswith("_") and name != "*")
