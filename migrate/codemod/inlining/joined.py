"""`[nn.Dense(n) for n in sizes] + [nn.Dense(1)]`, read as `[nn.Dense(n) for n in (*sizes, 1)]`."""

import ast
from collections.abc import Iterator, Sequence

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .calls import PLAIN
from .text import one_line
from .together import reads_fields


def read_joined(project: Project) -> list[Rewording]:
    """Returns the lists of setup whose single elements differ in what the others run through, and no more."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        setup = cls.methods.get("setup")
        if setup is not None and setup.kind is MethodKind.SETUP:
            found += [*_sums(cls, setup), *_appended(cls, setup)]
    return found


def _sums(cls: LinenClass, method: Method) -> Iterator[Rewording]:
    for node in (n for n in walk(method.node) if isinstance(n, ast.BinOp)):
        parts = _parts(node) if not isinstance(method.parents[node], ast.BinOp) else []
        comprehensions = [part for part in parts if isinstance(part, ast.ListComp)]
        match comprehensions:
            case [
                ast.ListComp(
                    elt=ast.Call() as element,
                    generators=[
                        ast.comprehension(target=ast.Name(id=name), iter=through, ifs=[], is_async=0)
                    ],
                ) as one
            ]:
                place = parts.index(one)
                ahead, behind = (_values(side, element, name) for side in (parts[:place], parts[place + 1 :]))
                codes = _codes(cls, ahead, through, behind)
                made, whole = one_line(cls.source.segment(element)), one_line(cls.source.segment(node))
                if codes is not None and made is not None and whole is not None:
                    breaks = cls.source.newline * ((node.end_lineno or node.lineno) - node.lineno)
                    yield Rewording(cls, node, f"[{made} for {name} in {codes}{breaks}]")


def _appended(cls: LinenClass, method: Method) -> Iterator[Rewording]:
    """`layers.append(nn.Dense(1))` behind what fills a list that setup keeps: it is read as one comprehension."""
    for kept in method.node.body:
        match kept:
            case ast.Assign(targets=[ast.Attribute() as attribute], value=ast.Name(id=name)) if (
                method.is_this(attribute)
            ):
                code = _comprehension(cls, method, [s for s in method.node.body if _mentions(s, name)], name)
                if code is not None:
                    others = [s for s in method.node.body if _mentions(s, name) and s is not kept]
                    yield from (instead_of(cls, other, "pass") for other in others)
                    yield instead_of(cls, kept, f"{cls.source.segment(attribute)} = {code}")


def _mentions(statement: ast.stmt, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in walk(statement))


def _comprehension(cls: LinenClass, method: Method, statements: Sequence[ast.stmt], name: str) -> str | None:
    match statements:
        case [
            ast.Assign(targets=[ast.Name()], value=ast.List(elts=[])),
            ast.For(target=ast.Name(id=target), iter=through, body=[each], orelse=[]),
            last,
            _,
        ]:
            element = _append(each)
        case [
            ast.Assign(
                targets=[ast.Name()],
                value=ast.ListComp(
                    elt=ast.Call() as element,
                    generators=[
                        ast.comprehension(target=ast.Name(id=target), iter=through, ifs=[], is_async=0)
                    ],
                ),
            ),
            last,
            _,
        ]:
            pass
        case _:
            return None
    more, texts = _append(last), [one_line(cls.source.segment(s)) for s in statements]
    values = _values([ast.List([more])], element, target) if element and more else None
    codes = _codes(cls, [], through, values)
    made = one_line(cls.source.segment(element)) if element is not None else None
    if codes is None or made is None or None in texts:  # a comment in one of them would be lost
        return None
    steady = _is_steady(method, [*statements[:-1]], target) and not _mentions(ast.Expr(through), name)
    return f"[{made} for {target} in {codes}]" if steady else None


def _is_steady(method: Method, statements: Sequence[ast.stmt], target: str) -> bool:
    """Tells whether what they read is the same where the list is kept, and nothing else reads what a loop leaves."""
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name)]
    inside = {n for statement in statements for n in walk(statement)}
    bound = [n.id for n in spelled if not isinstance(n.ctx, ast.Load)]
    read = {n.id for n in spelled if n in inside and isinstance(n.ctx, ast.Load)} - {target}
    once = all(bound.count(n) < 2 for n in read) and reads_fields(method, inside)
    return once and all(n in inside for n in spelled if n.id == target)


def _append(statement: ast.stmt) -> ast.Call | None:
    """The module that a statement adds to a list."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(), attr="append"), args=[ast.Call() as one], keywords=[]
            )
        ):
            return one
    return None


def _parts(node: ast.expr) -> list[ast.expr]:
    """The lists of a sum; nothing where there is anything else in it."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _parts(node.left), _parts(node.right)
        return [*left, *right] if left and right else []
    return [node] if isinstance(node, ast.List | ast.ListComp) else []


def _values(lists: Sequence[ast.expr], element: ast.Call, name: str) -> list[ast.expr] | None:
    """What has to stand in the place of a name for each single element; None where there is more to it."""
    nodes = [each for one in lists if isinstance(one, ast.List) for each in one.elts]
    found = [_value(element, node, name) for node in nodes]
    known = [value for value in found if value is not None]
    return known if len(known) == len(nodes) else None


def _value(pattern: ast.AST, node: ast.AST, name: str) -> ast.expr | None:
    places = [*_differing(pattern, node, name)]
    values = [value for value in places if isinstance(value, ast.expr)]
    alike = len({ast.dump(value) for value in values}) == 1 and len(values) == len(places)
    plain = alike and all(isinstance(n, PLAIN) for n in walk(values[0]))
    return (
        values[0]
        if plain and not any(isinstance(n, ast.Name) and n.id == name for n in walk(values[0]))
        else None
    )


def _differing(pattern: ast.AST, node: ast.AST, name: str) -> Iterator[ast.expr | None]:
    """Yields what stands in the places of the name, and None for anything else that differs."""
    if isinstance(pattern, ast.Name) and pattern.id == name:
        yield node if isinstance(node, ast.expr) else None
    elif type(pattern) is not type(node):
        yield None
    else:
        for (_, one), (_, other) in zip(ast.iter_fields(pattern), ast.iter_fields(node), strict=True):
            ones, others = ([v] if not isinstance(v, list) else v for v in (one, other))
            if len(ones) != len(others):
                yield None
            for a, b in zip(ones, others, strict=False):
                if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                    yield from _differing(a, b, name)
                elif a != b:
                    yield None


def _codes(
    cls: LinenClass, ahead: Sequence[ast.expr] | None, through: ast.expr, behind: Sequence[ast.expr] | None
) -> str | None:
    """The tuple of what is run through then."""
    if ahead is None or behind is None or not (ahead or behind):
        return None
    if not isinstance(through, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        return None
    texts = [one_line(cls.source.segment(node)) for node in (*ahead, through, *behind)]
    if None in texts:
        return None
    texts[len(ahead)] = f"*{texts[len(ahead)]}"
    return f"({', '.join(text for text in texts if text is not None)})"
