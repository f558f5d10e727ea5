"""Imports a handful of files as the package they came from, and forgets them again."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from unittest import mock


def load(files: Mapping[str, bytes], module: str, folder: Path) -> ModuleType:
    """Returns the imported module. Nothing of it stays in `sys.modules`: the other side has its names."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    before = set(sys.modules)
    _allow_second_registration()
    try:
        with unchecked_types():
            return importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]


@contextmanager
def unchecked_types() -> Iterator[None]:
    """Leaves out checks of types at run time: typeguard 4 takes the axes in jaxtyping's annotations for code."""
    with ExitStack() as stack:
        if find_spec("typeguard") is not None:
            stack.enter_context(mock.patch("typeguard.typechecked", lambda function: function))
        yield


def _allow_second_registration() -> None:
    """gin-config takes a second class of the same name only from somebody who works interactively."""
    if "gin" in sys.modules:
        sys.modules["gin"].enter_interactive_mode()
