"""Which names the statements of a method bind, change and share."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from .model import Method
from .trees import children, remembered, walk

_MUTATORS = frozenset(["append", "extend", "insert", "add", "update", "reverse", "sort"])
_TAKERS = frozenset(["pop", "popitem", "popleft", "remove", "discard", "clear", "setdefault"])
_KEEPS_SHAPE = frozenset({"astype", "asarray", "array", "copy", "stop_gradient"})


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements below, in source order, not going into nested functions and classes."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, name, []))
        for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            yield from statements(part.body)


@remembered
def stored(node: ast.AST) -> frozenset[str]:
    """Names that an assignment target, or a statement's own targets, bind."""
    return frozenset(n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def stored_outside(node: ast.AST) -> set[str]:
    """The same without the targets of comprehensions, which have a scope of their own."""
    inner = [n.target for n in walk(node) if isinstance(n, ast.comprehension)]
    own = {id(n) for target in inner for n in walk(target)}
    return {n.id for n in walk(node) if isinstance(n, ast.Name) and _is_store(n) and id(n) not in own}


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def paired(statement: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """Returns each target of `a, b = x, y` with its value; nothing for any other statement."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            starred = any(isinstance(each, ast.Starred) for each in (*targets, *values))
            return (
                list(zip(targets, values, strict=True)) if len(targets) == len(values) and not starred else []
            )
    return []


def bound_to(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.expr | None:
    """Returns the target that an assignment gives exactly the value of `node`.

    In a tuple, or as one half of a choice, only an attribute.
    """
    above = parents[node]
    if isinstance(above, ast.IfExp):
        nested = node is above.test or isinstance(parents[above], ast.IfExp)
        target = None if nested else bound_to(above, parents)
        return target if isinstance(target, ast.Attribute) else None
    if isinstance(above, ast.Tuple):
        target = next((t for t, value in paired(parents[above]) if value is node), None)
        return target if isinstance(target, ast.Attribute) else None
    if isinstance(above, ast.Assign):
        return above.targets[0] if len(above.targets) == 1 else None
    return above.target if isinstance(above, ast.AnnAssign) else None


@remembered
def defines(statement: ast.stmt) -> Set[str]:
    """Names that this statement, without those below it, binds or mutates."""
    bound: Set[str]
    match statement:
        case ast.Assign(targets=targets):
            bound = {name for t in targets for name in stored(t) | _roots(t)}
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            bound = stored(target) | _roots(target)
        case ast.For(target=target):
            bound = stored(target)
        case ast.With(items=items):
            bound = {name for i in items if i.optional_vars for name in stored(i.optional_vars)}
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return frozenset({name})
        case ast.Delete(targets=targets):
            bound = {name for t in targets for name in _roots(t)}
        case _:
            bound = set()
    return frozenset(bound | _mutated(statement))


def imported(statement: ast.stmt) -> set[str]:
    """Returns the names that an import binds; none of any other statement."""
    names = statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else []
    return {alias.asname or alias.name.partition(".")[0] for alias in names}


def annotations(node: ast.AST) -> Iterator[ast.AST]:
    """Yields all that stands in the annotations of one node: of an argument, a function, or an assignment."""
    for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if isinstance(annotation, ast.AST):
            yield from walk(annotation)


def quoted(part: ast.AST) -> set[str]:
    """Returns the names in an annotation that is a string."""
    text = part.value if isinstance(part, ast.Constant) else None
    return set(re.findall(r"[A-Za-z_]\w*", text)) if isinstance(text, str) else set()


def _roots(target: ast.expr) -> set[str]:
    """`x` of `x[0]` and of `x[0][1]`: what an assignment to a part of it changes."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return {changed for p in parts if isinstance(p, ast.Subscript) and (changed := root(p)) is not None}


def root(node: ast.expr) -> str | None:
    """Returns the name that `x[0][1]` takes a part of."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _mutated(statement: ast.stmt) -> set[str]:
    """Names on which the statement's own expressions call a method that changes a list or a dict."""
    found = set()
    own = [n for n in children(statement) if isinstance(n, ast.expr)]
    for call in (
        n for e in own for n in walk(e) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ):
        assert isinstance(call.func, ast.Attribute)
        alone = isinstance(statement, ast.Expr) and statement.value is call
        changed = root(call.func.value)
        if changed is not None and (call.func.attr in _TAKERS or (alone and call.func.attr in _MUTATORS)):
            found.add(changed)
    return found


def aliases(order: list[ast.stmt], name: str, parameters: Collection[str]) -> set[str]:
    """Names that may stand for the same list as `name`: `other = name` makes two."""
    found, size = {name}, 0
    while len(found) > size:
        size = len(found)
        for statement in order:
            match statement:
                case ast.Assign(targets=[ast.Name(id=left)], value=ast.Name(id=right)) if {
                    left,
                    right,
                } & found:
                    found |= {left, right}
    return found - set(parameters) | {name}


def rebinds(node: ast.AST, name: str) -> bool:
    """Tells whether a nested scope gives `name` a meaning of its own."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            own = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
            body = node.body if isinstance(node.body, list) else [node.body]
            return name in own or any(name in stored(s) for s in body)
    return name in bound_below(node)


def loads(body: Sequence[ast.stmt], name: str) -> Iterator[ast.Name]:
    """Reads of a function's own `name`: not those of a nested function or comprehension that binds it anew."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node
        elif not rebinds(node, name):
            waiting.extend(children(node))


def bound_below(node: ast.AST) -> set[str]:
    match node:
        case ast.Lambda(args=args):
            return {a.arg for a in walk(args) if isinstance(a, ast.arg)}
        case ast.ListComp(generators=gens) | ast.SetComp(generators=gens) | ast.GeneratorExp(generators=gens):
            return {name for g in gens for name in stored(g.target)}
        case ast.DictComp(generators=gens):
            return {name for g in gens for name in stored(g.target)}
    return set()


def keeps_shape(statement: ast.stmt, array: str) -> bool:
    """`x = jnp.asarray(x, dtype)` and `x = x.astype(dtype)` leave x's shape as it was."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return False
    function, call = statement.value.func, statement.value
    if not isinstance(function, ast.Attribute) or function.attr not in _KEEPS_SHAPE:
        return False
    if len(call.args) > 2 or any(k.arg != "dtype" for k in call.keywords):
        return False  # `ndmin` adds axes
    first = function.value if function.attr in ("astype", "copy") else next(iter(statement.value.args), None)
    return len(statement.targets) == 1 and isinstance(first, ast.Name) and first.id == array


def stores_in(method: Method, name: str) -> list[ast.Attribute]:
    """Returns the places in a method that assign `self.name`."""
    attributes = (n for n in walk(method.node) if isinstance(n, ast.Attribute))
    return [n for n in attributes if isinstance(n.ctx, ast.Store) and method.is_this(n, name)]


def default_of(method: Method, name: str) -> ast.expr | None:
    """Returns the default of an argument, where it has one."""
    spec = method.node.args
    placed = [*spec.posonlyargs, *spec.args]
    given = [*zip(reversed(placed), reversed(spec.defaults), strict=False)]
    given += [(a, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None]
    return next((default for argument, default in given if argument.arg == name), None)


def may_be_missing(method: Method, name: str) -> bool:
    """Tells whether an argument is None by default, or has no default and the method asks whether it is None."""
    by_itself = default_of(method, name) is None and name in method.compared_to_none
    return by_itself or is_none_by_default(method, name)


def is_none_by_default(method: Method, name: str) -> bool:
    """Tells whether the default of an argument is None."""
    default = default_of(method, name)
    return isinstance(default, ast.Constant) and default.value is None


def is_number(method: Method, name: str) -> bool:
    """Tells whether an argument is declared as a number, or has one by default."""
    spec, default = method.node.args, default_of(method, name)
    if isinstance(default, ast.Constant) and type(default.value) in (int, float):
        return True
    arguments = (a for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs) if a.arg == name)
    return any(isinstance(a.annotation, ast.Name) and a.annotation.id in ("int", "float") for a in arguments)


def read_outside_of_loops(method: Method) -> set[str]:
    """Returns the names that a method reads elsewhere than in a loop which binds them."""
    found = set()
    for node in walk(method.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loops = (a for a in method.above(node) if isinstance(a, ast.For))
            if not any(node.id in stored(loop.target) for loop in loops):
                found.add(node.id)
    return found
