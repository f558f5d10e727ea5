"""Which functions can be read in the place of their calls: one expression, of their arguments and names of the file."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...catalog.layers import find
from ..model import LinenClass
from ..names import Names, first_name
from ..project import Project
from ..source import Source
from ..trees import walk

SCOPES = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.NamedExpr
OTHERWISE = ast.Await | ast.Yield | ast.YieldFrom | ast.JoinedStr | ast.Starred


@dataclass(frozen=True, eq=False)
class Function:
    """A function of a file, all of whose parameters have names; `defaults` by parameter."""

    name: str
    source: Source
    parameters: tuple[str, ...]
    defaults: Mapping[str, ast.expr]

    @property
    def full_name(self) -> str:
        return f"{self.source.module}.{self.name}"

    @property
    def of_defaults(self) -> set[str]:
        """The names of the file that the defaults read."""
        return {n.id for d in self.defaults.values() for n in walk(d) if isinstance(n, ast.Name)}


@dataclass(frozen=True, eq=False)
class Builder(Function):
    """One whose only statement returns `value`; `free` are names of the file."""

    value: ast.Call
    free: frozenset[str]

    @property
    def reads(self) -> Collection[str]:
        return self.free

    def count(self, parameter: str) -> int:
        """Returns how often the parameter is read."""
        return sum(isinstance(n, ast.Name) and n.id == parameter for n in walk(self.value))


def read_functions(source: Source, names: Names, project: Project) -> dict[str, Builder]:
    """Returns the functions of a file that build a module in one expression, by name.

    One that calls a function with statements of its own, which makes modules too, is read as statements.
    """
    tops = [n for n in source.tree.body if isinstance(n, ast.FunctionDef)]
    found = {node.name: builder for node in tops if (builder := _builder(node, source, names, project))}
    longer = {n.name for n in tops if n.name not in found and any(_is_made(m, names) for m in walk(n))}
    return {name: b for name, b in found.items() if is_bound_once(name, source) and not b.free & longer}


def is_bound_once(name: str, source: Source) -> bool:
    """Tells whether one statement at the top of a file binds a name."""
    return source.names_at_top.count(name) == 1


def _builder(node: ast.FunctionDef, source: Source, names: Names, project: Project) -> Builder | None:
    value, function = returned(node), signature(node, source)
    if value is None or function is None or any(isinstance(n, SCOPES | OTHERWISE) for n in walk(value)):
        return None
    free = {n.id for n in walk(value) if isinstance(n, ast.Name)} - {*function.parameters}
    free |= function.of_defaults
    roots = [n for n in walk(value) if isinstance(n, ast.Name | ast.Attribute)]
    layers = [n for n in roots if first_name(n) not in function.parameters and is_layer(n, names)]
    own = any(
        class_of(n, names, project) is not None for n in roots
    )  # the function would go on to construct it
    return (
        Builder(node.name, source, function.parameters, function.defaults, value, frozenset(free))
        if layers and not own
        else None
    )


def signature(node: ast.FunctionDef, source: Source) -> Function | None:
    """Reads what a function takes; None where it is decorated, or a call does not tell what each parameter is."""
    arguments = node.args
    parameters = tuple(a.arg for a in arguments.args)
    defaults = dict(zip(reversed(parameters), reversed(arguments.defaults), strict=False))
    odd = node.decorator_list or arguments.vararg or arguments.kwarg or arguments.posonlyargs
    plain = all(_is_steady(default) for default in defaults.values())
    if odd or arguments.kwonlyargs or not plain:
        return None
    return Function(node.name, source, parameters, defaults)


def _is_steady(default: ast.expr) -> bool:
    """Tells whether a default is the same wherever it is spelled: a literal, or what a module has, `nn.relu`."""
    if isinstance(default, ast.Attribute):
        return bool(first_name(default))
    return all(isinstance(n, ast.Constant | ast.Tuple | ast.Load) for n in walk(default))


def returned(node: ast.FunctionDef) -> ast.Call | None:
    """Returns the call that is all that a function does, behind its docstring."""
    match node.body:
        case [ast.Return(value=ast.Call() as value)]:
            return value
        case [ast.Expr(value=ast.Constant(value=str())), ast.Return(value=ast.Call() as value)]:
            return value
    return None


def _is_made(node: ast.AST, names: Names) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and is_layer(node, names)


def is_layer(node: ast.expr, names: Names) -> bool:
    """Tells whether an expression names a layer of the catalog."""
    layer = names.linen(node)
    return layer is not None and find(layer.rpartition(".")[2]) is not None


def class_of(node: ast.expr, names: Names, project: Project) -> LinenClass | None:
    """Returns the Linen class of the project that an expression names."""
    name = names.resolve(node) or ""
    return project.classes.get(project.canonical(name if "." in name else f"{names.module}.{name}"))


def names_module(node: ast.expr, names: Names, project: Project) -> bool:
    """Tells whether an expression names a layer of the catalog, or a Linen class of the project."""
    return is_layer(node, names) or class_of(node, names, project) is not None
