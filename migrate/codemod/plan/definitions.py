"""Finds the functions and tables of the project by their dotted names."""

from ..flow.callables import Definition, Lookup, defined
from ..project import Project


def lookup_in(project: Project) -> Lookup:
    """Returns the lookup of a project's names: re-exports are followed; of a class, its static methods are found."""

    def lookup(name: str) -> Definition | None:
        module, _, rest = project.canonical(name).rpartition(".")
        cls = project.classes.get(project.canonical(module))
        if cls is not None:
            method = cls.methods.get(rest)
            static = method is not None and method.is_static
            return Definition(method.node, cls.names, static=True) if method is not None and static else None
        module = project.by_path.get(module, module)
        source = project.sources.get(module)
        node = defined(source.tree, rest) if source is not None else None
        return Definition(node, project.names[module]) if node is not None else None

    return lookup


__all__ = ["lookup_in"]
