"""Functions that a submodule is given, and that read locals: a constructor is at its end before they are called."""

import ast
from collections.abc import Iterator

from ..bindings import stored
from ..constructions import Construction
from ..model import Method, MethodKind, Refused
from ..trees import walk

_FUNCTIONS = (ast.FunctionDef, ast.Lambda)


def check_closures(construction: Construction) -> None:
    """Raises Refused where a function would see another value of a local than it does in Linen.

    What is given as an initializer of a layer is called at once.
    """
    method = construction.method
    if method.kind is not MethodKind.COMPACT:
        return  # setup runs to its end first in Linen too
    for name, node in construction.every.items():
        at_once = construction.layer is not None and name.endswith("_init")
        if not at_once and node in method.parents:
            _Closures(method, construction.call).check(name, node)


class _Closures:
    def __init__(self, method: Method, call: ast.Call):
        self.method, self.call = method, call
        self.loops = [a for a in method.above(call) if isinstance(a, ast.For | ast.While)]
        self.seen: set[ast.AST] = set()

    def check(self, argument: str, node: ast.AST) -> None:
        for function in self._functions(node):
            for local in sorted(self._free(function)):
                if self._changes(local):
                    reason = f"the function given as `{argument}` reads `{local}`, which is bound anew after it is made"
                    raise Refused("MN201", self.call, reason)
                for statement in self._binders(local):
                    self.check(argument, statement)

    def _functions(self, node: ast.AST) -> Iterator[ast.FunctionDef | ast.Lambda]:
        """The functions in an expression, and those that its names stand for."""
        if node in self.seen:
            return
        self.seen.add(node)
        inside = {n for part in walk(node) if self._is_array(part) for n in walk(part)}
        for part in walk(node):
            if part in inside:
                continue
            if isinstance(part, _FUNCTIONS):
                yield part
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                for statement in self._binders(part.id):
                    yield from self._functions(statement)

    def _is_array(self, node: ast.AST) -> bool:
        """Tells whether what is there is the shape of an argument, or a parameter, whatever it was made of."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="shape" | "ndim" | "size" | "dtype"):
                return name in self.method.parameters
            case ast.Call(func=ast.Attribute(attr="param") as function):
                return self.method.is_this(function)
        return False

    def _binders(self, name: str) -> list[ast.AST]:
        """What a local is bound to, where that may be a function."""
        found: list[ast.AST] = []
        for node in walk(self.method.node):
            if isinstance(node, ast.FunctionDef) and node.name == name and node is not self.method.node:
                found.append(node)
            elif isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in node.targets
            ):
                found.append(node.value)
        return found

    def _free(self, function: ast.FunctionDef | ast.Lambda) -> set[str]:
        body = function.body if isinstance(function.body, list) else [function.body]
        own = {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}
        own |= {name for part in body for name in stored(part)}
        read = {
            n.id
            for part in body
            for n in walk(part)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        return {name for name in read - own if self._stores(name)}

    def _stores(self, name: str) -> list[ast.AST]:
        """What binds a local of the method itself."""
        return [n for n in walk(self.method.node) if self._binds(n, name) and not self._inner(n)]

    def _binds(self, node: ast.AST, name: str) -> bool:
        if isinstance(node, ast.FunctionDef):
            return node.name == name and node is not self.method.node
        return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)

    def _inner(self, node: ast.AST) -> bool:
        scopes = (*_FUNCTIONS, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        return any(isinstance(a, scopes) for a in self.method.above(node))

    def _changes(self, name: str) -> bool:
        stores = self._stores(name)
        if name in self.method.parameters and stores:
            return True
        return len(stores) > 1 or any(loop in self.method.above(s) for s in stores for loop in self.loops)
