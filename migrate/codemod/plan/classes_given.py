"""Which class a call's construction gives to a field of what it makes: `block_cls is Bottleneck`, asked of a child."""

from collections.abc import Callable
from functools import partial

from ..constructions import Construction
from ..factories.at_top import name_at_top
from ..factories.choices import made_by
from ..factories.records import Factory, Scope
from ..flow.terms import Kind, Term, asks_class, const
from ..project import Project

Asked = Callable[[Term], Term | None]


def classes_given(construction: Construction, project: Project) -> Asked:
    """Returns what answers such a test: a literal, the caller's own test, or None for what is not known."""
    return partial(_answer, construction, project)


def _answer(construction: Construction, project: Project, test: Term) -> Term | None:
    field, asked = test.parts[0].value, test.parts[1].value.target
    made = _given(construction, project, field)
    if len(made) == 1:
        plain = not made[0].bound and made[0].layer is None
        return const(made[0].target == asked) if plain else None
    owner = next((c for c in project.classes.values() if construction.method in c.methods.values()), None)
    if not made or owner is None or asked not in {f.target for f in made}:
        return None
    name = name_at_top(asked, owner, construction.method, project)
    return asks_class(Term(Kind.FIELD, made[0].field), name, asked) if made[0].field and name else None


def _given(construction: Construction, project: Project, field: str) -> tuple[Factory, ...]:
    """What a field is given here, or has by default."""
    node, child = construction.every.get(field), project.classes[construction.target]
    if node is not None:
        owner = next((c for c in project.classes.values() if construction.method in c.methods.values()), None)
        bound = construction.bound.get(field)
        scope = bound.scope if bound is not None else Scope(child.names)
        if bound is None and owner is not None:
            scope = Scope(owner.names, owner, construction.method)
        return made_by(node, scope, project.factories)
    default = next((f.default for f in child.fields if f.name == field), None)
    made = project.factories.factory(default, Scope(child.names)) if default is not None else None
    return (made,) if made is not None else ()
