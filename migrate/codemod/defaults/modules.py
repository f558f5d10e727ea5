"""Fields whose default is a module: `body: nn.Module = Body()`, or a `default_factory` that makes one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..factories.records import Scope
from ..factories.resolve import PARTIAL
from ..model import Field, LinenClass
from ..project import Project
from ..trees import walk


@dataclass(frozen=True, eq=False)
class DefaultModule:
    """The field, what makes the default there, and the code of a call that makes one.

    One that is `shared` is made when the class is defined, and is the default of all of its instances.
    """

    field: Field
    made: ast.expr
    code: str
    shared: bool


def default_modules(cls: LinenClass, project: Project) -> Iterator[DefaultModule]:
    """Yields the fields of the class that have such a default, whatever else is the matter with them."""
    for field in (f for f in cls.fields if f.init):
        made = field.factory if field.factory is not None else field.default
        code = _code(cls, field, project) if made is not None else None
        if made is not None and code is not None:
            yield DefaultModule(field, made, code, shared=field.factory is None)


def _code(cls: LinenClass, field: Field, project: Project) -> str | None:
    match field.factory, field.default:
        case None, ast.Call() as call if _makes(cls, call.func, project):
            return cls.source.segment(call)
        case ast.Lambda(args=arguments, body=ast.Call() as call), _ if not ast.unparse(arguments) and _makes(
            cls, call.func, project
        ):
            return cls.source.segment(call)
        case (ast.Name() | ast.Attribute()) as named, _ if _makes(cls, named, project):
            return f"{cls.source.segment(named)}()"
        case ast.Call(func=function, args=[first, *rest], keywords=keywords), _ if cls.names.resolve(
            function
        ) == PARTIAL and _makes(cls, first, project):
            given = [cls.source.segment(a) for a in rest]
            given += [cls.source.segment(k) for k in keywords]
            return f"{cls.source.segment(first)}({', '.join(given)})"
    return None


def _makes(cls: LinenClass, function: ast.expr, project: Project) -> bool:
    """Tells whether an expression is the name of a layer, or of a class of the project."""
    made = project.factories.factory(function, Scope(cls.names))
    return made is not None and made.direct and not made.function and not isinstance(function, ast.Call)


def names_in(default: DefaultModule) -> set[str]:
    return {n.id for n in walk(default.made) if isinstance(n, ast.Name)}
