"""Comprehensions over lists of submodules that setup makes: `[expert(x) for expert in self.experts]`."""

import ast

from .bindings import stored
from .model import Method

_AT_ONCE = frozenset({"list", "max", "min", "sum", "tuple"})
"""Functions that run a generator to its end."""


def generator_of(method: Method, node: ast.expr) -> ast.comprehension | None:
    """Returns what runs through a list by itself, or through `zip` or `enumerate` of it, or through a dict."""
    above = method.parents[in_dict(method, node) or node]
    match above:
        case ast.Call(func=ast.Name(id="enumerate" | "zip"), keywords=[]):
            above = method.parents[above]
    return above if isinstance(above, ast.comprehension) and not above.ifs and not above.is_async else None


def in_dict(method: Method, node: ast.AST) -> ast.Call | None:
    """Returns the `.values()` or `.items()` of a dict."""
    above = method.parents[node]
    match above, method.parents.get(above):
        case ast.Attribute(attr="items" | "values"), ast.Call(args=[], keywords=[]) as call if (
            call.func is above
        ):
            return call
    return None


def element_name(generator: ast.comprehension | ast.For, node: ast.expr) -> str | None:
    """Returns what a loop or comprehension calls the elements of the list `node`."""
    target: ast.expr | None = generator.target
    match generator.iter:
        case ast.Call(func=ast.Name(id="enumerate"), args=[one]) if one is node:
            target = _part(target, 1, 2)
        case ast.Call(func=ast.Name(id="zip"), args=args) if node in args:
            target = _part(target, args.index(node), len(args))
        case ast.Call(func=ast.Attribute(value=one, attr="items"), args=[]) if one is node:
            target = _part(target, 1, 2)
    return target.id if isinstance(target, ast.Name) else None


def _part(target: ast.expr | None, place: int, count: int) -> ast.expr | None:
    alike = isinstance(target, ast.Tuple) and len(target.elts) == count
    return target.elts[place] if isinstance(target, ast.Tuple) and alike else None


def zipped(target: ast.expr, through: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Returns what a plain `zip` runs through together, each with what an element is called; nothing for another."""
    match target, through:
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=args, keywords=[]):
            starred = any(isinstance(e, ast.Starred) for e in (*targets, *args))
            alike = len(targets) == len(args) and not starred
            return list(zip(targets, args, strict=True)) if alike else []
    return []


def element_reads(method: Method, node: ast.expr) -> list[ast.Name] | None:
    """Returns where one round reads its element; None unless every element has a round, in their order."""
    generator = generator_of(method, node)
    name = element_name(generator, node) if generator is not None else None
    whole = method.parents.get(generator) if generator is not None else None
    match whole:
        case ast.ListComp(elt=elt, generators=[_]):
            pass
        case ast.DictComp(key=key, value=elt, generators=[_]) if not _reads(key, name):
            pass
        case ast.GeneratorExp(elt=elt, generators=[_]) if is_run_at_once(method, whole):
            pass
        case _:
            return None
    return None if name is None or name in stored(elt) else _reads(elt, name)


def _reads(node: ast.AST, name: str | None) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]


def is_run_at_once(method: Method, node: ast.AST) -> bool:
    return runs_at_once_below(method.parents[node], node)


def runs_at_once_below(above: ast.AST, node: ast.AST) -> bool:
    """Tells whether what stands right above an iterator goes through all of it: `sum(...)`."""
    match above:
        case ast.Call(func=ast.Name(id=name), args=[one]) as call:
            return name in _AT_ONCE and one is node and not call.keywords
    return False
