"""Decorators of a class: those that are as right around the NNX class, and what they do to its arguments."""

import ast
from collections.abc import Iterator

from ..catalog.decorators import ARGUMENT_LISTS, CLASSES, Decorator
from .factories.resolve import Program, fields_of, line
from .model import LinenClass, Refused


def check_class_decorators(cls: LinenClass, project: Program) -> Iterator[Refused]:
    """Yields each decorator that may ask for the Linen class."""
    for node in cls.node.decorator_list:
        name = cls.names.resolve(node.func if isinstance(node, ast.Call) else node)
        if name is None or name not in CLASSES:
            yield Refused("MN106", node, f"the decorator `{name or '?'}` may rely on the Linen class")
        elif isinstance(node, ast.Call) and CLASSES[name] not in (Decorator.GONE, Decorator.DOCUMENTED):
            yield from _check_options(node, cls, project)
    above = next((base for base in line(cls, project) if base is not cls and configured(base)), None)
    if above is not None:
        reason = f"a configuration gives arguments to `{above.short}`, and would give them to what inherits from it"
        yield Refused("MN106", cls.node, reason)


def _check_options(node: ast.Call, cls: LinenClass, project: Program) -> Iterator[Refused]:
    """A list of arguments that are configured, or are not, must name arguments that stay."""
    if len(node.args) > 2 or any(k.arg is None for k in node.keywords):
        yield Refused("MN106", node, "the arguments of the decorator are not followed")
    for keyword in (k for k in node.keywords if k.arg in ARGUMENT_LISTS):
        listed = keyword.value.elts if isinstance(keyword.value, ast.List | ast.Tuple) else None
        names = [e.value if isinstance(e, ast.Constant) else None for e in listed or ()]
        if listed is None or not {*names} <= {*fields_of(cls, project)}:
            yield Refused("MN106", keyword.value, f"`{keyword.arg}` lists something other than fields")


def configured(cls: LinenClass) -> bool:
    """Tells whether a configuration may give arguments that a construction of the class leaves out."""
    decorators = (d.func if isinstance(d, ast.Call) else d for d in cls.node.decorator_list)
    return any(CLASSES.get(cls.names.resolve(d) or "") is Decorator.CONFIGURED for d in decorators)
