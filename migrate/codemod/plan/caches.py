"""Variables that a call makes when it is asked to, such as a decode cache: attributes that are None until then."""

import ast
from collections.abc import Iterator, Sequence

from ..branches import of_module, way_to
from ..lifts import decorating
from ..model import Creation, LinenClass, Method, MethodKind, Refused
from ..trees import walk
from .layer_rules import decodes
from .records import ClassPlan


def asked_for(cls: LinenClass, creations: Sequence[Creation]) -> set[Creation]:
    """Returns the creations that only run where a call asks for them, or where the variable is already there.

    They stand in a compact method that the class calls behind `self.has_variable(...) or init_cache`.
    """
    return {c for c in creations if _is_asked_for(cls, c)}


def _is_asked_for(cls: LinenClass, creation: Creation) -> bool:
    method = creation.method
    if creation.is_param or creation.name is None or method.kind is not MethodKind.COMPACT:
        return False
    calls = [(m, n) for m in cls.methods.values() for n in _calls_of(m, method.node.name)]
    return bool(calls) and all(_asks(m, call, creation.collection) for m, call in calls)


def made_at_first(creations: Sequence[Creation], why: Refused) -> frozenset[ast.Call]:
    """Returns the creations that the first call runs into, which asks before them whether one of them is there.

    `why` says that a constructor cannot make one of them: its shape is that of what a call computes.
    """
    first = next((c for c in creations if why.code == "MN108" and why.node in {*walk(c.call)}), None)
    if first is None or not _is_cache(first):
        return frozenset()
    block = first.method.block(first.method.statement(first.call))
    beside = [c for c in creations if c.method is first.method and c.collection == first.collection]
    statements = [c.method.statement(c.call) for c in beside]
    together = all(_is_cache(c) and s in block for c, s in zip(beside, statements, strict=True))
    found = together and _asks_before(beside, block, statements)
    return frozenset(c.call for c in beside) if found else frozenset()


def _is_cache(creation: Creation) -> bool:
    """Tells whether a compact method declares a cache by its name, on conditions that the module answers alone."""
    method, conditions = creation.method, way_to(creation.method, creation.call)
    return (
        creation.collection == "cache"
        and creation.name is not None
        and method.kind is MethodKind.COMPACT
        and all(isinstance(c, ast.If) and p == "body" and of_module(method, c.test) for c, p in conditions)
    )


def _asks_before(beside: Sequence[Creation], block: Sequence[ast.stmt], made: Sequence[ast.stmt]) -> bool:
    """Tells whether `is_initialized = self.has_variable("cache", "key")` stands in front of all of them."""
    names = {(c.collection, c.name) for c in beside}
    method = beside[0].method
    asked = [s for s in block if isinstance(s, ast.Assign) and has_variable(method, s.value) in names]
    first = min((s.lineno for s in made), default=0)
    return len(asked) == 1 and asked[0].lineno < first


def _calls_of(method: Method, name: str) -> Iterator[ast.AST]:
    return (n for n in walk(method.node) if method.is_this(n, name))


def _asks(method: Method, call: ast.AST, collection: str) -> set[str]:
    """Returns the arguments that a condition around a call reads which asks for a variable of the collection too."""
    tests = [a.test for a, part in way_to(method, call) if isinstance(a, ast.If) and part == "body"]
    found = set[str]()
    for test in tests:
        asked = (has_variable(method, n) for n in walk(test))
        if any(a is not None and a[0] == collection for a in asked):
            found |= {n.id for n in walk(test) if isinstance(n, ast.Name)} & {*method.parameters}
    return found


def has_variable(method: Method, node: ast.AST) -> tuple[str, str] | None:
    """Returns the collection and the name that `self.has_variable("cache", "key")` asks for."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="has_variable") as function,
            args=[ast.Constant(value=str(collection)), ast.Constant(value=str(name))],
            keywords=[],
        ) if method.is_this(function):
            return collection, name
    return None


def looked_up(method: Method, node: ast.AST) -> tuple[str, str] | None:
    """Returns the collection and the name that `self.variables["cache"]["key"]` reads."""
    match node:
        case ast.Subscript(
            value=ast.Subscript(
                value=ast.Attribute(attr="variables") as variables, slice=ast.Constant(value=str(collection))
            ),
            slice=ast.Constant(value=str(name)),
            ctx=ast.Load(),
        ) if method.is_this(variables):
            return collection, name
    return None


def check_made(creation: Creation) -> ast.stmt:
    """Returns the statement that gives way to the creation of the variable. Raises Refused for one that does more."""
    statement = creation.method.statement(creation.call)
    bound = isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(creation.target, ast.Name)
    if getattr(statement, "value", None) is not creation.call or not (
        bound or isinstance(statement, ast.Expr)
    ):
        reason = f"the variable `{creation.name}`, which only some calls make, is part of an expression"
        raise Refused("MN206", creation.call, reason)
    return statement


def check_transforms(plan: ClassPlan) -> None:
    """Raises Refused where a method of the class is transformed: a variable made in there would stay there."""
    made = next((v for v in plan.every_variable if v.asked), None)
    lifted = (d for m in plan.cls.methods.values() for d, _ in decorating(m, plan.cls.names))
    transform = next(lifted, None) if made is not None else None
    if made is not None and transform is not None:
        raise Refused("MN206", transform, f"a transform is around calls that may make `{made.attribute}`")


def makes_caches(plan: ClassPlan | None) -> bool:
    """Tells whether a call of the class, or of one of its submodules, may make variables."""
    if plan is None:
        return False
    own = any(v.asked for v in plan.every_variable)
    return own or any(makes_caches(s.child) for p in (plan, *plan.bases) for s in p.submodules)


def asking(plan: ClassPlan | None) -> frozenset[str]:
    """Returns the arguments with which a call of the class, or of one of its submodules, makes variables."""
    if plan is None:
        return frozenset()
    found = set[str]()
    for part in (plan, *plan.bases):
        found |= {name for submodule in part.submodules for name in asking(submodule.child)}
        methods = part.cls.methods.values()
        for creation in (v.creation for v in part.variables if v.asked):
            calls = [(m, n) for m in methods for n in _calls_of(m, creation.method.node.name)]
            found |= {name for m, n in calls for name in _asks(m, n, creation.collection)}
        given = (k for m in methods for n in walk(m.node) if isinstance(n, ast.Call) for k in n.keywords)
        found |= {k.value.id for k in given if k.arg in found and isinstance(k.value, ast.Name)}
    return frozenset(found)


def fills_at_first(plan: ClassPlan | None) -> bool:
    """Tells whether the first call of the class, or of one of its submodules, makes variables unasked."""
    if plan is None:
        return False
    family = (plan, *plan.bases)
    own = any(v.asked and not _is_asked_for(p.cls, v.creation) for p in family for v in p.every_variable)
    return own or any(fills_at_first(s.child) for p in family for s in p.submodules)


def attention_in(plan: ClassPlan | None) -> bool:
    """Tells whether the class has an attention that may decode, itself or in a submodule."""
    if plan is None:
        return False
    submodules = [s for p in (plan, *plan.bases) for s in p.submodules]
    return any(decodes(s.construction) or attention_in(s.child) for s in submodules)
