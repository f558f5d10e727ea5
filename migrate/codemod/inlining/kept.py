"""`self.norm = partial(nn.LayerNorm, use_bias=False)`: what makes modules, kept by setup, read where it is called."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..bindings import stored
from ..factories.program import has_family
from ..lifts import lift_of
from ..model import LinenClass, Method, MethodKind
from ..names import first_name
from ..project import Project
from ..rewording import Rewording, instead_of
from ..spelling import spelled
from ..trees import walk
from .builders import SCOPES, names_module
from .text import one_line
from .unused import mentions

_PARTIAL = "functools.partial"
_STEADY = ("flax.", "jax.")  # packages whose functions, called again, give what they gave before


@dataclass(frozen=True)
class _Recipe:
    """What is called to make a module, as code, and the arguments that are already given."""

    function: str
    positional: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)

    def called(self, given: "_Recipe") -> "_Recipe":
        """Returns it with the arguments of a call behind its own; of two with one name, that of the call."""
        positional = (*self.positional, *given.positional)
        return _Recipe(self.function, positional, {**self.named, **given.named})

    @property
    def code(self) -> str:
        given = [*self.positional, *(f"{name}={code}" for name, code in self.named.items())]
        return f"{self.function}({', '.join(given)})"


def read_kept(project: Project) -> list[Rewording]:
    """Returns the calls of such attributes as calls of what they hold, and the statements of setup without them."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        setup = cls.methods.get("setup")
        if setup is not None and setup.kind is MethodKind.SETUP:
            found += _Reader(cls, setup, project).read()
    return found


