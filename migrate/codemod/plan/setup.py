"""Reads `setup`, which Linen runs at every apply: what is declared there, what is plain, what follows a parameter."""

import ast
import builtins
from collections.abc import Collection, Sequence

from ..appended import appended
from ..bindings import defines, paired, root, statements, stored
from ..copied import Changes
from ..grown import goes_on
from ..listed import are_modules, listed
from ..model import LinenClass, Method, Refused
from ..read import creations
from ..trees import is_none
from .derived import Setup, assigned, derive
from .only_checks import only_checks
from .says import says

_PLAIN_CALLS = frozenset([
    "int", "float", "bool", "str", "len", "tuple", "list", "dict", "set", "range", "min", "max",
    "sum", "abs", "round", "isinstance", "zip", "enumerate", "sorted", "divmod",
])  # fmt: skip
_FUNCTIONS = frozenset({"flax.linen", "flax.linen.activation", "jax.lax", "jax.nn", "jax.numpy"})
"""Modules of which `getattr(jnp, name)` takes a function."""

_PLAIN_PREFIXES = ("copy.", "math.", "functools.partial", "flax.linen.initializers.", "jax.nn.initializers.")


def read_setup(
    cls: LinenClass,
    method: Method | None,
    known: Collection[str],
    made: Collection[ast.Call] = (),
    gone: Collection[ast.stmt] = (),
) -> Setup:
    """Classifies every statement of `setup` but those that are `gone`. Raises Refused for one of no known kind."""
    if method is None:
        return Setup()
    return _Reader(cls, method, known, made, gone).run()


