"""Methods that hand on all that they are given: `def __call__(self, *args, **kwargs)`, which calls one submodule."""

import ast

from ..flow.found import Found
from ..flow.values import Made
from ..model import Method, MethodKind
from .records import ClassPlan


def passed_on(child: ClassPlan, name: str) -> Found | None:
    """Returns the submodule that a method calls with all of its arguments, and whose output is the method's."""
    method = child.cls.methods.get(name)
    attribute = _handed_to(method) if method is not None and not child.bases else None
    held = child.flow.attributes.get(attribute) if attribute is not None else None
    if not isinstance(held, Made) or held.many or held.method != "__call__":
        return None
    found = child.flow.found.get(held.call)
    construction = found.construction if found is not None else None
    plain = construction is not None and construction.layer is None and construction.lifted is None
    return found if plain and construction is not None and not construction.choice else None


def _handed_to(method: Method) -> str | None:
    """The attribute that `return self.decoder(*args, **kwargs)` calls, where the method does no more."""
    documented = ast.get_docstring(method.node, clean=False) is not None
    if method.kind is MethodKind.STATIC or method.node.decorator_list:
        return None
    match method.node.body[documented:]:
        case [ast.Return(value=ast.Call(func=ast.Attribute(attr=name) as called) as call)]:
            alike = method.is_this(called) and _given(call) == _taken(method.node.args)
            return name if alike else None
    return None


def _given(call: ast.Call) -> list[str]:
    unpacked = [f"**{ast.unparse(k.value)}" if k.arg is None else k.arg for k in call.keywords]
    return [*map(ast.unparse, call.args), *unpacked]


def _taken(given: ast.arguments) -> list[str]:
    """What a method takes behind its `self`, if that is `*args` and what may follow; else what no call gives."""
    plain = len([*given.posonlyargs, *given.args]) == 1 and not given.kwonlyargs and given.vararg is not None
    starred = [("*", given.vararg), ("**", given.kwarg)]
    return [f"{star}{one.arg}" for star, one in starred if one is not None] if plain else [""]
