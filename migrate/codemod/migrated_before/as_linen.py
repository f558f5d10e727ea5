"""An NNX class as the Linen class that it may have been: fields for the arguments, setup for the constructor."""

import ast
import copy
from collections.abc import Collection, Mapping, Sequence

from ...catalog.functions import RENAMED, SAME_OBJECT, SAME_RESULT
from ..names import Names, is_super
from ..trees import after_docstring, walk
from .layers import RNGS, NotRead, in_linen, layer_of

LINEN = "linen_"
"""What the code that is read calls flax.linen."""
_MODULE = "flax.nnx.Module"
_VARIABLES = {"flax.nnx.Param": "params", "flax.nnx.BatchStat": "batch_stats"}
_FUNCTIONS = {RENAMED.get(name, name): name for name in (*RENAMED, *sorted(SAME_OBJECT | SAME_RESULT))}
"""What Linen calls the functions of NNX that give the same."""
_FIRST_FROM = "flax.nnx.module.first_from"
_SHAPED = frozenset(f"jax.numpy.{name}" for name in ("empty", "full", "ones", "zeros"))
"""Functions whose first argument is the shape of what they make."""
_MODES = {"BatchNorm": "use_running_average"}
"""What a layer follows `train()` and `eval()` without."""


def is_nnx(node: ast.ClassDef, names: Names) -> bool:
    """Tells whether a class is an NNX module by itself."""
    return [names.resolve(base) for base in node.bases] == [_MODULE]


def as_linen(
    node: ast.ClassDef, names: Names, classes: Collection[str]
) -> tuple[ast.ClassDef, frozenset[str]]:
    """Returns the class, and which of the NNX `classes` of the project it builds. Raises NotRead."""
    if node.decorator_list or node.keywords:
        raise NotRead("it has a decorator")
    made = next((s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None)
    if made is None:
        raise NotRead("it has no constructor")
    setup = _Setup(made, names, classes)
    body: list[ast.stmt] = [*setup.fields(), setup.function()]
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement is not made:
            body.append(_method(statement, names, setup))
        elif statement is not made and not _says_nothing(statement):
            raise NotRead(f"`{_first_line(statement)}` in its body is not followed")
    base = _linen("Module")
    return ast.ClassDef(node.name, [base], [], body, []), frozenset(setup.made)


def _says_nothing(statement: ast.stmt) -> bool:
    """A docstring, `pass`, or the annotation of an attribute."""
    alone = isinstance(statement, ast.AnnAssign) and statement.value is None
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return alone or text or isinstance(statement, ast.Pass)


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0]


class _Setup:
    """The constructor `made` as setup: `variables` has the collection of each variable that it makes."""

    def __init__(self, made: ast.FunctionDef, names: Names, classes: Collection[str]):
        self.names, self.classes = names, classes
        self.this, *self.arguments = self._arguments(made.args)
        self.defaults = _defaults(made.args)
        self.variables: dict[str, str] = {}
        self.by_mode: dict[str, str] = {}
        self.made: set[str] = set()
        bound = {n.id for s in made.body for n in walk(s) if isinstance(n, ast.Name) and not _is_read(n)}
        if changed := bound & {RNGS, *(a.arg for a in self.arguments)}:
            raise NotRead(f"its constructor binds `{min(changed)}` anew")
        self.body = [s for each in after_docstring(made) for s in self._statement(each)]

    def _arguments(self, given: ast.arguments) -> list[ast.arg]:
        if given.vararg or given.kwarg or given.posonlyargs:
            raise NotRead("its constructor takes arguments that have no names")
        if RNGS not in {a.arg for a in given.kwonlyargs}:
            raise NotRead("its constructor does not take `rngs` by name alone")
        return [*given.args, *(a for a in given.kwonlyargs if a.arg != RNGS)]

    def fields(self) -> list[ast.stmt]:
        """The arguments of the constructor, sizes too."""
        return [
            ast.AnnAssign(
                ast.Name(a.arg, ast.Store()),
                a.annotation or ast.Name("object", ast.Load()),
                self.defaults.get(a.arg),
                1,
            )
            for a in self.arguments
        ]

    def function(self) -> ast.stmt:
        arguments = ast.arguments([], [ast.arg(self.this.arg)], None, [], [], None, [])
        return ast.FunctionDef("setup", arguments, self.body or [ast.Pass()], [])

    def _statement(self, statement: ast.stmt) -> Sequence[ast.stmt]:
        match statement:
            case ast.If(test=test, body=yes, orelse=no):
                body, otherwise = (
                    [s for each in block for s in self._statement(each)] for block in (yes, no)
                )
                return [ast.If(self._read(test), body or [ast.Pass()], otherwise)]
            case ast.Expr(value=ast.Call(func=function)) if is_super(function, "__init__"):
                return []
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                made = self._made(target, value)
                return [ast.Assign([target], made, lineno=statement.lineno)] if made is not None else []
            case ast.Pass():
                return []
        raise NotRead(f"`{_first_line(statement)}` in its constructor is not followed")

    def _made(self, target: ast.expr, value: ast.expr) -> ast.expr | None:
        """What an attribute of setup, or a local, is bound to; nothing where that is the field of the same name."""
        match target:
            case ast.Name():
                return self._read(value)
            case ast.Tuple(elts=names) if all(isinstance(name, ast.Name) for name in names):
                return self._read(value)
            case ast.Attribute(value=ast.Name(id=this), attr=name) if this == self.this.arg:
                if name not in {a.arg for a in self.arguments}:
                    return self._kept(name, value)
                if isinstance(value, ast.Name) and value.id == name:
                    return None
                raise NotRead(f"it keeps something else than its argument as `{name}`")
        raise NotRead(f"`{ast.unparse(target)}` in its constructor is not followed")

    def _kept(self, name: str, value: ast.expr) -> ast.expr:
        if not isinstance(value, ast.Call):
            return self._read(value)
        dotted = self.names.resolve(value.func) or ""
        given = [k for k in value.keywords if k.arg != RNGS]
        if dotted in _VARIABLES:
            return self._variable(name, _VARIABLES[dotted], value)
        if (layer := layer_of(dotted)) is not None:
            call = in_linen(value, layer)
            mode = _MODES.get(layer.linen)
            if mode is not None and mode not in {k.arg for k in call.keywords}:
                self.by_mode[name] = mode
            call.func = _linen(layer.linen)
            return self._read(call)
        if dotted in self.classes:
            self.made.add(dotted)
            return self._read(ast.Call(value.func, value.args, given))
        if (
            len(given) < len(value.keywords) or dotted.rpartition(".")[2][:1].isupper()
        ):  # it may have variables
            raise NotRead(f"`{ast.unparse(value.func)}` is not followed")
        return self._read(value)

    def _variable(self, name: str, collection: str, call: ast.Call) -> ast.expr:
        """`nnx.Param(init(rngs.params(), shape))` as `self.param("...", init, shape)`."""
        param, given = (
            collection == "params",
            call.args[0] if len(call.args) == 1 and not call.keywords else None,
        )
        match given:
            case ast.Call(func=init, args=[key, *shape]) if _is_key(key):
                head: list[ast.expr] = [init, *shape]
            case ast.Call(func=init, args=[shape, *_]) if self.names.resolve(init) in _SHAPED:
                head = [_linen("initializers", "zeros") if param else init, shape]
            case ast.Call():
                taken = [ast.arg("_")] if param else []
                head = [ast.Lambda(ast.arguments([], taken, None, [], [], None, []), given)]
            case _:
                raise NotRead(f"how its constructor makes `{name}` is not followed")
        self.variables[name] = collection
        own = [ast.Constant(each) for each in ([] if param else [collection]) + [name]]
        function = ast.Attribute(
            ast.Name(self.this.arg, ast.Load()), "param" if param else "variable", ast.Load()
        )
        return self._read(ast.Call(function, [*own, *head], []))

    def _read(self, node: ast.expr) -> ast.expr:
        """An expression with fields in the places of arguments, and with what Linen calls functions."""
        fields = {a.arg for a in self.arguments}
        return _Reader(self.names, dict.fromkeys(fields, self.this.arg)).visit(copy.deepcopy(node))  # type: ignore[no-any-return]


