"""What setup makes and hands to the fields of its submodules: one module, which they hold together."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..bindings import bound_to, loads, stores_in
from ..constructions import Construction
from ..factories.resolve import line
from ..held_layers import HELD
from ..listed import are_modules
from ..model import LinenClass, Method, MethodKind, Refused
from ..module_lists import is_empty
from ..project import Project
from ..trees import is_none
from .automatic import attribute_target
from .bare_modules import comes_to_calls, is_bare
from .given_modules import given_module
from .instances import instance_fields, is_handed_on, list_fields
from .optional_modules import optional


@dataclass(frozen=True, eq=False)
class Handing:
    """The layer `made`, given as `node` to the `field` of the submodule `holder`; a `bare` one owns nothing."""

    made: Construction
    holder: Construction
    field: str
    node: ast.expr
    bare: bool = False

    @property
    def path(self) -> tuple[str, str]:
        """Where the holder's attribute leads to it."""
        return attribute_target(self.holder) or "", self.field


def handings(cls: LinenClass, made: Sequence[Construction], project: Project) -> list[Handing]:
    """Returns every layer that is handed on. Raises Refused for a field that is given something else."""
    found: list[Handing] = []
    for holder in (c for c in made if c.layer is None):
        held = instance_fields(project.classes[holder.target], project)
        for field, node in sorted(holder.given.items()):
            if any(c.call is node for c in made) or _are_made(cls, holder, field, made, project):
                continue  # made on the spot
            if (bare := _bare(holder, field, made, project)) is not None:
                found.append(Handing(bare, holder, field, node, bare=True))
            elif field in held and not is_none(node) and not _is_field(cls, holder, node, project):
                found.append(_followed(holder, field, made, project))
            elif field not in held and (given := _module(holder, field, made, project)) is not None:
                found.append(Handing(given[0], holder, field, given[1]))
    return found


def _are_made(
    cls: LinenClass, holder: Construction, field: str, made: Sequence[Construction], project: Project
) -> bool:
    """Tells whether a field that holds a list is given one that is written there: of modules, and functions."""
    node, calls = holder.given[field], {c.call for c in made}
    if field not in list_fields(project.classes[holder.target], project):
        return False
    written = isinstance(node, ast.List | ast.Tuple) and are_modules(node.elts, calls, cls.names)
    return is_empty(node) or written


def _followed(holder: Construction, field: str, made: Sequence[Construction], project: Project) -> Handing:
    """What a field is given that is annotated with a module."""
    node = holder.given[field]
    if (layer := _meant(holder, node, made)) is not None:
        return Handing(layer, holder, field, node)
    if (given := _module(holder, field, made, project)) is not None:
        return Handing(given[0], holder, field, given[1])
    reason = f"the field `{field}` of `{holder.kind}` is given a module that is not followed"
    raise Refused("MN105", node, reason)


def _module(
    holder: Construction, field: str, made: Sequence[Construction], project: Project
) -> tuple[Construction, ast.Attribute] | None:
    """A module of the project, with the place where it is spelled: its holder is made once, in any case."""
    once = _at_top(holder.method, holder.call) and attribute_target(holder) is not None
    return given_module(holder, field, made, project) if once else None


def _is_field(cls: LinenClass, holder: Construction, node: ast.expr, project: Project) -> bool:
    """Tells whether a submodule is given what a field of the class holds; who makes that follows it to its calls."""
    fields = {f.name for above in line(cls, project) for f in above.fields}
    own = isinstance(node, ast.Attribute) and holder.method.is_this(node) and node.attr in fields
    return own and is_handed_on(cls, holder.method, node, project)


def _bare(
    holder: Construction, field: str, made: Sequence[Construction], project: Project
) -> Construction | None:
    """The module without variables that setup makes at its top, and an argument hands on."""
    node, plain = holder.given[field], holder.lifted is None and not holder.choice
    if not isinstance(node, ast.Attribute) or not holder.method.is_this(node) or not plain:
        return None
    mine = [c for c in made if attribute_target(c) == node.attr]
    if len(mine) != 1 or mine[0].layer is not None or mine[0].lifted is not None or mine[0].choice:
        return None
    setup, alone = mine[0].method, len(stores_in(mine[0].method, node.attr)) == 1
    there = setup.kind is MethodKind.SETUP and setup is holder.method and _at_top(setup, mine[0].call)
    bare = there and alone and is_bare(project.classes[mine[0].target], project)
    return mine[0] if bare and comes_to_calls(project.classes[holder.target], field, project) else None


def _meant(holder: Construction, node: ast.expr, made: Sequence[Construction]) -> Construction | None:
    """The layer of the same setup that an argument stands for: each is made once, in any case."""
    method = holder.method
    if method.kind is not MethodKind.SETUP or holder.lifted is not None or not _at_top(method, holder.call):
        return None
    if attribute_target(holder) is None:
        return None
    layers = (c for c in made if c.layer is not None and c.layer.linen in HELD and c.method is method)
    return next((c for c in layers if _is_there(c) and _is(c, node)), None)


def _is_there(layer: Construction) -> bool:
    """Setup makes it at its top, or has None in its place."""
    return _at_top(layer.method, layer.call) or optional(layer) is not None


def _at_top(method: Method, call: ast.Call) -> bool:
    """`self.name = call` or `name = call` by itself, in no condition, loop or expression."""
    statement = method.parents[call]
    return isinstance(statement, ast.Assign | ast.AnnAssign) and method.parents[statement] is method.node


def _is(layer: Construction, node: ast.expr) -> bool:
    """An attribute may be handed on as often as one likes; of a local, Linen names the layer by its first holder."""
    method, target = layer.method, bound_to(layer.call, layer.method.parents)
    if method.is_this(node):
        return isinstance(node, ast.Attribute) and node.attr == attribute_target(layer)
    if not isinstance(target, ast.Name) or not isinstance(node, ast.Name) or node.id != target.id:
        return False
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == target.id]
    alone = len(spelled) == 2 and node.id not in method.parameters
    return alone and [*loads(method.node.body, target.id)] == [node]
