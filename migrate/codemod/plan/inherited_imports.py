"""Imports that a file lacks for the fields which a class in it inherits: its constructor repeats them."""

import ast
import builtins

from ..factories.resolve import bound_once
from ..model import Field, LinenClass
from ..names import LINEN, Names
from ..source import Source
from ..trees import walk


def unknown_names(field: Field, names: Names, cls: LinenClass) -> list[str]:
    """Returns what the annotation and the default of a field name that is nothing, or something else, for a class.

    `names` are those of the file with the field.
    """
    default = [n for part in (field.default, field.factory) if part is not None for n in walk(part)]
    nodes = walk(field.statement)
    own = {n.arg for n in nodes if isinstance(n, ast.arg)}
    own |= {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    read = [n for n in nodes if isinstance(n, ast.Name) and n.id not in own and names.linen(n) is None]
    return [n.id for n in read if not _means_the_same(n, field.source, names, cls, n not in default)]


def _means_the_same(
    node: ast.Name, there: Source, names: Names, cls: LinenClass, annotates: bool = False
) -> bool:
    """Tells whether a name stands for the same in two files; in an annotation, whether it stands for anything."""
    here, name = cls.source, node.id
    if name in names.aliases:
        return names.resolve(node) == LINEN or cls.names.aliases.get(name) == names.aliases[name]
    if name in cls.names.aliases:
        return False
    if not {name} & (_stored(here) | _stored(there)):
        return hasattr(builtins, name)
    values = [dict(bound_once(source.tree.body)).get(name) for source in (there, here)]
    if values[1] is None or annotates:
        return values[1] is not None
    alike = values[0] is not None and ast.dump(values[0]) == ast.dump(values[1])
    parts = [n for n in walk(values[1]) if isinstance(n, ast.Name)]
    return alike and all(_means_the_same(n, there, names, cls) for n in parts)


def import_of(name: str, there: Source, here: Source) -> str | None:
    """Returns the import that gives `name` its meaning `there`; None where it says something of its own `here`.

    The file with the base has been imported before, and what stands at its top with it: no cycle comes of it. A
    relative import is spelled otherwise from another folder.
    """
    lines = [line for node in there.tree.body if (line := _line(node, name)) is not None]
    free = not {name, "*"} & _names(here) and name not in _stored(there)
    return lines[0] if len(lines) == 1 and free else None


def _line(node: ast.stmt, name: str) -> str | None:
    if not isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.ImportFrom) and node.level):
        return None
    alias = next((a for a in node.names if (a.asname or a.name) == name), None)
    if alias is None:
        return None
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(node.module, [alias], 0))


def _names(source: Source) -> set[str]:
    """Every name that a file reads, binds or imports; a star may bind any."""
    nodes = walk(source.tree)
    found = {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.arg for n in nodes if isinstance(n, ast.arg)
    }
    found |= {getattr(n, "name", None) or "" for n in nodes}
    return found | {(n.asname or n.name) for n in nodes if isinstance(n, ast.alias)}


def _stored(source: Source) -> set[str]:
    """What a file binds otherwise than by an import."""
    nodes = [n for n in walk(source.tree) if not isinstance(n, ast.alias)]
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return stored | {getattr(n, "name", None) or "" for n in nodes}
