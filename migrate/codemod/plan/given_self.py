"""`sizes_of(self)`: functions outside of the class that read fields of the module, which keeps them for that."""

import ast
import builtins
from collections.abc import Mapping

from ..bindings import stored
from ..factories.resolve import line
from ..flow.callables import is_plain, parameters
from ..flow.found import Witness, as_it_says
from ..flow.values import Opaque
from ..model import Field, LinenClass, Method, Refused
from ..names import Names, first_name
from ..project import Project
from ..trees import walk
from .arrays import array_fields
from .definitions import lookup_in
from .instances import instance_fields
from .records import ClassPlan

_LATER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_ATOMS = frozenset({"int", "float", "str", "bool"})
_SEQUENCES = frozenset({"list", "tuple"})
_COMPUTING = ("jax.", "numpy.", "math.")


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
    own = {*method.parameters, *stored(method.node)}
    if not isinstance(call, ast.Call) or call.func is node or first_name(call.func) in own:
        return None
    known = lookup_in(project)(cls.names.resolve(call.func) or "")
    function = known.node if known is not None and not known.static else None
    asked = parameters(function) if isinstance(function, ast.FunctionDef) else None
    if known is None or asked is None or not isinstance(function, ast.FunctionDef):
        return None
    plain = not function.decorator_list and is_plain(function, known.names)
    if (
        not plain
        or any(isinstance(a, ast.Starred) for a in call.args)
        or not _only_computes(function, known.names)
    ):
        return None
    name = above.arg if isinstance(above, ast.keyword) else asked[0][call.args.index(node)]
    return _fields_of(function, name, cls, project) if name else None


def _only_computes(function: ast.FunctionDef, names: Names) -> bool:
    """Tells whether all that a function calls computes something: what may make a module is called nowhere."""
    own = {n.id for n in walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in walk(function) if isinstance(n, ast.arg)}
    for call in (n for n in walk(function) if isinstance(n, ast.Call)):
        name = names.resolve(call.func) or ""
        of_value = isinstance(call.func, ast.Attribute) and first_name(call.func) in own
        known = first_name(call.func) not in own and (hasattr(builtins, name) or name.startswith(_COMPUTING))
        if not of_value and not known:
            return False
    return True


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
        if read.attr not in kept or _is_otherwise(fields[read.attr], read, around[read]):
            return None
        found.add(read.attr)
    return frozenset(found)


def _is_otherwise(field: Field, read: ast.expr, above: ast.AST) -> bool:
    """Tells whether what may make a module is called, or what may be a list, a tuple in Linen, is compared."""
    match above:
        case ast.Call(func=function) if function is read:
            return True
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
