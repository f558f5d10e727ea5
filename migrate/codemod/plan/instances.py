"""Fields that hold a module: NNX makes it before its owner, which takes it as an argument of its constructor."""

import ast
from collections.abc import Iterator

from ...catalog.functions import MODULE_METHODS
from ..factories.followed import asks_whether_there
from ..factories.resolve import line
from ..filled_fields import filled_fields
from ..flow.callables import named_activation
from ..given_layers import given_around, given_layers
from ..held_layers import ATTRIBUTES, HELD, alternatives, attribute_of_held, held_kind, held_layer
from ..held_scopes import held_scopes
from ..mapped_calls import mapped_around
from ..model import Field, LinenClass, Method, Refused
from ..module_lists import called_as, holds_modules, is_run_through
from ..project import Project
from ..trees import walk
from .bare_modules import comes_to_calls, given_to, is_bare

_LINEN = frozenset({*MODULE_METHODS, "name", "parent", "scope", "path", "variables", "clone", "copy"})


def holds_module(field: Field, names_of: LinenClass, project: Project) -> bool:
    """Tells whether a field is annotated as one module, as that or None, is given one, or stands in for a layer."""
    names = [names_of.names.resolve(part) or "" for part in alternatives(field, names_of)]
    known = any(n == "flax.linen.Module" or project.canonical(n) in project.classes for n in names)
    known = known or (names_of.name, field.name) in project.factories.instances
    return known or held_layer(field, names_of) is not None or field.name in given_layers(names_of)


def instance_fields(cls: LinenClass, project: Project) -> set[str]:
    """Returns the fields of a class, and of those that it inherits from, that hold a module."""
    fields = ((f, above) for above in line(cls, project) for f in above.fields)
    found = {field.name for field, above in fields if holds_module(field, above, project)}
    found = {name for name in found if not project.factories.makes(cls, name)}
    return found | list_fields(cls, project)


def list_fields(cls: LinenClass, project: Project) -> set[str]:
    """Returns the fields of a class, and of those that it inherits from, that hold a list of modules."""
    fields = ((f, above) for above in line(cls, project) for f in above.fields)
    return {field.name for field, above in fields if holds_modules(field, above, project)}


def check_instances(cls: LinenClass, project: Project) -> Iterator[Refused]:
    """Yields each use of a module in a field other than a call of it or of one of its own methods."""
    lists = list_fields(cls, project)
    held = instance_fields(cls, project) - filled_fields(cls).keys()  # these are submodules of setup
    shared = {one.mention for one in held_scopes(cls)}
    for method in cls.methods.values():
        for node in walk(method.node):
            if not isinstance(node, ast.Attribute) or not method.is_this(node) or node.attr not in held:
                continue
            if node.attr in lists:
                if (reason := _why_unlisted(method, node)) is not None:
                    yield Refused("MN105", node, reason)
                continue
            known = _is_called(node, method) and not _calls_other(cls, method, node)
            known = known or given_around(method, cls.names, node) is not None
            known = known or node in shared or _is_asked(cls, method, node)
            known = known or mapped_around(method, node, cls.names) is not None
            if not known and not is_handed_on(cls, method, node, project):
                reason = f"the module in the field `{node.attr}` is handed on instead of being called"
                yield Refused("MN105", node, reason)


def _why_unlisted(method: Method, node: ast.Attribute) -> str | None:
    """Why a list of modules cannot be read as it is there: what a name says may not hold of what it is given."""
    if not is_run_through(method, node):
        return f"the modules in the field `{node.attr}` are not called one after the other"
    if any(map(named_activation, (node.attr, called_as(method, node)))):
        return f"the modules in the field `{node.attr}` are called like functions that keep the shape"
    return None


def _calls_other(cls: LinenClass, method: Method, node: ast.Attribute) -> bool:
    """`self.wrapped.kernel_init(...)`: a Dense has no method but its call that NNX has too."""
    return isinstance(method.parents[node], ast.Attribute) and held_kind(cls, node.attr) not in {"", *HELD}


def _is_asked(cls: LinenClass, method: Method, node: ast.expr) -> bool:
    """`self.wrapped.out_features`: the layer that a field is annotated with keeps that under this name."""
    asked = attribute_of_held(cls, method, method.parents[node])
    return asked is not None and asked[1] in ATTRIBUTES[held_kind(cls, asked[0])].values()


def is_handed_on(cls: LinenClass, method: Method, node: ast.expr, project: Project) -> bool:
    """Tells whether a field goes to another one, and one of them is annotated with a class that owns nothing."""
    given = given_to(cls, method, node, project)
    if given is None or not isinstance(node, ast.Attribute):
        return False
    holder, field = project.classes[given[0].target], given[1]
    bare = _holds_bare(cls, node.attr, project) or _holds_bare(holder, field, project)
    return bare and comes_to_calls(holder, field, project)


def _holds_bare(cls: LinenClass, name: str, project: Project) -> bool:
    fields = ((f, above) for above in line(cls, project) for f in above.fields if f.name == name)
    named = [above.names.resolve(p) or "" for f, above in fields for p in alternatives(f, above)]
    classes = [project.classes[n] for n in map(project.canonical, named) if n in project.classes]
    return bool(classes) and all(is_bare(c, project) for c in classes)


def _is_called(node: ast.expr, method: Method) -> bool:
    above = method.parents[node]
    match above:
        case ast.Call(func=function):
            return function is node
        case ast.Attribute(attr=name):
            call = method.parents[above]
            return name not in _LINEN and isinstance(call, ast.Call) and call.func is above
    return asks_whether_there(above, node)