class _Reader:
    def __init__(self, cls: LinenClass, setup: Method, project: Project):
        self.cls, self.setup, self.project = cls, setup, project
        self.fields = {f.name for f in cls.fields}
        self.recipes: dict[str, _Recipe] = {}
        self.roots: dict[str, set[str]] = {}
        self.statements: dict[str, ast.Assign] = {}

    def read(self) -> list[Rewording]:
        for statement in self.setup.node.body:
            match statement:
                case ast.Assign(targets=[ast.Attribute(attr=name) as target], value=ast.Call() as value):
                    recipe = self._recipe(value) if self.setup.is_this(target) else None
                    if recipe is not None:
                        self.recipes[name], self.statements[name] = recipe, statement
                        self.roots[name] = {n.id for n in walk(value) if isinstance(n, ast.Name)}
        if self.recipes and has_family(self.cls, self.project):
            return []
        while gone := {name for name in self.recipes if not self._is_followed(name)}:
            for name in gone:  # and with it those that are made of it
                del self.recipes[name], self.statements[name]
        written = [self._written(call) for name in self.recipes for call in self._calls(name)]
        known = [one for one in written if one is not None]
        if len(known) < len(written) or not known:
            return []
        return [*known, *map(self._dropped, self.statements.values())]

    def _recipe(self, node: ast.expr) -> _Recipe | None:
        """Reads a partial or a transform of a class; the class alone is one only below them."""
        if not isinstance(node, ast.Call):
            return self._class(node)
        lifted = lift_of(node, self.cls.names)
        if lifted is not None:
            inner, function = self._recipe(lifted[1]), self._code(node.func)
            rest = self._arguments(node, without=lifted[1])
            if inner is None or function is None or rest is None:
                return None
            around = _Recipe(function, (inner.function, *rest.positional), rest.named)
            return _Recipe(around.code, inner.positional, inner.named)
        if self.cls.names.resolve(node.func) != _PARTIAL or not node.args:
            return None
        inner, given = self._recipe(node.args[0]), self._arguments(node, without=node.args[0])
        return inner.called(given) if inner is not None and given is not None else None

    def _class(self, node: ast.expr) -> _Recipe | None:
        if self.setup.is_this(node):
            assert isinstance(node, ast.Attribute)
            return self.recipes.get(node.attr)
        known = names_module(node, self.cls.names, self.project)
        code = self._code(node)
        return _Recipe(code) if known and code is not None and first_name(node) else None

    def _arguments(self, call: ast.Call, without: ast.expr | None = None) -> _Recipe | None:
        """The arguments of a call, one left out; None where one is not spelled out or has more than one line."""
        if any(isinstance(node, ast.Starred) for node in call.args) or any(not k.arg for k in call.keywords):
            return None
        given = [("", node) for node in call.args] + [(str(k.arg), k.value) for k in call.keywords]
        codes = [(name, self._code(node)) for name, node in given if node is not without]
        known = [(name, code) for name, code in codes if code is not None]
        if len(known) < len(codes):
            return None
        positional = tuple(code for name, code in known if not name)
        return _Recipe("", positional, {name: code for name, code in known if name})

    def _code(self, node: ast.expr) -> str | None:
        return one_line(self.cls.source.segment(node))

    def _is_followed(self, name: str) -> bool:
        """Tells whether all that has its name calls it, and what it holds is the same wherever it is spelled out."""
        statement = self.statements[name]
        named = [(method, node) for method, node in self._mentions() if name in spelled(node)]
        uses = all(self._is_use(method, node) for method, node in named if node is not statement.targets[0])
        known = name not in self.fields and self._is_steady(statement.value)
        return known and uses and not self._is_elsewhere(name)

    def _mentions(self) -> Iterator[tuple[Method, ast.AST]]:
        for method in self.cls.methods.values():
            yield from ((method, node) for node in walk(method.node))

    def _is_use(self, method: Method, node: ast.AST) -> bool:
        """A call in setup or a compact method, or what another one is made of."""
        if not method.is_this(node) or method.kind not in (MethodKind.SETUP, MethodKind.COMPACT):
            return False
        above = method.parents[node]
        if isinstance(above, ast.Call) and above.func is node:
            roots = set[str]().union(*self.roots.values()) - {method.this}
            bound = {*stored(method.node), *(n.arg for n in walk(method.node) if isinstance(n, ast.arg))}
            return method.this == self.setup.this and roots.isdisjoint(bound)
        statement = method.statement(node)
        return method is self.setup and statement in self.statements.values()

    def _is_elsewhere(self, name: str) -> bool:
        """Tells whether code outside of the class may mean the attribute."""
        own = {n for _, n in self._mentions()}
        found = mentions(name, self.cls, self.project)
        return any(n not in own and isinstance(n, ast.Attribute | ast.Constant) for n in found)

    def _is_steady(self, value: ast.expr) -> bool:
        """Tells whether the arguments read fields and names of the file alone, and call what gives the same again."""
        below, attributes = [*walk(value)], [n for n in walk(value) if isinstance(n, ast.Attribute)]
        mine = {n.attr for n in attributes if self.setup.is_this(n)}
        calls = [self.cls.names.resolve(n.func) or "" for n in below if isinstance(n, ast.Call)]
        written = {n.attr for _, n in self._mentions() if isinstance(n, ast.Attribute) and _is_stored(n)}
        return (
            not any(isinstance(n, SCOPES) for n in below)
            and mine <= self.fields | self.recipes.keys()
            and all(called == _PARTIAL or called.startswith(_STEADY) for called in calls)
            and {n.id for n in below if isinstance(n, ast.Name)}.isdisjoint(stored(self.setup.node))
            and written.isdisjoint(self.fields)
        )

    def _calls(self, name: str) -> Iterator[ast.Call]:
        for method, node in self._mentions():
            above = method.parents[node] if method.is_this(node, name) else None
            if isinstance(above, ast.Call) and above.func is node:
                yield above

    def _written(self, call: ast.Call) -> Rewording | None:
        """The call over as many lines as it has."""
        assert isinstance(call.func, ast.Attribute)
        given = self._arguments(call)
        inside = [n for argument in (*call.args, *call.keywords) for n in walk(argument)]
        nested = any(isinstance(n, ast.Attribute) and n.attr in self.recipes for n in inside)
        if given is None or nested or self._code(call) is None:
            return None
        made = self.recipes[call.func.attr].called(given)
        breaks = self.cls.source.newline * ((call.end_lineno or call.lineno) - call.lineno)
        return Rewording(self.cls, call, f"{made.code[:-1]}{breaks})")

    def _dropped(self, statement: ast.Assign) -> Rewording:
        """`pass` over as many lines."""
        breaks = self.cls.source.newline * ((statement.end_lineno or statement.lineno) - statement.lineno)
        return instead_of(self.cls, statement, f"pass{breaks}")


def _is_stored(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)
