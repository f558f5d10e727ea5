"""`layer = self.layers[i]`, a local for a module that setup makes, read as that module wherever it is called."""

import ast
from collections.abc import Collection, Iterator, Sequence

from ..bindings import stored
from ..constructions import constructions
from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .left_out import left_out

_APART = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.JoinedStr
_INDEX = ast.Name | ast.Constant | ast.BinOp | ast.operator | ast.UnaryOp | ast.unaryop | ast.expr_context


def read_other_names(project: Project) -> list[Rewording]:
    """Returns such assignments and the calls behind them, where the local is for nothing else."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        if method.kind is not MethodKind.SETUP and "setup" in cls.methods and not has_family(cls, project):
            made = _made(cls.methods["setup"], {c.call for c in constructions(cls, project)})
            for statement in (n for n in walk(method.node) if isinstance(n, ast.Assign)) if made else ():
                found += _read(cls, method, statement, made)
    return found


def _made(setup: Method, made: Collection[ast.AST]) -> dict[str, int | None]:
    """What setup keeps modules in, and how many there are, where it is a list that is written down."""
    found: dict[str, int | None] = {}
    for statement in setup.node.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name) as kept], value=value) if setup.is_this(kept):
                if any(node in made for node in walk(value)):
                    found[name] = len(value.elts) if isinstance(value, ast.List | ast.Tuple) else None
    return found


def _read(
    cls: LinenClass, method: Method, statement: ast.Assign, made: dict[str, int | None]
) -> list[Rewording]:
    pairs = [*_pairs(method, statement, made)]
    block = method.block(statement)
    behind = block[block.index(statement) + 1 :]
    if not pairs or not all(_is_steady(code, behind) for _, code in pairs):
        return []
    found = [left_out(cls, method, statement)]
    for name, code in pairs:
        calls = _calls(method, name, behind)
        found += [None] if not calls else [Rewording(cls, read, ast.unparse(code)) for read in calls]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else []


def _pairs(
    method: Method, statement: ast.Assign, made: dict[str, int | None]
) -> Iterator[tuple[ast.Name, ast.expr]]:
    """Yields the locals and what they are called otherwise; nothing where one of them is no module of setup."""
    match statement:
        case ast.Assign(targets=[ast.Name() as name], value=value) if _is_module(method, value, made):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(
            values
        ):
            known = [(n, v) for n, v in zip(names, values, strict=True) if isinstance(n, ast.Name)]
            if len(known) == len(names) and all(_is_module(method, v, made) for v in values):
                yield from known
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Attribute(attr=attribute) as listed):
            known_names = [n for n in names if isinstance(n, ast.Name)]
            if method.is_this(listed) and made.get(attribute) == len(known_names) == len(names):
                for index, name in enumerate(known_names):
                    yield name, ast.Subscript(listed, ast.Constant(index), ast.Load())


def _is_module(method: Method, node: ast.expr, made: dict[str, int | None]) -> bool:
    """`self.head`, `self.layers[i]`, `self.heads["mean"]`"""
    if isinstance(node, ast.Subscript) and all(isinstance(n, _INDEX) for n in ast.walk(node.slice)):
        return _is_module(method, node.value, made)
    return isinstance(node, ast.Attribute) and method.is_this(node) and node.attr in made


def _is_steady(code: ast.expr, behind: Sequence[ast.stmt]) -> bool:
    """Tells whether an index still is what it was in the statements behind."""
    names = {n.id for n in ast.walk(code) if isinstance(n, ast.Name)}
    return not any(names & stored(statement) for statement in behind)


def _calls(method: Method, name: ast.Name, behind: Sequence[ast.stmt]) -> list[ast.Name]:
    """The reads of a local that is bound once, all of which are calls in the statements behind; else none."""
    inside = {n for statement in behind for n in walk(statement)}
    others = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name.id and n is not name]
    plain = name.id not in method.parameters and all(n in inside and _is_called(method, n) for n in others)
    return others if plain else []


def _is_called(method: Method, read: ast.Name) -> bool:
    """Tells whether a module, or a method of it, is called where it is read, and not by a function later."""
    node: ast.expr = read
    above = method.parents[read]
    if isinstance(above, ast.Attribute):
        node, above = above, method.parents[above]
    apart = any(isinstance(a, _APART) for a in method.above(read))
    return isinstance(read.ctx, ast.Load) and isinstance(above, ast.Call) and above.func is node and not apart
