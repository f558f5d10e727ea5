"""A watched file does what it does unwatched, and says what its expressions give."""

import importlib
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import jax.numpy as jnp
import pytest
from migrate_norm.tracing.watched import Span, told, watching

_SOURCE = '''\
"""A file."""
from __future__ import annotations

import functools


def twice(x):
    return x + x


class Base:
    def __init__(self, *args, **kwargs):
        self.args = (args, kwargs)

    def __call__(self, x: list[int], k=len("abc")):
        return x * k


class L(Base):
    @functools.cache
    def many(self, n):
        return [n[0] if n else 0, f"{len(n)!r:>{len(n)}}", *map(str, n), {k: v for k, v in zip(n, n)}]

    def __call__(self, x):
        y: list[int] = super().__call__(x)
        z = [*x]
        z[0] += twice(y[0])
        del y[-1]
        z.append(q := (lambda a, b=2: a - b)(*x[:1]))
        return self.__hidden(twice(x), **dict(k=q)), y, z, __class__.__name__

    def __hidden(self, x, k):
        return x @ x if hasattr(x, "shape") else (x, k)
'''


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path.resolve() / "watched_file.py"
    path.write_text(_SOURCE)
    monkeypatch.syspath_prepend(path.parent)
    monkeypatch.delitem(sys.modules, path.stem, raising=False)
    return path


def test_nothing_else_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = importlib.import_module(file.stem)
    cached = {path: path.read_bytes() for path in file.parent.rglob("*.pyc")}
    monkeypatch.delitem(sys.modules, file.stem)
    with watching({str(file)}):
        module = importlib.import_module(file.stem)
    assert module.L()([1, 2]) == plain.L()([1, 2])
    assert module.L().many((3, 4)) == plain.L().many((3, 4))
    assert module.L.__call__.__code__.co_consts != plain.L.__call__.__code__.co_consts
    assert {path: path.read_bytes() for path in file.parent.rglob("*.pyc")} == cached


def test_it_is_seen_what_expressions_give(file: Path) -> None:
    with watching({str(file)}):
        module = importlib.import_module(file.stem)
    seen: dict[str, Any] = {}
    lines = _SOURCE.splitlines()

    def saw(frame: FrameType, span: Span, parts: tuple[Span, ...], value: object) -> None:
        assert frame.f_code.co_filename == str(file)
        seen[lines[span[0] - 1][span[1] : span[3]]] = (getattr(value, "shape", None), len(parts))

    with told(saw):
        module.L()._L__hidden(jnp.ones((3, 3)), 0)
    module.L()._L__hidden(jnp.ones((2, 2)), 0)
    assert seen["x @ x"] == ((3, 3), 2)
    assert seen["x"] == ((3, 3), 0)


def test_a_file_that_is_not_asked_for_stays_as_it_is(file: Path) -> None:
    with watching({str(file.parent / "another.py")}):
        module = importlib.import_module(file.stem)
    assert not any("migrate_norm" in name for name in vars(module))
