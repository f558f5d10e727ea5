"""Fields that hold a module: NNX makes it before its owner, which takes it as an argument of its constructor."""

import ast
from collections.abc import Iterator

from ...catalog.functions import MODULE_METHODS
from ..factories.followed import asks_whether_there
from ..factories.resolve import line
from ..given_layers import given_around, given_layers
from ..held_layers import alternatives, held_layer
from ..model import Field, LinenClass, Method, Refused
from ..project import Project

_LINEN = frozenset({*MODULE_METHODS, "name", "parent", "scope", "path", "variables", "clone", "copy"})


def holds_module(field: Field, names_of: LinenClass, project: Project) -> bool:
    """Tells whether a field is annotated as one module, as that or None, or stands in for a layer."""
    names = [names_of.names.resolve(part) or "" for part in alternatives(field, names_of)]
    known = any(n == "flax.linen.Module" or project.canonical(n) in project.classes for n in names)
    return known or held_layer(field, names_of) is not None or field.name in given_layers(names_of)


def instance_fields(cls: LinenClass, project: Project) -> set[str]:
    """Returns the fields of a class, and of those that it inherits from, that hold a module."""
    fields = ((f, above) for above in line(cls, project) for f in above.fields)
    found = {field.name for field, above in fields if holds_module(field, above, project)}
    return {name for name in found if not project.factories.makes(cls, name)}


def check_instances(cls: LinenClass, project: Project) -> Iterator[Refused]:
    """Yields each use of a module in a field other than a call of it or of one of its own methods."""
    held = instance_fields(cls, project)
    for method in cls.methods.values():
        for node in ast.walk(method.node):
            if not isinstance(node, ast.Attribute) or not method.is_this(node) or node.attr not in held:
                continue
            if not _is_called(node, method) and given_around(method, cls.names, node) is None:
                reason = f"the module in the field `{node.attr}` is handed on instead of being called"
                yield Refused("MN105", node, reason)


def _is_called(node: ast.expr, method: Method) -> bool:
    above = method.parents[node]
    match above:
        case ast.Call(func=function):
            return function is node
        case ast.Attribute(attr=name):
            call = method.parents[above]
            return name not in _LINEN and isinstance(call, ast.Call) and call.func is above
    return asks_whether_there(above, node)
