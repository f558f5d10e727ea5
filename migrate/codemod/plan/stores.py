"""Which constructor arguments an NNX module keeps, and under which names."""

import ast
from collections.abc import Collection

from ..filled_fields import filled_fields
from ..model import LinenClass, Refused
from .asked_fields import asked_fields
from .naming import stored_name
from .read_above import read_above
from .records import ClassPlan


def store_fields(plan: ClassPlan, modules: Collection[str] = (), arrays: Collection[str] = ()) -> None:
    """Keeps on `self` what a method reads, under a name that is free there. Raises Refused for one of `modules`.

    Linen names a module that a field holds after the field. `arrays` are not kept for a `default_factory` alone.
    """
    read = {name for body in plan.bodies.values() for name in getattr(body, "reads", ())}
    stored_by_base = {name for base in plan.bases for name, _ in base.stores}
    used = read | set(plan.through_self) | {n for _, k in plan.takeover for n in _property_reads(plan.cls, k)}
    used |= {*read_above(plan), *asked_fields(plan.cls)}.union(*plan.given_self.values())
    post = plan.cls.methods.get("__post_init__")
    if post:
        used |= {n.attr for n in ast.walk(post.node) if post.is_this(n) and isinstance(n, ast.Attribute)}
    made = {
        f.name for f in plan.cls.fields if f.factory is not None and (f.name in used or f.name not in arrays)
    }
    plan.made_only = {f.name for f in plan.fields if f.factory is not None and f.name in arrays} - used
    plan.through_self |= {name: name for name in made}
    used |= made
    filled = filled_fields(plan.cls)
    for field in plan.fields:
        if field.name in used and field.name not in stored_by_base and field.name not in filled:
            plan.stores.append((kept_as(plan, field.name), field.name))
    names = {field: attribute for attribute, field in plan.stores}
    moved = next((f for f in plan.fields if f.name in modules and names.get(f.name, f.name) != f.name), None)
    if moved is not None:
        reason = f"the module in the field `{moved.name}` would be called `{names[moved.name]}`"
        raise Refused("MN208", moved.statement, reason)
    for base in plan.bases:
        names |= {f: s for s, f in base.stores}
    for name, attribute in names.items():
        if name in plan.through_self:
            plan.through_self[name] = attribute
    for body in plan.bodies.values():
        for node, name in body.field_reads:
            if names.get(name, name) != name:
                body.replace[node] = f"self.{names[name]}"
    reads_mode = {n for b in plan.bodies.values() for n in b.reads}
    plan.modes = [
        f.name
        for f in plan.fields
        if f.name in ("deterministic", "use_running_average") and f.name in reads_mode
    ]


def kept_as(plan: ClassPlan, field: str) -> str:
    """Returns the attribute that keeps a field, where one does."""
    by_base = {name: attribute for base in plan.bases for attribute, name in base.stores}
    others = {v.attribute for v in plan.every_variable}
    others |= {s.attribute for p in (plan, *plan.bases) for s in p.submodules}
    return by_base.get(field) or stored_name(field, others)


def _property_reads(cls: LinenClass, keep: set[ast.stmt]) -> set[str]:
    """Fields that a method or property reads which the constructor's own statements use."""
    used = {
        n.attr for s in keep for n in ast.walk(s) if isinstance(n, ast.Attribute) and n.attr in cls.methods
    }
    return {
        n.attr
        for name in used
        for n in ast.walk(cls.methods[name].node)
        if cls.methods[name].is_this(n) and isinstance(n, ast.Attribute)
    }