def _linen(*names: str) -> ast.expr:
    """Spells `flax.linen.<names>`."""
    return ast.parse(".".join((LINEN, *names)), mode="eval").body


def _defaults(given: ast.arguments) -> dict[str, ast.expr]:
    placed = zip(reversed(given.args), reversed(given.defaults), strict=False)
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {a.arg: default for a, default in (*placed, *named) if default is not None}


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_key(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and not (node.args or node.keywords)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == RNGS
    )


def _method(method: ast.FunctionDef, names: Names, setup: _Setup) -> ast.FunctionDef:
    """A method, with the values of variables where NNX reads or writes them by an index."""
    if method.decorator_list:
        raise NotRead(f"`{method.name}` has a decorator")
    this = method.args.args[0].arg if method.args.args else ""
    for node in walk(method):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr=name)) if (
                holder == this and name in setup.by_mode
            ):
                if setup.by_mode[name] not in {k.arg for k in node.keywords}:
                    raise NotRead(f"`train()` and `eval()` decide what `{name}` computes")
    found = _Reader(names, {}, setup.variables, this).visit(copy.deepcopy(method))
    assert isinstance(found, ast.FunctionDef)
    return found


class _Reader(ast.NodeTransformer):
    """Spells an expression, or a method, as Linen does. `fields` has the module by the names that are read off it."""

    def __init__(
        self,
        names: Names,
        fields: Mapping[str, str],
        variables: Mapping[str, str] | None = None,
        this: str = "",
    ):
        self.names, self.fields, self.variables, self.this = names, fields, variables or {}, this

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.fields and isinstance(node.ctx, ast.Load):
            return ast.Attribute(ast.Name(self.fields[node.id], ast.Load()), node.id, ast.Load())
        return self._named(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if (name := self._variable(node.value)) is not None and node.attr == "value":
            return self._value(node.value, name, node.ctx)
        return self._named(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self.names.resolve(node.func) == _FIRST_FROM:
            given = [self.visit(a) for a in node.args]
            return ast.Call(_linen("merge_param"), [ast.Constant("it"), *given], [])
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        whole = isinstance(node.slice, ast.Constant) and node.slice.value is ...
        if whole and (name := self._variable(node.value)) is not None:
            return self._value(node.value, name, node.ctx)
        return self.generic_visit(node)

    def _named(self, node: ast.Name | ast.Attribute) -> ast.expr:
        dotted = self.names.resolve(node) or ""
        if not dotted.startswith("flax.nnx."):
            if dotted == RNGS:
                raise NotRead("it draws from `rngs`, or keeps them")
            self.generic_visit(node)
            return node
        linen = _FUNCTIONS.get(dotted.removeprefix("flax.nnx."))
        if linen is None:
            raise NotRead(f"`{ast.unparse(node)}` is not followed")
        return _linen(*linen.split("."))

    def _variable(self, node: ast.expr) -> str | None:
        own = (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == self.this
        )
        return node.attr if own and node.attr in self.variables else None  # type: ignore[attr-defined]

    def _value(self, node: ast.expr, name: str, context: ast.expr_context) -> ast.expr:
        if self.variables[name] == "params":
            if not isinstance(context, ast.Load):
                raise NotRead(f"it writes the param `{name}`")
            return node
        return ast.Attribute(node, "value", context)
