"""Reads `setup`, which Linen runs at every apply: what is declared there, what is plain, what follows a parameter."""

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from ..appended import appended
from ..bindings import defines, paired, statements, stored
from ..model import LinenClass, Method, Refused
from ..read import creations
from .records import Derived

_PLAIN_CALLS = frozenset(
    [
        "int",
        "float",
        "bool",
        "str",
        "len",
        "tuple",
        "list",
        "dict",
        "set",
        "range",
        "min",
        "max",
        "sum",
        "abs",
        "round",
        "isinstance",
        "zip",
        "enumerate",
        "sorted",
        "divmod",
    ]
)
_SAYS = frozenset({"print", "warnings.warn"})
_LOGS = ("logging.", "absl.logging.")
_PLAIN_PREFIXES = ("math.", "functools.partial", "flax.linen.initializers.", "jax.nn.initializers.")


@dataclass(eq=False)
class Setup:
    """`aliases` leads from attributes to their declarations; `plain` are attributes that depend on fields alone,
    `modules` those that hold submodules."""

    method: Method | None = None
    aliases: dict[str, ast.Call] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    plain_statements: set[ast.stmt] = field(default_factory=set)
    derived: list[Derived] = field(default_factory=list)


def read_setup(
    cls: LinenClass, method: Method | None, known: Collection[str], made: Collection[ast.Call] = ()
) -> Setup:
    """Classifies every statement of `setup`. Raises Refused for one that is of no known kind."""
    if method is None:
        return Setup()
    return _Reader(cls, method, known, made).run()


