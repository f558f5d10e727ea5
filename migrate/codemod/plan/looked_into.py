"""Submodules that are looked into: `self.model.variables["params"]["shared"]["embedding"]`, `self.embed.features`,
`self.embed.embedding`."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ...catalog.layer import Layer
from ...catalog.layers import find
from ..constructions import Construction
from ..filled_fields import filled_fields
from ..held_layers import held_layers
from ..model import Creation, LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..trees import walk
from .alternatives import stores_of
from .arrays import array_fields
from .automatic import attribute_target
from .children import Children
from .frozen import may_be_list
from .instances import instance_fields
from .kept_fields import keep
from .naming import variable_type
from .plain import plain_attributes
from .records import ClassPlan, Form, Variable
from .stores import kept_as

_DTYPES = frozenset({"dtype", "param_dtype"})
KEPT = {
    "Embed": frozenset({"num_embeddings", "features"}),
    **dict.fromkeys(("Conv", "ConvTranspose", "Dense"), _DTYPES),
}
"""Arguments of layers that a layer of NNX has under the same name, whatever they are: nnx.Embed replaces a dtype."""


@dataclass(frozen=True, eq=False)
class Look:
    """What `node` looks up, which starts at `start`, an attribute of self; `code` is how NNX spells it."""

    start: ast.expr
    node: ast.expr
    code: str


@dataclass(frozen=True, eq=False)
class _Place:
    """A module on the way: a class that is migrated, or a layer."""

    code: str
    plan: ClassPlan | None = None
    layer: Layer | None = None


def looks(cls: LinenClass, construction: Construction, children: Children) -> Iterator[Look]:
    """Yields where methods read the variables of a submodule, or what one below it was constructed with."""
    name = attribute_target(construction)
    if name is None or construction.lifted is not None:
        return
    for method in cls.methods.values():
        place = _Place(f"{method.this}.{name}", children.plan_of(construction), construction.layer)
        for node in walk(method.node):
            if isinstance(node, ast.Attribute) and method.is_this(node, name):
                look = _look(method, node, place, children.project)
                yield from [look] if look is not None else []


def check_given_looks(given: Construction, holder: ClassPlan, field: str, children: Children) -> None:
    """Has what a field is given keep what the class reads of it. Raises Refused where it does not have it."""
    place = _Place("", children.plan_of(given), given.layer)
    for node in holder.looks:
        match node:
            case ast.Attribute(value=ast.Attribute(attr=name, value=ast.Name()), attr=asked) if name == field:
                if place.plan is not None and asked in _asked_of(place.plan, children.project):
                    keep(place.plan, asked, given.call, children.project)
                elif asked not in _kept(place):
                    reason = (
                        f"`{holder.cls.short}` reads `{asked}` of its field `{field}`, which `{given.kind}`"
                    )
                    raise Refused("MN101", given.call, f"{reason} does not keep")


def check_looks(plan: ClassPlan) -> None:
    """Raises Refused where setup looks into a module that NNX makes on the condition of its calls alone."""
    guarded = {s.attribute for s in plan.submodules if s.guard is not None}
    setup = plan.cls.methods.get("setup")
    for node in plan.looks:
        start = next((n for n in walk(node) if isinstance(n, ast.Attribute) and n.attr in guarded), None)
        if setup is not None and node in setup.parents and start is not None and setup.is_this(start):
            raise Refused(
                "MN201", node, f"setup looks into `self.{start.attr}`, which some modules never call"
            )


def _look(method: Method, start: ast.Attribute, place: _Place, project: Project) -> Look | None:
    node: ast.expr = start
    at: _Place | None = place
    while at is not None:
        above = method.parents[node]
        if not isinstance(above, ast.Attribute) or not isinstance(above.ctx, ast.Load):
            return None
        if above.attr == "variables":
            return _variable(method, start, above, at) if method.kind is not MethodKind.SETUP else None
        if at.plan is not None and above.attr in _asked_of(at.plan, project):
            if method.is_called(above):
                return None
            keep(at.plan, above.attr, above, project)
            return Look(start, above, f"{at.code}.{kept_as(at.plan, above.attr)}")
        table = _table(at, above.attr)
        if table is not None and method.kind is not MethodKind.SETUP and not method.is_called(above):
            return Look(start, above, f"{table}[...]")
        if above.attr in _kept(at):
            return Look(start, above, f"{at.code}.{above.attr}") if not method.is_called(above) else None
        node, at = above, _below(at, above.attr)
    return None


def _asked_of(plan: ClassPlan, project: Project) -> Collection[str]:
    """The fields of a class that its modules may keep for others to read: no arrays, no modules, and no lists."""
    if plan.bases or "__post_init__" in plan.cls.methods:
        return ()
    others = {*array_fields(plan.cls, project), *instance_fields(plan.cls, project), *filled_fields(plan.cls)}
    made = (f.name for f in plan.fields if project.factories.makes(plan.cls, f.name) or may_be_list(f))
    return {f.name for f in plan.fields} - others - {*made, *plan.made_only}


def _kept(place: _Place) -> Collection[str]:
    """What a module keeps of configuration: a layer some of its arguments, a class what its setup says of fields."""
    if place.layer is not None:
        return KEPT.get(place.layer.linen, ())
    return plain_attributes(place.plan) if place.plan is not None else ()


def _below(place: _Place, attribute: str) -> _Place | None:
    """The submodule of that name, or the layer in the field of that name."""
    return next((p for name, _, p in _parts(place) if name == attribute), None)


def _parts(place: _Place) -> Iterator[tuple[str, str, _Place]]:
    """Yields what a class is made of: the attribute, Linen's name, and the place."""
    for plan in (place.plan, *place.plan.bases) if place.plan is not None else ():
        for submodule in plan.submodules:
            made = submodule.construction
            if submodule.form is Form.BIND and made.lifted is None and len(submodule.linen) == 1:
                code = f"{place.code}.{submodule.attribute}"
                yield submodule.attribute, submodule.linen[0], _Place(code, submodule.child, made.layer)
        kept = {field: attribute for attribute, field in plan.stores}
        for field, node in held_layers(plan.cls).items():
            layer = find((plan.cls.names.linen(node) or "").rpartition(".")[2])
            if kept.get(field) == field:
                yield field, field, _Place(f"{place.code}.{field}", layer=layer)


