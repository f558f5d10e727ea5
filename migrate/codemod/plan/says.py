"""Calls that tell people something: a constructor can do so once, where Linen's setup does at every apply."""

import ast
from collections.abc import Iterator

from ..model import LinenClass

_SAYS = frozenset({"print", "warnings.warn"})
_LOGS = ("logging.", "absl.logging.", "loguru.logger.")
_LOGGERS = frozenset({"getLogger", "get_logger"})
_LEVELS = frozenset(["debug", "info", "warning", "warning_once", "warn", "error", "exception", "critical"])


def says(cls: LinenClass, call: ast.Call) -> bool:
    """Tells whether a call does no more than print, warn or log."""
    name = cls.names.resolve(call.func) or ""
    return name in _SAYS or name.startswith(_LOGS) or _is_logged(cls, call.func)


def _is_logged(cls: LinenClass, function: ast.expr) -> bool:
    """`logger.warning(...)`, where the file has `logger = logging.get_logger(__name__)` and nothing else."""
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr=level) if level in _LEVELS:
            values = list(_assigned(cls, name))
            return bool(values) and all(_is_logger(value) for value in values)
    return False


def _assigned(cls: LinenClass, name: str) -> Iterator[ast.expr | None]:
    for node in ast.walk(cls.source.tree):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            found = (s for s in cls.source.tree.body if isinstance(s, ast.Assign) and s.targets == [node])
            yield next((s.value for s in found), None)


def _is_logger(value: ast.expr | None) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    return (
        isinstance(function, ast.Attribute | ast.Name)
        and ast.unparse(function).rpartition(".")[2] in _LOGGERS
    )
