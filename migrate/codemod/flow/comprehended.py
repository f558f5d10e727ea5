"""What comprehensions give: numbers that a constructor can compute too, and what each of many submodules gives."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model import Method
from ..run_through import element_name, is_run_at_once
from .found import holds_anywhere
from .functions.arguments import Arguments
from .keyed import dict_of, modules_of
from .modules import goes_on
from .terms import Kind, Maker, Term, const
from .values import Array, Items, Keeping, Keyed, Local, Made, Many, Opaque, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_PURE = frozenset({"int", "float", "abs", "round", "max", "min", "len", "sum", "tuple", "list"})
_PARTS = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop,
    ast.expr_context, ast.Call, ast.Tuple,
)  # fmt: skip


Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp


def comprehended(scope: "Evaluator", node: Comprehension) -> Value:
    """Returns what all rounds give; the submodules that they call see what is known of every round.

    A round changes nothing that the next one reads, so that one run of it shows what all of them see.
    """
    if isinstance(node, ast.ListComp) and (listed := configured_list(scope, node)) is not None:
        return listed
    before = dict(scope.env)
    if (items := _written_down(scope, node)) is not None:
        return _one_by_one(scope, node, items)
    count = _enter(scope, node.generators)
    item = _round(scope, node)
    own = {term for name, term in scope.env.items() if term != before.get(name)}
    changed = {n for n, v in before.items() if isinstance(v, Keyed) and scope.env.get(n) is None}
    scope.env = before | dict.fromkeys(_walrus(node) | changed)
    if not isinstance(node, ast.ListComp | ast.GeneratorExp) or not isinstance(item, Array):
        return None
    return Many(_in_any_round(item, own), count)


def _round(scope: "Evaluator", node: Comprehension) -> Value:
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [scope.value(part) for part in parts][-1]


def _walrus(node: ast.AST) -> set[str]:
    return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}


def _written_down(scope: "Evaluator", node: Comprehension) -> tuple[Value, ...] | None:
    """The values that are run through one after the other, where these are listed: `for x in (a, b)`."""
    match node:
        case ast.ListComp(generators=[generator]) | ast.DictComp(generators=[generator]):
            pass
        case ast.GeneratorExp(generators=[generator]) if runs_at_once(scope.method, node) or is_run_at_once(
            scope.method, node
        ):
            pass
        case _:
            return None
    match generator:
        case ast.comprehension(target=ast.Name(), iter=ast.Tuple() | ast.List() as through, ifs=[]):
            value = scope.value(through)
            return value.items if isinstance(value, Items) and value.items else None
        case ast.comprehension(target=ast.Name(), iter=ast.Attribute() as through, ifs=[]):
            value = scope.value(through)
            made = isinstance(value, Items) and all(isinstance(item, Made | Keeping) for item in value.items)
            return value.items if isinstance(value, Items) and value.items and made else None
        case ast.comprehension(
            iter=ast.Call(func=ast.Attribute(value=held, attr="values" | "items" as kind)), ifs=[]
        ):
            return _entries(scope.value(held), kind)
    return None


def _entries(value: Value, kind: str) -> tuple[Value, ...] | None:
    """The modules of a dict, or with `items` the pairs of a key and a module."""
    if not isinstance(value, Keyed) or modules_of(value) is None:
        return None
    pairs = zip(map(const, value.names), value.values, strict=True)
    return value.values if kind == "values" else tuple(Items(pair) for pair in pairs)


def runs_at_once(method: Method, node: ast.AST) -> bool:
    """Tells whether all rounds of an iterator run where it stands, as its items are given names: `q, k = (...)`."""
    above = method.parents.get(node)
    return isinstance(above, ast.Assign) and all(isinstance(t, ast.Tuple) for t in above.targets)


def mapped(scope: "Evaluator", node: ast.Call, values: Sequence[Value]) -> Items | None:
    """Returns what `q, k, v = map(lambda a: ..., (q, k, v))` gives."""
    match values:
        case [Local() as function, Items(items=items)] if runs_at_once(scope.method, node):
            given = (Arguments(scope, node, (item,), {}) for item in items)
            return Items(tuple(scope.local(function, each) for each in given))
        case [Term(kind=Kind.GLOBAL, value="tuple" | "list"), Items(items=items)] if _are_tuples(items):
            return Items(items)
    return None


def _are_tuples(items: Sequence[Value]) -> bool:
    return all(isinstance(item, Items) and not goes_on(item) for item in items)


def _one_by_one(scope: "Evaluator", node: Comprehension, items: Sequence[Value]) -> Items | Keyed | None:
    """What differs between the rounds is not known of all of them."""
    before, found, keys, seen = dict(scope.env), [], [], []
    names = [n.id for n in ast.walk(node.generators[0].target) if isinstance(n, ast.Name)]
    for item in items:
        parts = item.items if isinstance(item, Items) else (item,)
        scope.env |= dict(zip(names, parts, strict=True))
        found.append(_round(scope, node))
        keys.append(scope.seen.get(node.key) if isinstance(node, ast.DictComp) else None)
        seen.append({n: scope.seen.get(n) for n in ast.walk(node)})
    scope.seen |= {n: None for n in seen[0] if any(one[n] != seen[0][n] for one in seen)}
    scope.env = before | dict.fromkeys(_walrus(node))
    if not isinstance(node, ast.DictComp):
        return Items(tuple(found))
    return dict_of([ast.Constant(k.value) if isinstance(k, Term) else None for k in keys], found)


def _enter(scope: "Evaluator", generators: Sequence[ast.comprehension]) -> Term | None:
    """Binds the targets; returns how many rounds there are, where that is known."""
    counts = [_bind(scope, generator) for generator in generators]
    return counts[0] if len(counts) == 1 and not generators[0].ifs else None


def _bind(scope: "Evaluator", generator: ast.comprehension) -> Term | None:
    target, through = generator.target, _run_through(generator.iter)
    values = [scope.value(part) for part in through]
    configured = all(is_configuration(value) for value in values)
    for name in (n for n in ast.walk(target) if isinstance(n, ast.Name)):
        term = Term(Kind.LOCAL, Maker(name.id, name.lineno, name.col_offset))
        scope.env[name.id] = term if configured else None
    for test in generator.ifs:
        scope.value(test)
    value = values[0] if len(values) == 1 else None
    if isinstance(value, Many) and isinstance(target, ast.Name) and through == [generator.iter]:
        scope.env[target.id] = value.item
        return value.count
    _bind_modules(scope, generator, through, values)
    match generator.iter:
        case ast.Call(func=ast.Name(id="range")):
            return value if isinstance(value, Term) and holds_anywhere(value) else None
        case ast.Name() | ast.Attribute() if isinstance(value, Term) and holds_anywhere(value):
            return Term(Kind.CALL, "len", (value,))
    return None


def _bind_modules(
    scope: "Evaluator", generator: ast.comprehension, through: Sequence[ast.expr], values: Sequence[Value]
) -> None:
    """Elements of lists that setup makes: each round has one of them."""
    for node, value in zip(through, values, strict=True):
        name = element_name(generator, node)
        if name is not None and isinstance(value, Made) and value.many and not value.then:
            scope.env[name] = Made(value.call)


def _run_through(node: ast.expr) -> Sequence[ast.expr]:
    """What `range`, `enumerate` or `zip` are given, or what is run through itself."""
    match node:
        case ast.Call(func=ast.Name(id="range" | "enumerate" | "zip"), args=[*parts], keywords=[]):
            return parts
    return [node]


def _in_any_round(item: Array, own: Collection[Value]) -> Array:
    """Sizes that are other ones in each round are not known behind all of them."""
    sizes = (
        None if size is not None and any(part in own for part in size.walk()) else size for size in item.tail
    )
    return replace(item, tail=tuple(sizes))


def configured_list(scope: "Evaluator", node: ast.ListComp) -> Items | Opaque | None:
    """Returns a list that depends on configuration and sizes alone; None for any other."""
    match node.generators:
        case [ast.comprehension(target=ast.Name(id=name) as target, iter=through, ifs=[])]:
            pass
        case _:
            return None
    value = scope.value(through) if _is_plain(node.elt) else None
    if value is None or not is_configuration(value):
        return None
    before = dict(scope.env)
    listed = _listed(scope, node, name, value) if isinstance(value, Items) else None
    scope.env[name] = Term(Kind.LOCAL, Maker(name, target.lineno, target.col_offset))
    element = scope.value(node.elt)
    scope.env = before
    return (listed or Opaque()) if is_configuration(element) else None


def _listed(scope: "Evaluator", node: ast.ListComp, name: str, through: Items) -> Items | None:
    """What each round gives, where all that is run through is known: `[n * heads for n in (8, 16)]`."""
    found = []
    for item in through.items:
        scope.env[name] = item
        found.append(scope.value(node.elt))
    return Items(tuple(found)) if found and all(is_configuration(each) for each in found) else None


def is_configuration(value: Value) -> bool:
    """Tells whether a value is made of what the constructor knows."""
    if isinstance(value, Items):
        return all(is_configuration(item) for item in value.items)
    return isinstance(value, Term | Opaque)


def _is_plain(node: ast.expr) -> bool:
    """Tells whether an expression is arithmetic: it calls nothing that makes a module or an array."""
    for part in ast.walk(node):
        if not isinstance(part, _PARTS):
            return False
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in _PURE):
            return False
    return True
