"""Functions outside of classes that create variables on the module they are given, as flax's own `_normalize` does.

Such a function is split: one part creates the variables and is called by constructors, the other reads them.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..bindings import stored
from ..model import Creation, LinenClass, Method, MethodKind, Refused
from ..names import Names
from ..project import Project
from ..read import creations
from ..sizes import Parameter, find_sizes
from ..slicer import Slicer
from ..slices import HelperCall
from ..source import Source
from ..trees import parents_of, walk
from .bodies import plan_body
from .naming import attribute_of, variable_type
from .records import ClassPlan, Form, Variable
from .references import references
from .setup import Setup

SUFFIX = "_variables"


@dataclass(frozen=True, eq=False)
class Helper:
    """`plan` holds the function as if it were a class; `inputs` are its parameters that creation depends on."""

    name: str
    plan: ClassPlan
    method: Method
    inputs: tuple[str, ...]

    @property
    def sizes(self) -> list[Parameter]:
        return self.plan.parameters


Helpers = dict[str, Helper | Refused]


def read_helpers(project: Project) -> dict[str, Helper | Refused]:
    """Returns every such function of the project by dotted name, or why it cannot be split."""
    found: dict[str, Helper | Refused] = {}
    for module, source in project.sources.items():
        for node in source.tree.body:
            this = _module_parameter(node) if isinstance(node, ast.FunctionDef) else None
            if this is not None and isinstance(node, ast.FunctionDef):
                name = f"{module}.{node.name}"
                try:
                    found[name] = _helper(name, node, this, source, project.names[module])
                except Refused as reason:
                    found[name] = reason
    return found


def _module_parameter(node: ast.FunctionDef) -> str | None:
    parameters = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr="param" | "variable") if name in parameters:
                return name
    return None


def _helper(name: str, node: ast.FunctionDef, this: str, source: Source, names: Names) -> Helper:
    if node.args.vararg or node.args.kwarg or node.args.posonlyargs or node.args.kwonlyargs:
        raise Refused("MN107", node, "the function takes more than plain parameters")
    if any(n.name == node.name + SUFFIX for n in source.tree.body if isinstance(n, ast.FunctionDef)):
        raise Refused("MN107", node, f"there is a function `{node.name}{SUFFIX}` already")
    parameters = tuple(a.arg for a in node.args.args if a.arg != this)
    parents = parents_of(node)
    method = Method(node, MethodKind.HELPER, this, parameters, parents)
    for use in (n for n in walk(node) if isinstance(n, ast.Name) and n.id == this):
        above = parents[use]
        if not isinstance(above, ast.Attribute) or above.attr not in ("param", "variable", "is_initializing"):
            raise Refused("MN107", use, f"the function does more with `{this}` than create variables")
    cls = LinenClass(name, node, source, names, (), (), {node.name: method}, frozenset(), True)  # type: ignore[arg-type]
    plan = ClassPlan(cls, variables=list(_variables(method)))
    slice_ = Slicer(cls, method, [v.creation for v in plan.variables], ()).run()
    sizes = find_sizes(slice_, source, names, parameters)
    if any(p.argument.template not in ("{}.shape", "{}.shape[-1]") for p in sizes.parameters):
        raise Refused("MN202", node, "the sizes of its variables do not come from its parameters")
    plan.parameters, plan.sizes = sizes.parameters, sizes.replace
    plan.takeover = [(method, slice_.keep - sizes.drop)]
    plan.bodies[node.name] = plan_body(plan, method, Setup())
    plan.references = references(plan)
    return Helper(name, plan, method, tuple(p for p in parameters if p in slice_.inputs))


def _variables(method: Method) -> Iterator[Variable]:
    for creation in creations(method):
        name, type_ = creation.name, variable_type(creation.collection)
        if (given := _given_name(method, creation)) is not None:
            yield Variable(creation, given, type_, Form.SETATTR, "", (), given, conditional=True)
            continue
        if name is None or not attribute_of(name).isidentifier():
            raise Refused("MN204", creation.call, "the function computes the names of its variables")
        attribute = attribute_of(name)
        yield Variable(creation, attribute, type_, Form.BIND, name, (attribute,), conditional=True)


def _given_name(method: Method, creation: Creation) -> str | None:
    """The parameter that has the name of a variable, as it was given."""
    node = creation.name_node
    named = isinstance(node, ast.Name) and node.id in method.parameters
    return node.id if named and isinstance(node, ast.Name) and node.id not in stored(method.node) else None


def variables_of(helper: Helper, call: HelperCall) -> Iterator[Variable]:
    """Yields the variables that a call of the helper makes, by the names that it gives them. Raises Refused."""
    for variable in helper.plan.variables:
        match call.given.get(variable.index):
            case None:
                yield variable
            case ast.Constant(value=str(name)) if name == attribute_of(name) and name.isidentifier():
                yield replace(variable, attribute=name, form=Form.BIND, linen=name, path=(name,), index="")
            case node:
                raise Refused(
                    "MN204", node, "the name of the variable is no literal that an attribute may have"
                )


def helper_calls(
    cls: LinenClass, method: Method, project: Project, helpers: dict[str, Helper | Refused]
) -> list[HelperCall]:
    """Returns the calls in `method` that hand the module to a helper. Raises Refused for one that is not split."""
    found = []
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        if not any(
            isinstance(a, ast.Name) and a.id == method.this
            for a in [*call.args, *(k.value for k in call.keywords)]
        ):
            continue
        helper = helpers.get(project.canonical(cls.names.resolve(call.func) or ""))
        if isinstance(helper, Refused):
            raise Refused("MN107", call, f"`{ast.unparse(call.func)}` cannot be split: {helper.message}")
        if helper is not None:
            found.append(_call(cls, method, call, helper))
    return found


def _call(cls: LinenClass, method: Method, call: ast.Call, helper: Helper) -> HelperCall:
    if helper.plan.cls.source is not cls.source:
        raise Refused(
            "MN107", call, f"`{ast.unparse(call.func)}` creates variables and is defined in another file"
        )
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        raise Refused("MN107", call, "its arguments are unpacked from a sequence or a dict")
    order = [a.arg for a in helper.method.node.args.args]
    given = dict(zip(order, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    module = given.get(helper.method.this)
    if not (isinstance(module, ast.Name) and module.id == method.this):
        raise Refused("MN107", call, "the module is handed on")
    arrays = {
        p.argument.parameter: -1 if p.argument.template.endswith("[-1]") else None for p in helper.sizes
    }
    if not all(isinstance(given[name], ast.Name) for name in arrays):
        raise Refused("MN202", call, "the array whose shape decides is not a name")
    return HelperCall(call, helper.name, given, arrays, tuple(n for n in helper.inputs if n in given))
