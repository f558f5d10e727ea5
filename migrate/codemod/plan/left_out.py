"""Fields that are None wherever their class is constructed: what their value would be asked for never happens."""

import ast
from collections.abc import Iterator

from ..bindings import stores_in
from ..branches import each_of, way_to
from ..class_decorators import configured
from ..factories.program import heirs, line
from ..model import Field, LinenClass, Method
from ..project import Project
from ..trees import is_none, remembered, walk


def is_left_out(field: Field, cls: LinenClass, project: Project) -> bool:
    """Tells whether a field is None by default, and no call of the project gives it a value.

    That may be a call of something else that has such an argument.
    """
    empty = isinstance(field.default, ast.Constant) and field.default.value is None
    if not empty or (cls.name, field.name) in project.factories.given or _is_set_below(field, cls, project):
        return False
    return not any(field.name in _given_by_name(source.tree) for source in project.sources.values())


@remembered
def _given_by_name(tree: ast.Module) -> frozenset[str]:
    """The arguments that calls of a file give by name, other than None."""
    given = (keyword for n in walk(tree) if isinstance(n, ast.Call) for keyword in n.keywords)
    return frozenset(str(keyword.arg) for keyword in given if not is_none(keyword.value))


def _is_set_below(field: Field, cls: LinenClass, project: Project) -> bool:
    """Tells whether the class or one that inherits from it has another default, or sets the attribute."""
    family = [cls, *heirs(cls, project)]
    others = (f for c in family for f in c.fields if f.name == field.name and f is not field)
    return (
        any(f.factory is not None or not is_none(f.default) for f in others)
        or any(configured(c) for c in family)
        or any(stores_in(m, field.name) for c in family for m in c.methods.values())
    )


def calls_if_there(cls: LinenClass, method: Method, project: Project) -> Iterator[tuple[ast.Call, Field]]:
    """Yields the calls of such fields that stand behind the question whether the field is there.

    `if self.dot_general_cls is not None: dot_general = self.dot_general_cls()`.
    """
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call) and method.is_this(n.func)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        fields = [(f, c) for c in line(cls, project) for f in c.fields if f.name == name]
        empty = fields and _asks(method, call, name) and all(is_left_out(f, c, project) for f, c in fields)
        if empty and not _is_transformed(cls, project):
            yield call, fields[0][0]


def _is_transformed(cls: LinenClass, project: Project) -> bool:
    """Tells whether a transform of Linen makes another class of it: what that is given by place is not seen."""
    family = {c.name for c in (cls, *heirs(cls, project))}
    for module, source in project.sources.items():
        names = project.names[module]
        calls = walk(source.tree) if names.spells_linen else ()
        lifts = (n for n in calls if isinstance(n, ast.Call) and names.linen(n.func))
        given = (a for call in lifts for a in call.args if isinstance(a, ast.Name | ast.Attribute))
        found = (names.resolve(a) or "" for a in given)
        if any(project.canonical(n if "." in n else f"{module}.{n}") in family for n in found):
            return True
    return False


def _asks(method: Method, call: ast.Call, name: str) -> bool:
    """Tells whether a call happens only where the field is not None."""
    steps = (each for step in way_to(method, call) for each in each_of(method, *step))
    for condition, part in steps:
        match getattr(condition, "test", condition), part:
            case (
                (ast.Compare(left=asked, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]), "body")
                | (ast.Compare(left=asked, ops=[ast.Is()], comparators=[ast.Constant(value=None)]), "orelse")
                | (ast.Attribute() as asked, "body")
            ) if method.is_this(asked, name):
                return True
    return False
