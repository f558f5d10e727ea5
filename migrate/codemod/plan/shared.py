"""A layer that several submodules hold: whether it is used, and where NNX has its variables."""

import ast
from collections.abc import Mapping, Sequence

from ..bindings import loads
from ..branches import way_to
from ..constructions import Construction
from ..factories.resolve import line
from ..flow.values import Use
from ..given_layers import given_around
from ..model import LinenClass, Method
from ..project import Project
from ..trees import walk
from .automatic import attribute_target
from .given_modules import calls_where_given
from .handings import Handing

_SOMETIMES = ast.For | ast.While | ast.ListComp | ast.GeneratorExp | ast.Lambda | ast.FunctionDef | ast.BoolOp


def is_used(
    cls: LinenClass, handed: Sequence[Handing], project: Project, uses: Mapping[ast.Call, Sequence[Use]]
) -> bool:
    """Tells whether a holder that is called in any case calls the layer in any case."""
    return any(h.bare for h in handed) or any(
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
