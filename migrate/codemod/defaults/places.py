"""Where the program constructs a class: by whom, how often, and what may hold the module then."""

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..factories.mentioned import mentions
from ..factories.program import fields_of
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..trees import parents_of, remembered
from .reached import FUNCTIONS, bound_names, reached

_ROUNDS = (
    ast.For | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda
    | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
)  # fmt: skip
_HOLDS = ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Starred | ast.Lambda | ast.comprehension
_ASKS = frozenset({"isinstance", "issubclass", "super"})


class Place(NamedTuple):
    """A place that makes a class, or may: in the code of another class, or in none.

    `many` says that it may make several for one instance of that. Of a place in no class, one module may hold several;
    what a Linen class comes to there is `reached`.
    """

    node: ast.AST
    owner: LinenClass | None
    many: bool
    reached: bool = False
    call: ast.Call | None = None
    method: Method | None = None


class Places:
    """Finds the places of classes; what was found is remembered."""

    def __init__(self, project: Project):
        self.project = project
        self.classes = {cls.node: cls for cls in project.classes.values()}
        self.reached = reached(project)
        self._parents: dict[str, Mapping[ast.AST, ast.AST]] = {}
        self._found: dict[str, list[Place]] = {}

    def of(self, cls: LinenClass) -> list[Place]:
        """Returns every place that may make the class."""
        if cls.name not in self._found:
            nodes = mentions(self.project, cls.name)
            self._found[cls.name] = [p for n in nodes if (p := self._place(n, cls)) is not None]
        return self._found[cls.name]

    def _place(self, node: ast.AST, made: LinenClass) -> Place | None:
        above = self._above(node)
        call = _called(node, above)
        if call is None and _is_harmless(node, above, made):
            return None
        around = next(
            (i for i, a in enumerate(above) if isinstance(a, ast.ClassDef) and a in self.classes), None
        )
        if around is None:
            return self._outside(node, call, above)
        owner, inside = self.classes[above[around]], above[:around]  # type: ignore[index]
        method = next((m for m in owner.methods.values() if m.node in inside), None)
        if method is not None and method.kind is MethodKind.STATIC:
            return self._outside(node, call, above)
        return Place(node, owner, _is_many(call, inside, method), True, call, method)

    def _outside(self, node: ast.AST, call: ast.Call | None, above: Sequence[ast.AST]) -> Place:
        """A place in a script, or in a function that Linen classes may come to."""
        around = [a for a in above if isinstance(a, FUNCTIONS | ast.ClassDef)]
        reached = any(name in self.reached for a in around or above for name in bound_names(a))
        held = call is None or reached or _is_held(call, above)
        return Place(node, None, held, reached, call)

    def leaving_out(self, cls: LinenClass, field: str) -> list[Place]:
        """Returns those where the class may get the default of a field."""
        order = fields_of(cls, self.project)
        return [place for place in self.of(cls) if not _gives(place, order, field)]

    def _above(self, node: ast.AST) -> list[ast.AST]:
        found: list[ast.AST] = []
        parents = self._parents_of(node)
        while (node := parents.get(node)) is not None:  # type: ignore[assignment]
            found.append(node)
        return found

    def _parents_of(self, node: ast.AST) -> Mapping[ast.AST, ast.AST]:
        for module, source in self.project.sources.items():
            if module not in self._parents:
                self._parents[module] = parents_of(source.tree)
            if node in self._parents[module]:
                return self._parents[module]
        return {}


@remembered
def places_in(project: Project) -> Places:
    """Returns the places of all classes of a project."""
    return Places(project)


def _is_held(call: ast.Call, above: Sequence[ast.AST]) -> bool:
    """Tells whether another module, or a list of modules, may hold what a script makes."""
    return any(isinstance(a, _HOLDS | ast.Call) for a in above[above.index(call) + 1 :])


def _gives(place: Place, order: tuple[str, ...], field: str) -> bool:
    call = place.call
    if call is None or call.func is not place.node or any(isinstance(a, ast.Starred) for a in call.args):
        return False
    return field in {*order[: len(call.args)], *(k.arg for k in call.keywords)}


def _called(node: ast.AST, above: Sequence[ast.AST]) -> ast.Call | None:
    """The call of the class, or of one of its class methods."""
    for each in above:
        match each:
            case ast.Call(func=function) if function is node:
                return each
            case ast.Attribute(value=value) if value is node:
                node = each
            case _:
                return None
    return None


def _is_harmless(node: ast.AST, above: Sequence[ast.AST], made: LinenClass) -> bool:
    """A base, an annotation, a question: nothing that makes it or hands it on."""
    below = node
    for each in above:
        match each:
            case ast.ClassDef(bases=bases) if below in bases:
                return True
            case ast.AnnAssign(annotation=noted) | ast.arg(annotation=noted) if below is noted:
                return True
            case ast.FunctionDef(returns=noted) | ast.AsyncFunctionDef(returns=noted) if below is noted:
                return True
            case ast.Call(func=ast.Name(id=name)) if name in _ASKS:
                return True
            case ast.Compare() | ast.MatchClass() | ast.Import() | ast.ImportFrom() | ast.ExceptHandler():
                return True
            case ast.Attribute(value=value, attr=name) if value is below and name not in made.methods:
                return True
            case ast.stmt():
                return False
        below = each
    return False


def _is_many(call: ast.Call | None, inside: Sequence[ast.AST], method: Method | None) -> bool:
    """Tells whether an instance of the class around may have more than one made there."""
    if method is None:  # the default of a field, or what a default_factory makes
        given = [a for a in inside if isinstance(a, ast.keyword) and a.arg == "default_factory"]
        rounds: list[ast.AST] = [
            a for a in inside if isinstance(a, _ROUNDS) and not isinstance(a, ast.Lambda)
        ]
        lambdas = [a for a in inside if isinstance(a, ast.Lambda)]
        return bool(rounds) or len(lambdas) > len(given) or (call is None and not given)
    rounds = [a for a in inside[: inside.index(method.node)] if isinstance(a, _ROUNDS)]
    return call is None or bool(rounds) or method.kind not in (MethodKind.SETUP, MethodKind.COMPACT)
