"""`sizes_of(self)`: functions outside of the class that read fields of the module, which keeps them for that."""

import ast
from collections.abc import Mapping

from ..bindings import stored
from ..factories.resolve import line
from ..flow.callables import is_plain, parameters
from ..flow.found import Witness, as_it_says
from ..flow.values import Opaque
from ..model import Field, LinenClass, Method, Refused
from ..project import Project
from ..trees import walk
from .arrays import array_fields
from .definitions import lookup_in
from .instances import instance_fields
from .records import ClassPlan

_LATER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_ATOMS = frozenset({"int", "float", "str", "bool"})
_SEQUENCES = frozenset({"list", "tuple"})


def given_self(cls: LinenClass, project: Project) -> Mapping[ast.Name, frozenset[str]]:
    """Returns where the methods of a class hand on the module to such a function, and the fields that this reads."""
    found: dict[ast.Name, frozenset[str]] = {}
    for method in cls.methods.values():
        for node in walk(method.node):
            if isinstance(node, ast.Name) and node.id == method.this and isinstance(node.ctx, ast.Load):
                read = _read(cls, method, node, project)
                if read is not None:
                    found[node] = read
    return found


def _read(cls: LinenClass, method: Method, node: ast.Name, project: Project) -> frozenset[str] | None:
    above = method.parents[node]
    call = method.parents[above] if isinstance(above, ast.keyword) else above
    if (
        not isinstance(call, ast.Call)
        or call.func is node
        or any(isinstance(a, ast.Starred) for a in call.args)
    ):
        return None
    hidden = {*method.parameters, *stored(method.node)} & {
        n.id for n in walk(call.func) if isinstance(n, ast.Name)
    }
    known = lookup_in(project)(cls.names.resolve(call.func) or "") if not hidden else None
    function = known.node if known is not None and not known.static else None
    asked = parameters(function) if isinstance(function, ast.FunctionDef) else None
    if known is None or asked is None or not isinstance(function, ast.FunctionDef):
        return None
    if function.decorator_list or not is_plain(function, known.names):
        return None
    place = call.args.index(node) if node in call.args else None
    name = above.arg if isinstance(above, ast.keyword) else asked[0][place] if place is not None else None
    return _fields_of(function, name, cls, project) if name else None


def _fields_of(
    function: ast.FunctionDef, name: str, cls: LinenClass, project: Project
) -> frozenset[str] | None:
    """The fields that a function reads of an argument, where it does no more with it."""
    fields = {f.name: f for above in [*line(cls, project)][::-1] for f in above.fields if f.init}
    held = {*instance_fields(cls, project), *array_fields(cls, project)}
    kept = {n for n in fields if n not in held and not project.factories.makes(cls, n)}
    around = {child: node for node in walk(function) for child in ast.iter_child_nodes(node)}
    inner = (n for n in walk(function) if isinstance(n, _LATER) and n is not function)
    later = {n for each in inner for n in walk(each)}
    found = set[str]()
    for node in (n for n in walk(function) if isinstance(n, ast.Name) and n.id == name):
        read = around[node]
        if not isinstance(read, ast.Attribute) or not isinstance(read.ctx, ast.Load) or node in later:
            return None
        if read.attr not in kept or _asks_for_list(fields[read.attr], around[read]):
            return None
        found.add(read.attr)
    return frozenset(found)


def _asks_for_list(field: Field, above: ast.AST) -> bool:
    """Tells whether what may be a list, which Linen makes a tuple, is compared, or asked for what it is."""
    match above:
        case ast.Compare():
            return ast.unparse(field.statement.annotation) not in _ATOMS
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
            return any(isinstance(n, ast.Name) and n.id in _SEQUENCES for n in walk(kinds))
    return False


def as_fields(plan: ClassPlan, witness: Witness = as_it_says) -> Witness:
    """Returns a witness that takes the module there for what its fields are: configuration."""
    given = {node for each in (plan, *plan.bases) for node in each.given_self}
    return lambda method, node, value, known: (
        Opaque() if node in given else witness(method, node, value, known)
    )


def check_given_self(plan: ClassPlan) -> None:
    """Raises Refused where NNX keeps a field under another name than such a function reads."""
    kept = {field: attribute for p in (plan, *plan.bases) for attribute, field in p.stores}
    for node, fields in plan.given_self.items():
        moved = next((name for name in sorted(fields) if kept.get(name) != name), None)
        if moved is not None:
            reason = (
                f"the module itself is handed on to what reads its field `{moved}`, which NNX has otherwise"
            )
            raise Refused("MN107", node, reason)