class _Reader:
    def __init__(
        self, cls: LinenClass, method: Method, known: Collection[str], made: Collection[ast.Call],
        gone: Collection[ast.stmt],
    ):  # fmt: skip
        self.cls, self.method, self.made = cls, method, made
        self.setup = Setup(method)
        self.known = set(known) | cls.constants
        self.calls = {c.call: c for c in creations(method)}
        self.locals: set[str] = set()
        self.order = [s for s in statements(method.node.body) if s not in gone]
        self.changes = Changes(method, cls.names)

    def run(self) -> Setup:
        for statement in self.order:
            self._read(statement)
        self._reassigned()
        derive(self.cls, self.setup, self.made)
        return self.setup

    def _reassigned(self) -> None:
        """An attribute that is assigned again is neither the parameter nor, where one of its values is not, plain."""
        makers: dict[str, list[ast.stmt]] = {}
        for statement in self.order:
            for attribute in assigned(self.method, statement):
                makers.setdefault(attribute, []).append(statement)
        for attribute, found in makers.items():
            if len(found) > 1 and not self._is_one(found):
                self.setup.aliases.pop(attribute, None)
                self.setup.plain.discard(attribute)
                self.setup.plain_statements -= set(found)

    def _is_one(self, makers: list[ast.stmt]) -> bool:
        """Tells whether all that an attribute is given is plain, or one variable on every side of a condition."""
        declared = [
            c.name for s in makers for c in self.calls.values() if c.node is getattr(s, "value", None)
        ]
        variable = len(declared) == len(makers) and None not in declared and len({*declared}) == 1
        return variable or all(s in self.setup.plain_statements for s in makers)

    def _read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Pass() | ast.If():
                pass
            case ast.For(target=target, iter=iterated):
                if self._plain(iterated, frozenset()):
                    self.locals |= stored(target)
            case ast.Raise() | ast.Assert():
                self.setup.plain_statements.add(statement)
            case ast.Expr(value=ast.Call(args=arguments)) if names := defines(statement):
                if not all(self._plain(a, frozenset()) for a in arguments):
                    self.locals -= names
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(value=ast.Call() as call) if self._says(call):
                self.setup.plain_statements.add(statement)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if self._is_error(name):
                pass  # made, and not raised
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                if not self._plain(value, frozenset()):
                    self.locals.discard(name)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(attr="setup", value=ast.Call(func=ast.Name(id="super"))))
            ):
                pass
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                self._assign(statement, target, value)
            case _ if not goes_on(self.method, statement, self.made):
                raise Refused("MN209", statement, f"`{ast.unparse(statement).splitlines()[0]}` in setup")

    def _says(self, call: ast.Call) -> bool:
        """Tells whether a call logs what it is given, or checks it, which a constructor can do once as well."""
        checks = only_checks(self.cls, call.func, _PLAIN_CALLS) and not self._is_local(call.func)
        return (checks or says(self.cls, call)) and all(
            self._plain(n, frozenset()) for n in (*call.args, *(k.value for k in call.keywords))
        )

    def _is_local(self, function: ast.expr) -> bool:
        return isinstance(function, ast.Name) and any(function.id in defines(s) for s in self.order)

    def _is_error(self, name: str) -> bool:
        found = getattr(builtins, self.cls.names.resolve(ast.Name(name)) or "", None)
        return isinstance(found, type) and issubclass(found, Exception)

    def _assign(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        plain = self._plain(value, frozenset())
        if isinstance(target, ast.Name):
            if plain and self._stays_plain(statement, target.id):
                self.locals.add(target.id)
            else:
                self.locals.discard(target.id)
            return
        if isinstance(target, ast.Tuple):
            self._unpack(statement, target, plain)
            return
        if (part := root(target)) is not None and part != self.method.this:
            self.locals.discard(part)
            return
        if plain and statement in self.changes.changed:
            return
        if not self.method.is_this(target) or not isinstance(target, ast.Attribute):
            held = ast.unparse(target.value) if isinstance(target, ast.Attribute) else ""
            reason = (
                f"setup changes a part of `{held}`, which others may hold too: of a copy it can be followed"
            )
            other = "setup assigns to something other than a name or an attribute"
            raise Refused("MN209", statement, reason if held else other)
        creation = next((c for c in self.calls.values() if c.target is target), None)
        if creation is None and isinstance(value, ast.IfExp):
            creation = next(
                (c for c in self.calls.values() if c.node is value.body and is_none(value.orelse)), None
            )
        if self._is_module(value):
            self.setup.modules.add(target.attr)
        elif creation is not None:
            self.setup.aliases[target.attr] = creation.call
        elif plain:
            self.setup.plain.add(target.attr)
            self.setup.plain_statements.add(statement)
            self.known.add(target.attr)

    def _stays_plain(self, statement: ast.stmt, name: str) -> bool:
        """Tells whether a local holds nothing else before a statement that gives it something plain."""
        return name in self.locals or not self._made_before(statement, name)

    def _unpack(self, statement: ast.stmt, target: ast.Tuple, plain: bool) -> None:
        """`self.rows, self.columns = shape`; what a statement gives to several names is followed as one."""
        if not all(isinstance(e, ast.Name) or self.method.is_this(e) for e in target.elts):
            raise Refused("MN209", statement, "setup unpacks to something other than names and attributes")
        attributes = assigned(self.method, statement)
        pairs = paired(statement)
        if attributes and pairs and self._pairs(statement, pairs):
            return
        if not attributes and plain and all(self._stays_plain(statement, n) for n in stored(target)):
            self.locals |= stored(target)
            return
        self.locals -= stored(target)
        if attributes and len(attributes) < len(target.elts):
            raise Refused("MN209", statement, "setup unpacks to names and attributes at once")
        if attributes and plain:
            self.setup.plain.update(attributes)
            self.setup.plain_statements.add(statement)
            self.known.update(attributes)

    def _pairs(self, statement: ast.stmt, pairs: Sequence[tuple[ast.expr, ast.expr]]) -> bool:
        """`self.query, self.key = nn.Dense(d), nn.Dense(d)`: as so many assignments, where they are of one kind."""
        modules = [self._is_module(value) for _, value in pairs]
        plain = [self._plain(value, frozenset()) for _, value in pairs]
        declared = {c.node: c.call for c in self.calls.values()}
        if all(value in declared and self.method.is_this(target) for target, value in pairs):
            self.setup.aliases |= {t.attr: declared[v] for t, v in pairs if isinstance(t, ast.Attribute)}
        elif all(modules) or all(plain):
            for target, value in pairs:
                self._assign(statement, target, value)
        elif any(modules) or any(value in declared for _, value in pairs):
            raise Refused("MN209", statement, "setup assigns modules or variables and other things at once")
        else:
            return False
        return True

    def _is_module(self, value: ast.expr) -> bool:
        """A submodule, a list of them, or one that is there only on a condition."""
        match value:
            case ast.Name(id=name):
                return any(one.name == name for one in appended(self.method, self.made))
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return are_modules(elements, self.made, self.cls.names)
            case ast.Dict(values=elements):
                return any(one.node is value and one.keys for one in listed(self.method)) and are_modules(
                    elements, self.made, self.cls.names
                )
            case ast.ListComp(elt=value):
                pass
            case ast.IfExp(body=yes, orelse=no):
                others = [half for half in (yes, no) if half not in self.made]
                if len(others) < 2 and not all(self._plain(half, frozenset()) for half in others):
                    reason = "setup chooses between a module and what may follow a parameter or hold an array"
                    raise Refused("MN101", value, reason)
                return len(others) < 2
        return value in self.made

    def _made_before(self, statement: ast.stmt, name: str) -> bool:
        return any(name in defines(s) for s in self.order[: self.order.index(statement)])

    def _plain(self, node: ast.AST, bound: frozenset[str]) -> bool:
        """Tells whether an expression is plain Python on fields: no arrays, no parameters, no unknown function."""
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[module, name], keywords=[]) if (
                self.cls.names.resolve(module) in _FUNCTIONS
            ):
                return self._plain(name, bound)
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


__all__ = ["Setup", "read_setup"]
