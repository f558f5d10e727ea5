"""Why the default module of a field cannot become `None`, with the constructor making the module in its place."""

import ast
from collections.abc import Collection, Iterator

from ..bindings import stored
from ..constructions import constructions
from ..factories.program import has_family
from ..model import LinenClass, MethodKind
from ..project import Project
from ..trees import is_none, walk
from .modules import DefaultModule, default_modules, names_in
from .places import Places, places_in
from .sharing import why_shared

_STEADY = (
    ast.Call | ast.Name | ast.Attribute | ast.Constant | ast.Tuple | ast.List | ast.UnaryOp | ast.BinOp | ast.keyword
    | ast.operator | ast.unaryop | ast.expr_context | ast.Lambda | ast.arguments
)  # fmt: skip


def unfit_defaults(cls: LinenClass, project: Project) -> Iterator[tuple[DefaultModule, str]]:
    """Yields the fields of a class whose defaults are modules, as it was not read with a setup that makes them."""
    found = list(default_modules(cls, project))
    places = places_in(project) if found else None
    for default in found:
        why = why_unfit(default, cls, project, places) if places is not None else ""
        reason = f"the field `{default.field.name}` has a module for its default"
        yield default, f"{reason}, {why}" if why else f"{reason}, beside what is not followed"


def why_unfit(default: DefaultModule, cls: LinenClass, project: Project, places: Places) -> str:
    """Returns the reason, or nothing."""
    field = default.field
    if has_family(cls, project):
        return "in a class that inherits, or that another inherits from"
    if not _is_plain(default):
        return "which is declared with more than that"
    if _may_be_none(field.statement.annotation):
        return "and may be None as well"
    if _hidden(cls) & names_in(default) or not _is_steady(default, cls, project):
        return "which depends on more than names of the file"
    if any(is_none(given) for given in _given(cls, field.name, places, project)):
        return "and is given None"
    if default.shared:
        shared = why_shared(cls, field.name, project, places)
        return f"which Linen shares between all of a model that take it: {shared}" if shared else ""
    return _why_elsewhere(cls, field.name, places)


def _is_plain(default: DefaultModule) -> bool:
    """`name: type = Body()`, or `field(default_factory=...)` with nothing else; the module has no name of its own."""
    value = default.field.statement.value
    keywords = [k.arg for k in value.keywords] if isinstance(value, ast.Call) else []
    named = {k.arg for n in walk(default.made) if isinstance(n, ast.Call) for k in n.keywords}
    alone = value is default.made if default.shared else keywords == ["default_factory"]
    return alone and not named & {"name", "parent", None}


def _may_be_none(annotation: ast.expr) -> bool:
    """An annotation with None in it, or a text, to which None cannot be added either."""
    texts = (n.value for n in walk(annotation) if isinstance(n, ast.Constant))
    names = {getattr(n, "id", getattr(n, "attr", "")) for n in walk(annotation)}
    return "Optional" in names or any(text is None or isinstance(text, str) for text in texts)


def _hidden(cls: LinenClass) -> set[str]:
    """The names that stand for something else in the class body, or in a constructor made of its methods."""
    own = {name for m in cls.methods.values() for name in (*m.parameters, *stored(m.node))}
    return own | {f.name for f in cls.fields} | {*cls.methods} | {*cls.constants}


def _is_steady(default: DefaultModule, cls: LinenClass, project: Project) -> bool:
    """Tells whether making it anew gives the same: no call in it but of modules and of initializers."""
    calls = [n for n in walk(default.made) if isinstance(n, ast.Call)]
    named = [cls.names.resolve(call.func) or "" for call in calls]
    known = all(
        project.canonical(name) in project.classes
        or name.startswith(("flax.linen.", "jax.nn.initializers."))
        or name == "functools.partial"
        for name in named
    )
    return known and all(isinstance(n, _STEADY) for n in walk(default.made))


def _given(cls: LinenClass, field: str, places: Places, project: Project) -> Collection[ast.expr | None]:
    """What the program gives the field, as far as it is seen."""
    found = [k.value for p in places.of(cls) if p.call is not None for k in p.call.keywords if k.arg == field]
    made = (c for other in project.classes.values() for c in constructions(other, project))
    return [*found, *(c.every[field] for c in made if c.target == cls.name and field in c.every)]


def _why_elsewhere(cls: LinenClass, field: str, places: Places) -> str:
    """A compact method that makes the class makes what its default_factory gives, under a name of its own there."""
    for place in places.leaving_out(cls, field):
        in_body = place.owner is not None and place.method is None
        in_setup = (
            place.method is not None and place.method.kind is MethodKind.SETUP and place.call is not None
        )
        if place.reached and not in_body and not in_setup:
            line = getattr(place.node, "lineno", 0)
            return f"which Linen makes, and names, in the method that constructs `{cls.short}` (line {line})"
    return ""
