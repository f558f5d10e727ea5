"""Runs a function, of the project or of a method, on the shapes of one call."""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..bindings import rebinds, stored
from ..model import LinenClass, Method, MethodKind
from ..names import Names
from ..trees import parents_of
from .body import Body
from .callables import is_plain, parameters
from .found import Env
from .functions.arguments import Arguments
from .terms import PLACED, Kind, Term, const
from .values import Array, Items, Leading, Local, Made, Shape, Use, Value
from .vmapped import decorated, of_parts

if TYPE_CHECKING:
    from .evaluate import Apply
    from .run import Runner


def run_function(
    runner: "Runner", node: ast.FunctionDef | ast.Lambda, names: Names, given: Arguments
) -> Value:
    """Returns what the function gives, as far as it is spelled with what the caller has."""

    def once(given: Arguments) -> Value:
        if (env := _bound(node, given)) is None:
            return None
        body = Body(runner, _method(node), _outside(runner.cls, names))
        body.evaluator.decides = True  # it makes no submodules, of which the sizes would be asked in any case
        same_file = names is runner.cls.names
        body.evaluator.apply = _as_known(
            body.evaluator.apply, {t for v in env.values() for t in _terms(v)}, same_file
        )
        return _run(body, node, env, same_file)

    return _called(node, names, given, once)


def _as_known(apply: "Apply", known: set[Term], same_file: bool) -> "Apply":
    """Has a submodule that a function is given see of its inputs what the caller can spell."""

    def applied(made: Made, use: Use) -> Value:
        keywords = {name: _kept(value, known, same_file) for name, value in use.keywords.items()}
        args = tuple(_kept(value, known, same_file) for value in use.args)
        return apply(made, replace(use, args=args, keywords=keywords))

    return applied


def _called(
    node: ast.FunctionDef | ast.Lambda, names: Names, given: Arguments, once: Callable[[Arguments], Value]
) -> Value:
    """What the function gives whose body `once` runs; a decorator may run that on the parts of what it is given."""
    decorator, over = decorated(node, names) or (None, None)
    if isinstance(node, ast.FunctionDef) and not is_plain(node, names, decorator):
        return None
    return once(given) if over is None else of_parts(given, over, once)


def _run(body: Body, node: ast.FunctionDef | ast.Lambda, env: Env, same_file: bool) -> Value:
    body.env = dict(env)
    runner, phis = body.runner, dict(body.runner.flow.phis)
    if isinstance(node, ast.Lambda):
        found = body.evaluator.value(node.body)
    else:
        body.block(node.body)
        body.end()
        found = body.returned()
    runner.flow.phis = phis  # sizes that loops of the function change are no sizes of the class
    runner.write_down(body)
    known = {t for v in env.values() for t in _terms(v)}
    return _kept(found, known, same_file)


def run_local(around: Body, function: Local, given: Arguments) -> Value:
    """Returns what a function that a method defines gives: it reads the locals there as they are at the call."""
    if function.over is not None:
        once = partial(run_local, around, replace(function, over=None))
        return of_parts(given, function.over, once)
    node, method = function.node, around.method
    outer = around.env if function.around is None else function.around
    this = "" if rebinds(node, method.this) else method.this

    def body_of(given: Arguments) -> Value:
        if (own := _bound(node, given)) is None:
            return None
        env = {name: _seen_from(value, outer) for name, value in outer.items()}
        body = Body(around.runner, replace(_method(node), this=this), around.evaluator.cls)
        return _run(body, node, env | dict.fromkeys(stored(node)) | own, same_file=True)

    return _called(node, around.evaluator.cls.names, given, body_of)


def _seen_from(value: Value, outer: Mapping[str, Value]) -> Value:
    """A function beside the one that is called reads what both of them stand in."""
    return replace(value, around=outer) if isinstance(value, Local) and value.around is None else value


def _bound(node: ast.FunctionDef | ast.Lambda, given: Arguments) -> Env | None:
    asked, more = parameters(node, named=True), node.args.kwarg
    if asked is None or not given.plain:
        return None
    order, defaults = asked
    others = given.keywords.keys() - set(order)
    if len(given.values) > len(order) or (others and more is None):
        return None
    keywords = {name: value for name, value in given.keywords.items() if name not in others}
    keywords |= {more.arg: None} if more is not None else {}
    env: Env = {n: const(d.value) if isinstance(d, ast.Constant) else None for n, d in defaults.items()}
    return dict.fromkeys(order) | env | dict(zip(order, given.values, strict=False)) | keywords


def _method(node: ast.FunctionDef | ast.Lambda) -> Method:
    if isinstance(node, ast.Lambda):
        inner: list[ast.stmt] = [ast.Return(node.body)]
        node = ast.FunctionDef("", node.args, inner, [], None, None)
    parents = parents_of(node)
    return Method(node, MethodKind.STATIC, "", (), parents)


def _outside(cls: LinenClass, names: Names) -> LinenClass:
    """A function has no self, and the names of its own file."""
    return replace(cls, names=names, methods={}, fields=())


def _terms(value: Value) -> Iterable[Term]:
    match value:
        case Term():
            yield from value.walk()
        case Array(tail=tail):
            for axis in tail:
                yield from axis.walk() if axis is not None else ()
        case Shape(array=array):
            yield from _terms(array)
        case Items(items=items):
            for item in items:
                yield from _terms(item)
        case Leading(items=items, last=last):
            for item in (*items, *last):
                yield from _terms(item)


def _kept(value: Value, known: set[Term], same_file: bool) -> Value:
    """A size that is spelled with a local of the function, or a name of another file, is not known to the caller."""

    def axis(term: Term | None) -> Term | None:
        ours = PLACED if same_file else PLACED | {Kind.GLOBAL}
        hidden = term is not None and any(t.kind in ours and t not in known for t in term.walk())
        return None if hidden else term

    match value:
        case Term():
            return axis(value)
        case Array(tail=tail):
            return replace(value, tail=tuple(axis(t) for t in tail))
        case Shape(array=array):
            kept = _kept(array, known, same_file)
            return Shape(kept) if isinstance(kept, Array) else None
        case Items(items=items):
            return Items(tuple(_kept(i, known, same_file) for i in items))
        case Leading(items=items, last=last):
            first, end = (tuple(_kept(i, known, same_file) for i in part) for part in (items, last))
            return Leading(first, end)
    return None
