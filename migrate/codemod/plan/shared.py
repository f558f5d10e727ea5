"""Layers that setup makes and hands to the fields of its submodules: one layer, which they hold together."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..bindings import bound_to, loads
from ..branches import way_to
from ..constructions import Construction
from ..factories.resolve import line
from ..flow.values import Use
from ..given_layers import given_around
from ..held_layers import HELD
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..trees import walk
from .automatic import attribute_target
from .given_modules import calls_where_given, given_module
from .instances import instance_fields
from .optional_modules import optional

_SOMETIMES = ast.For | ast.While | ast.ListComp | ast.GeneratorExp | ast.Lambda | ast.FunctionDef | ast.BoolOp


@dataclass(frozen=True, eq=False)
class Handing:
    """The layer `made`, given as `node` to the `field` of the submodule `holder`."""

    made: Construction
    holder: Construction
    field: str
    node: ast.expr

    @property
    def path(self) -> tuple[str, str]:
        """Where the holder's attribute leads to it."""
        return attribute_target(self.holder) or "", self.field


def handings(made: Sequence[Construction], project: Project) -> list[Handing]:
    """Returns every layer that is handed on. Raises Refused for a field that is given something else."""
    found = []
    for holder in (c for c in made if c.layer is None):
        for field in sorted(instance_fields(project.classes[holder.target], project) & holder.given.keys()):
            node = holder.given[field]
            if isinstance(node, ast.Constant) and node.value is None:
                continue
            layer = _meant(holder, node, made)
            if layer is None:
                reason = f"the field `{field}` of `{holder.kind}` is given a module that is not followed"
                raise Refused("MN105", node, reason)
            found.append(Handing(layer, holder, field, node))
        for field in sorted(holder.given.keys() - {h.field for h in found if h.holder is holder}):
            if _at_top(holder.method, holder.call) and attribute_target(holder) is not None:
                given = given_module(holder, field, made, project)
                found += [Handing(given[0], holder, field, given[1])] if given is not None else []
    return found


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


def is_used(
    cls: LinenClass, handed: Sequence[Handing], project: Project, uses: Mapping[ast.Call, Sequence[Use]]
) -> bool:
    """Tells whether a holder that is called in any case calls the layer in any case."""
    return any(
        _in_any_case(caller, use.call)
        and (_calls if h.made.layer is not None else calls_where_given)(
            project.classes[h.holder.target], use.method, h.field, project
        )
        for h in handed
        for use in uses.get(h.holder.call, ())
        for caller in cls.methods.values()
        if use.call in caller.parents
    )


def _calls(holder: LinenClass, name: str, field: str, project: Project) -> bool:
    owner = next((c for c in line(holder, project) if name in c.methods), None)
    method = owner.methods[name] if owner is not None else None
    reads = [n for n in walk(method.node) if method.is_this(n, field)] if method is not None else []
    return (
        owner is not None
        and method is not None
        and any(
            (_in_any_case(method, n) and not _asks(method, n)) or _stands_in(owner, method, n) for n in reads
        )
    )


def _stands_in(owner: LinenClass, method: Method, node: ast.AST) -> bool:
    """Where it is given, the local that else holds a layer of the class is called in any case."""
    given = given_around(method, owner.names, node)
    loads_of = loads(method.node.body, given.name) if given is not None else ()
    return any(_in_any_case(method, load) for load in loads_of)


def _asks(method: Method, node: ast.AST) -> bool:
    """`self.embed is None` calls nothing; every other read is a call, of the layer or of its method."""
    return isinstance(method.parents[node], ast.Compare | ast.If | ast.IfExp | ast.UnaryOp)


def _in_any_case(method: Method, node: ast.AST) -> bool:
    return not way_to(method, node) and not any(isinstance(a, _SOMETIMES) for a in method.above(node))


def first_path(layer: Construction, handed: Sequence[Handing]) -> tuple[str, ...]:
    """Returns where NNX has the variables of a layer that several hold: at the first path, attributes sorted."""
    target = attribute_target(layer)
    paths = [h.path for h in handed if h.made is layer]
    return min([*paths, *([(target,)] if target is not None else [])])