def _variable(method: Method, start: ast.expr, variables: ast.Attribute, place: _Place) -> Look | None:
    """The array behind a path of literal names; nothing where one of them is not followed."""
    node, keys = _keys(method, variables)
    if len(keys) < 2 or keys[0] != "params":
        return None
    at: _Place | None = place
    for key in keys[1:-1]:
        at = next((p for _, linen, p in _parts(at) if linen == key), None) if at is not None else None
    code = _spelled(at, keys[-1]) if at is not None else None
    return Look(start, node, f"{code}[...]") if code is not None else None


def _table(place: _Place, attribute: str) -> str | None:
    """The parameter that setup keeps in an attribute, where Linen has it before any call: `self.embed.embedding`."""
    if place.layer is not None:
        return f"{place.code}.embedding" if (place.layer.linen, attribute) == ("Embed", "embedding") else None
    plan = place.plan
    once = plan is not None and not plan.bases and len(stores_of(plan.cls, attribute)) == 1
    own = plan.variables if plan is not None and once else []
    kept = (v for v in own if _is_plain(v) and v.creation.method.kind is MethodKind.SETUP)
    return next((f"{place.code}.{v.attribute}" for v in kept if _target(v.creation) == attribute), None)


def _target(creation: Creation) -> str | None:
    return creation.target.attr if isinstance(creation.target, ast.Attribute) else None


def _is_plain(variable: Variable) -> bool:
    """Tells whether a variable is one array that is always there."""
    plain = variable.creation.is_param and variable.form is Form.BIND
    return (
        plain and not variable.conditional and not variable.tree and variable.type == variable_type("params")
    )


def _keys(method: Method, node: ast.expr) -> tuple[ast.expr, Sequence[str]]:
    keys: list[str] = []
    while True:
        match method.parents[node]:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key)), ctx=ast.Load()) as above if (
                value is node
            ):
                keys.append(key)
                node = above
            case _:
                return node, keys


def _spelled(place: _Place, name: str) -> str | None:
    """The variable that Linen calls `name` in the collection of parameters."""
    if place.layer is not None:
        moved = (m for m in place.layer.variables if m.linen == (name,) and m.collection == "params")
        return next((f"{place.code}.{m.nnx}" for m in moved if "/" not in m.nnx), None)
    plan = place.plan
    own = plan.every_variable if plan is not None else []
    return next((f"{place.code}.{v.attribute}" for v in own if v.linen == name and _is_plain(v)), None)


def handed_out(cls: LinenClass, construction: Construction, children: Children) -> list[ast.expr]:
    """Returns where methods do no more than give a module to their caller: `return self.model.encoder`.

    It has to be one that no call decides anything of, as a caller that is not seen would have to pass it.
    """
    name = attribute_target(construction)
    if name is None or construction.lifted is not None:
        return []
    found = []
    for method in (m for m in cls.methods.values() if not _is_called_here(cls, m.node.name)):
        place = _Place(name, children.plan_of(construction), construction.layer)
        body = [s for s in method.node.body if not _is_text(s)]
        given = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
        chain = _chain(given, method, name) if given is not None else None
        for attribute in chain[1:] if chain is not None else ():
            place = _below(place, attribute.attr) or _Place("")
        if chain is not None and place.plan is not None and not place.plan.asked:
            found.append(chain[0])
    return list(found)


def _chain(node: ast.expr, method: Method, name: str) -> list[ast.Attribute] | None:
    """The attributes of `self.model.encoder`, from the left."""
    found: list[ast.Attribute] = []
    while isinstance(node, ast.Attribute):
        found.insert(0, node)
        node = node.value
    return found if found and method.is_this(found[0], name) else None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_called_here(cls: LinenClass, name: str) -> bool:
    return any(m.is_this(n, name) for m in cls.methods.values() for n in walk(m.node))
