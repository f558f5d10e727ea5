"""Imports the user's files so that what expressions of their methods give is seen; nothing else changes."""

import ast
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from os.path import realpath
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeAlias, TypeVar

Span: TypeAlias = tuple[int, int, int, int]
"""Where an expression begins and ends: lines, and columns as `ast` counts."""

Watcher: TypeAlias = Callable[[FrameType, Span, tuple[Span, ...], object], None]
"""Takes the frame, the expression, those that it is made of, and its value."""

_SAW = "__migrate_norm_saw__"
_T = TypeVar("_T")
_watchers: list[Watcher] = []


@contextmanager
def told(watcher: Watcher) -> Iterator[None]:
    """Tells `watcher` of every value."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


@contextmanager
def watching(files: Collection[str]) -> Iterator[None]:
    """Watches the methods in the modules that are imported from `files`, by their real paths."""
    finder = _Finder(files)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _saw(span: Span, parts: tuple[Span, ...], value: _T) -> _T:
    if _watchers:
        _watchers[-1](sys._getframe(1), span, parts, value)
    return value


class _Finder(MetaPathFinder):
    def __init__(self, files: Collection[str]):
        self.files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns what the others find, with a loader that watches."""
        others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        found = next((spec for f in others if (spec := f.find_spec(fullname, path, target))), None)
        if found is None or not isinstance(found.loader, SourceFileLoader) or found.origin is None:
            return None
        if realpath(found.origin) not in self.files:
            return None
        found.loader = _Loader(found.loader.name, found.loader.path)
        return found


class _Loader(SourceFileLoader):
    """Reads and writes no cached bytecode: that is of the file as it is."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the name is that of the loader
        tree = watched(ast.parse(self.get_data(self.path), self.path))
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module."""
        vars(module)[_SAW] = _saw
        super().exec_module(module)


def watched(tree: ast.Module) -> ast.Module:
    """Puts a call around expressions in the methods of all classes, at the very place of the expression."""
    for kind in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        for function in kind.body:
            if isinstance(function, ast.FunctionDef):
                function.body = [_Around().visit(statement) for statement in function.body]
    return ast.fix_missing_locations(tree)


class _Around(ast.NodeTransformer):
    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # its methods are watched by themselves

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value is not None else None
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node  # places inside of it are not those of the file

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._around(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._around(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._around(node) if isinstance(node.ctx, ast.Load) else self.generic_visit(node)

    def _around(self, node: ast.expr) -> ast.AST:
        span, parts = _span(node), parts_of(node)
        known = {part: _span(part) for part in parts}
        self.generic_visit(node)
        _replace(node, {part: _call(part, known[part], ()) for part in parts if isinstance(part, _LEAVES)})
        return _call(node, span, tuple(known.values()))


_LEAVES = (ast.Name, ast.Attribute)


def parts_of(node: ast.expr) -> list[ast.expr]:
    """Returns the expressions that may be the arrays of which an expression makes another."""
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            given = [*args, *(keyword.value for keyword in keywords)]
            found = [function.value, *given] if isinstance(function, ast.Attribute) else given
        case ast.BinOp(left=left, right=right):
            found = [left, right]
        case ast.Subscript(value=value):
            found = [value]
        case _:
            found = []
    return [part for part in found if not isinstance(part, ast.Starred)]


def _replace(node: ast.expr, by: dict[ast.expr, ast.expr]) -> None:
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            node.args = [by.get(argument, argument) for argument in args]
            for keyword in keywords:
                keyword.value = by.get(keyword.value, keyword.value)
            if isinstance(function, ast.Attribute):
                function.value = by.get(function.value, function.value)
        case ast.BinOp(left=left, right=right):
            node.left, node.right = by.get(left, left), by.get(right, right)
        case ast.Subscript(value=value):
            node.value = by.get(value, value)


def _span(node: ast.expr) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _call(node: ast.expr, span: Span, parts: tuple[Span, ...]) -> ast.expr:
    constants: tuple[Any, ...] = (span, parts)
    given = [*map(ast.Constant, constants), node]
    return ast.copy_location(ast.Call(ast.Name(_SAW, ast.Load()), given, []), node)
