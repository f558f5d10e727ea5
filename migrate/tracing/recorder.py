"""Writes down where modules are made, and each call of one with the shapes of its arguments."""

import inspect
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

from flax import linen as nn

from .describe import at_default, describe, fields_of, sizes_in
from .places import caller, creator, is_in, place
from .values import Values
from .watched import told

Entry: TypeAlias = dict[str, Any]
_NUMBER = "_migrate_norm_number"
_KEPT = frozenset({"name", "parent"})
"""Updates with which a clone that the user makes is still the same module."""


class Recorder:
    """`modules`, `calls` and `values` of one run. A module is known by its number; clones that Linen makes share it."""

    def __init__(self, files: Collection[str]):
        self.files = files
        self.modules: list[Entry] = []
        self.calls: list[Entry] = []
        self.values = Values(files)
        self._running = self.values.running

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Sees every module that is made and every call of one."""
        kind: Any = nn.Module
        post_init, clone = kind.__post_init__, kind.clone

        def made(module: nn.Module) -> None:
            self._made(module)
            post_init(module)

        def cloned(module: nn.Module, **options: Any) -> nn.Module:
            new: nn.Module = clone(module, **options)
            same = _is_linens(sys._getframe(1)) or all(key.startswith("_") or key in _KEPT for key in options)
            if same and _NUMBER in vars(module):
                object.__setattr__(new, _NUMBER, getattr(module, _NUMBER))
            return new

        kind.__post_init__, kind.clone = made, cloned
        try:
            with nn.intercept_methods(self._called), told(self.values.saw):
                yield
        finally:
            kind.__post_init__, kind.clone = post_init, clone

    def _made(self, module: nn.Module) -> None:
        if _NUMBER in vars(module):
            return  # a module that setup binds to a name runs it again
        frame = creator(module)
        original = frame.f_locals.get("self") if frame is not None and _lifts(frame) else None
        if isinstance(original, nn.Module) and _NUMBER in vars(
            original
        ):  # inside of a transform it goes by another instance
            object.__setattr__(module, _NUMBER, getattr(original, _NUMBER))
            return
        object.__setattr__(module, _NUMBER, len(self.modules))
        entry: Entry = {"class": _name(type(module)), "made": None, "locals": {}}
        self.modules.append(entry)  # before anything is asked of a value, which may make others
        entry |= {"fields": fields_of(module), "default": at_default(module)}
        if frame is not None and is_in(frame, self.files):
            entry |= {"made": place(frame), "locals": sizes_in(frame.f_locals)}

    def _called(
        self, function: Callable[..., Any], args: Any, kwargs: Any, context: nn.module.InterceptorContext
    ) -> Any:
        if context.method_name == "setup" or not context.method_name.isidentifier():
            return function(*args, **kwargs)
        self._running.append(len(self.calls))
        self.calls.append(
            {
                "module": getattr(context.module, _NUMBER),
                "method": context.method_name,
                "at": caller(self.files),
                "above": self._running[-2] if len(self._running) > 1 else None,
                "args": [describe(value) for value in args],
                "kwargs": {name: describe(value) for name, value in kwargs.items()},
                "names": _parameters(context.orig_method, len(args)),
            }
        )
        try:
            return function(*args, **kwargs)
        finally:
            self._running.pop()


def _is_linens(frame: FrameType) -> bool:
    """Tells whether Linen makes a clone for itself; `copy` makes one for the user."""
    inside = str(frame.f_globals.get("__name__")).startswith("flax.")
    return inside and frame.f_code.co_name != "copy"


def _lifts(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "flax.linen.transforms"


def _name(kind: type) -> str:
    while kind.__module__ == "flax.linen.transforms":  # what nn.remat and the like make of a class
        kind = kind.__bases__[0]
    return f"{kind.__module__}.{kind.__qualname__}"


def _parameters(function: Callable[..., Any], count: int) -> list[str]:
    """What a bound method calls its first `count` arguments."""
    known = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in inspect.signature(function).parameters.values() if p.kind in known][:count]
