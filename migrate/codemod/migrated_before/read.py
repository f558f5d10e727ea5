"""The classes of a project that an earlier run migrated and a Linen class builds, as the Linen classes they were."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..model import LinenClass
from ..names import Names
from ..project import Project, class_nodes, read_project
from ..rewording import Rewording
from ..source import Source, parse
from .as_linen import LINEN, as_linen, is_nnx
from .bridged import Bridged, bridged, code
from .layers import NotRead

_Classes = Mapping[str, tuple[ast.ClassDef, Source]]


def with_before(project: Project) -> Project:
    """Returns the project with the classes that Linen classes build through a bridge, read as Linen ones."""
    wanted = {each.target for _, made in _bridged(project) for each in made}
    if not wanted:
        return project
    classes = dict(_nnx_classes(project))
    read, unread = _read(sorted(wanted & classes.keys()), classes, project)
    return replace(project, before=_linen(read, classes, project), unread=unread)


def read_bridged(project: Project) -> list[Rewording]:
    """Returns what stands for the bridges: constructions of the classes that are read as Linen ones."""
    return [
        Rewording(cls, each.call, text)
        for cls, made in (_bridged(project) if project.before else ())
        for each in made
        if each.target in project.before and not each.odd and (text := code(each, made, cls)) is not None
    ]


def _bridged(project: Project) -> Iterator[tuple[LinenClass, list[Bridged]]]:
    files = {module for module, source in project.sources.items() if "to_linen" in source.text}
    for cls in project.classes.values() if files else ():
        if cls.source.module in files:
            yield cls, bridged(cls, project.names_of(cls.source.module))


def _nnx_classes(project: Project) -> Iterator[tuple[str, tuple[ast.ClassDef, Source]]]:
    for module, source in project.sources.items():
        for node, name, top_level in class_nodes(source):
            if top_level and is_nnx(node, project.names[module]):
                yield name, (node, source)


def _read(
    waiting: list[str], classes: _Classes, project: Project
) -> tuple[dict[str, ast.ClassDef], dict[str, str]]:
    """Returns the classes and what they build, and why some are not read."""
    read, builds, unread = dict[str, ast.ClassDef](), dict[str, frozenset[str]](), dict[str, str]()
    while waiting:
        name = waiting.pop()
        node, source = classes[name]
        try:
            read[name], builds[name] = as_linen(node, project.names_of(source.module), classes.keys())
        except NotRead as why:
            unread[name] = str(why)
            continue
        waiting += sorted(builds[name] - read.keys() - unread.keys())
    while lost := {name: inner for name in read if (inner := builds[name] & unread.keys())}:
        for name, inner in lost.items():
            unread[name] = f"of its `{min(inner).rpartition('.')[2]}`, {unread[min(inner)]}"
            del read[name]
    return read, unread


def _linen(read: Mapping[str, ast.ClassDef], classes: _Classes, project: Project) -> Mapping[str, LinenClass]:
    """Reads the classes in files of their own, which nobody writes."""
    bodies: defaultdict[str, list[ast.stmt]] = defaultdict(list)
    for name, node in read.items():
        bodies[classes[name][1].module].append(node)
    sources, tables = list[Source](), dict[str, Names]()
    for module, body in bodies.items():
        text = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
        sources.append(parse(project.sources[module].path, text.encode(), module))
        names = project.names[module]
        tables[module] = replace(names, aliases={**names.aliases, LINEN: "flax.linen"})
    return read_project(sources, tables).classes