class _Reader:
    def __init__(
        self, cls: LinenClass, method: Method, known: Collection[str], made: Collection[ast.Call] = ()
    ):
        self.cls, self.method, self.made = cls, method, made
        self.setup = Setup(method)
        self.known = set(known) | cls.constants
        self.calls = {c.call: c for c in creations(method)}
        self.locals: set[str] = set()
        self.order = list(statements(method.node.body))

    def run(self) -> Setup:
        for statement in self.order:
            self._read(statement)
        self._reassigned()
        self._derive()
        return self.setup

    def _reassigned(self) -> None:
        """An attribute that is assigned again is neither the parameter nor, where one of its values is not, plain."""
        makers: dict[str, list[ast.stmt]] = {}
        for statement in self.order:
            for attribute in _assigned(self.method, statement):
                makers.setdefault(attribute, []).append(statement)
        for attribute, found in makers.items():
            if len(found) > 1 and not all(s in self.setup.plain_statements for s in found):
                self.setup.aliases.pop(attribute, None)
                self.setup.plain.discard(attribute)
                self.setup.plain_statements -= set(found)

    def _read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Pass() | ast.If():
                pass
            case ast.For(target=target, iter=iterated):
                if self._plain(iterated, frozenset()):
                    self.locals |= stored(target)
            case ast.Raise() | ast.Assert():
                self.setup.plain_statements.add(statement)
            case ast.Expr(value=ast.Call() as call) if self._says(call):
                self.setup.plain_statements.add(statement)
            case ast.Expr(value=ast.Call(args=arguments)) if names := defines(statement):
                if not all(self._plain(a, frozenset()) for a in arguments):
                    self.locals -= names
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(attr="setup", value=ast.Call(func=ast.Name(id="super"))))
            ):
                pass
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                if not self._plain(value, frozenset()):
                    self.locals.discard(name)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
                self.locals.discard(name)
            case _ if paired(statement):
                self._pairs(statement)
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                self._assign(statement, target, value)
            case _:
                raise Refused("MN209", statement, f"`{ast.unparse(statement).splitlines()[0]}` in setup")

    def _says(self, call: ast.Call) -> bool:
        """Tells whether a call logs what it is given, which a constructor can do once as well."""
        name = self.cls.names.resolve(call.func) or ""
        if name not in _SAYS and not name.startswith(_LOGS):
            return False
        return all(self._plain(n, frozenset()) for n in (*call.args, *(k.value for k in call.keywords)))

    def _pairs(self, statement: ast.stmt) -> None:
        """`self.query, self.key = nn.Dense(d), nn.Dense(d)`: as so many assignments, where they are of one kind."""
        pairs = paired(statement)
        modules = [self._is_module(value) for _, value in pairs]
        plain = [self._plain(value, frozenset()) for _, value in pairs]
        if not all(modules) and not all(plain):
            raise Refused("MN209", statement, "setup assigns to something other than a name or an attribute")
        for target, value in pairs:
            self._assign(statement, target, value)

    def _assign(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        plain = self._plain(value, frozenset())
        if isinstance(target, ast.Name):
            if plain and (target.id in self.locals or not self._made_before(statement, target.id)):
                self.locals.add(target.id)
            else:
                self.locals.discard(target.id)
            return
        if not self.method.is_this(target) or not isinstance(target, ast.Attribute):
            if not (isinstance(target, ast.Tuple) and all(isinstance(e, ast.Name) for e in target.elts)):
                raise Refused(
                    "MN209", statement, "setup assigns to something other than a name or an attribute"
                )
            if plain and not any(self._made_before(statement, name) for name in stored(target)):
                self.locals |= stored(target)
            return
        creation = next((c for c in self.calls.values() if c.target is target), None)
        if creation is None and isinstance(value, ast.IfExp):
            creation = next(
                (c for c in self.calls.values() if c.node is value.body and _none(value.orelse)), None
            )
        if self._is_module(value):
            self.setup.modules.add(target.attr)
        elif creation is not None:
            self.setup.aliases[target.attr] = creation.call
        elif plain:
            self.setup.plain.add(target.attr)
            self.setup.plain_statements.add(statement)
            self.known.add(target.attr)

    def _is_module(self, value: ast.expr) -> bool:
        """A submodule, a list of them, or one that is there only on a condition."""
        match value:
            case ast.Name(id=name):
                return any(one.name == name for one in appended(self.method, self.made))
            case ast.ListComp(elt=value) | ast.IfExp(body=value, orelse=ast.Constant(value=None)):
                pass
        return value in self.made

    def _made_before(self, statement: ast.stmt, name: str) -> bool:
        return any(name in defines(s) for s in self.order[: self.order.index(statement)])

    def _plain(self, node: ast.AST, bound: frozenset[str]) -> bool:
        """Tells whether an expression is plain Python on fields: no arrays, no parameters, no unknown function."""
        match node:
            case ast.Call(func=function):
                name = self.cls.names.resolve(function) or ""
                if name not in _PLAIN_CALLS and not name.startswith(_PLAIN_PREFIXES):
                    return False
                return all(self._plain(n, bound) for n in (*node.args, *(k.value for k in node.keywords)))
            case ast.Attribute() if self.method.is_this(node):
                return node.attr in self.known or node.attr == "__class__"
            case ast.Name(id=name):
                local = any(name in defines(s) for s in self.order)
                return name in bound or name in self.locals or not local
            case (
                ast.ListComp(generators=gens)
                | ast.GeneratorExp(generators=gens)
                | ast.DictComp(generators=gens)
            ):
                bound = bound | {n.id for g in gens for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            case ast.Lambda(args=args):
                bound = bound | {a.arg for a in args.args}
        return all(
            self._plain(child, bound)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword)
        )

    def _derive(self) -> None:
        """Every other attribute follows a parameter, or may hold an array: it is computed where it is read."""
        own: dict[str, list[ast.stmt]] = {}
        for statement in self.order:
            for attribute in _assigned(self.method, statement):
                placed = self.setup.plain | self.setup.aliases.keys() | self.setup.modules
                if attribute not in placed:
                    own.setdefault(attribute, []).append(statement)
        for attribute, makers in own.items():
            keep: set[ast.stmt] = set()
            for statement in makers:
                self._needed(statement, keep)
            name = f"_{attribute}" if not attribute.startswith("_") else f"_compute{attribute}"
            if name in self.cls.methods:
                raise Refused(
                    "MN208", makers[0], f"`self.{attribute}` would become the method `{name}`, which exists"
                )
            local = len(makers) > 1 or self.method.parents[makers[0]] is not self.method.node
            if local and any(attribute in defines(s) for s in self.order):
                raise Refused(
                    "MN209", makers[0], f"setup uses `{attribute}` for a local and for an attribute"
                )
            self.setup.derived.append(Derived(attribute, name, frozenset(keep), local))

    def _needed(self, statement: ast.stmt, keep: set[ast.stmt]) -> None:
        if statement in keep:
            return
        keep.add(statement)
        around = [a for a in self.method.above(statement) if isinstance(a, ast.If | ast.For)]
        read = [statement, *(a.test if isinstance(a, ast.If) else a.iter for a in around)]
        names = {
            n.id for r in read for n in ast.walk(r) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        for other in self.order[: self.order.index(statement)]:
            if defines(other) & names and not _assigned(self.method, other):
                self._needed(other, keep)


def _assigned(method: Method, statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    targets = [target for target, _ in paired(statement)] or targets
    return [t.attr for t in targets if isinstance(t, ast.Attribute) and method.is_this(t)]


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
