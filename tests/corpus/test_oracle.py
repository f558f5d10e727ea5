"""The independent count: which classes are Linen, and which of those are leaves."""

import pytest

from .isolate import MissingImportError, isolate
from .oracle import read

BASE = b"""
from flax import linen as nn
from flax.linen import Module as M, compact
import flax.linen
import unheard_of

class Leaf(nn.Module):
    @compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, x.shape[-1:])

class Builder(M):
    @compact
    def __call__(self, x):
        return nn.Dense(3)(x) + self.param("b", nn.initializers.ones, (3,))

class Holder(flax.linen.Module):
    inner: nn.Module
    def setup(self):
        self.w = self.param("w", nn.initializers.ones, (1,))

class Other:
    w = unheard_of.thing

def make():
    class Local(nn.Module):
        pass
    class Lower(Local):
        pass
"""
CHILD = b"""
from .base import Leaf
from . import base as other
Alias = other.Leaf

class Child(Leaf):
    pass

class Aliased(Alias):
    pass

class NotOne(other.Other):
    pass

class Wrapped(nn.Module):
    pass
"""
SOURCES = {"pkg/__init__.py": b"from .base import Leaf", "pkg/base.py": BASE, "pkg/child.py": CHILD}


def test_linen_classes() -> None:
    assert [(c.name, c.leaf) for c in read(SOURCES).linen()] == [
        ("Leaf", True),
        ("Builder", False),
        ("Holder", False),
        ("make.<locals>.Local", False),
        ("make.<locals>.Lower", False),
        ("Child", True),
        ("Aliased", True),
    ]


def test_reexport() -> None:
    sources = {**SOURCES, "pkg/far.py": b"import pkg\nclass Far(pkg.Leaf): pass\n"}
    assert [c.name for c in read(sources).linen() if c.path == "pkg/far.py"] == ["Far"]


def test_files_that_do_not_parse_have_no_classes() -> None:
    assert read({"old.py": b"print 'hello'", "null.py": b"\0"}).linen() == []


def test_isolated_class_comes_with_its_base_and_without_its_neighbours() -> None:
    isolated = isolate(read(SOURCES), "pkg/child.py", "Child")
    assert isolated.module == "pkg.child"
    assert sorted(isolated.files) == ["pkg/__init__.py", "pkg/base.py", "pkg/child.py"]
    assert b"class Leaf" in isolated.files["pkg/base.py"]
    assert b"Builder" not in isolated.files["pkg/base.py"]
    assert b"unheard_of" not in isolated.files["pkg/base.py"]
    assert [c.name for c in read(isolated.files).linen()] == ["Leaf", "Child"]


def test_missing_package_is_an_error() -> None:
    with pytest.raises(MissingImportError, match="unheard_of"):
        isolate(read(SOURCES), "pkg/base.py", "Other")


@pytest.mark.parametrize("place", ["if has_it():\n    import unheard_of\n", ""])
def test_a_package_that_is_imported_on_a_condition_may_be_missing(place: str) -> None:
    inner = "" if place else "    import unheard_of\n"
    source = f"{place}def has_it():\n    return False\ndef f(x):\n"
    source += f"{inner}    return unheard_of.g(x) if has_it() else x\n"
    isolated = isolate(read({"pkg/a.py": source.encode()}), "pkg/a.py", "f")
    assert isolated.files["pkg/a.py"].count(b"import unheard_of") == 1
    assert b"def has_it" in isolated.files["pkg/a.py"]


def test_a_derivative_comes_with_its_function() -> None:
    source = b"import jax\n@jax.custom_vjp\ndef f(x):\n    return x\ndef go(x):\n    return x, x\n"
    source += (
        b"def back(x, y):\n    return (y,)\nf.defvjp(go, back)\n@f.defjvp\ndef _(x, t):\n    return x, t\n"
    )
    source += b"print(f)\ndef g(x):\n    return f(x)\n"
    isolated = isolate(read({"pkg/a.py": source}), "pkg/a.py", "g")
    found = isolated.files["pkg/a.py"]
    assert all(part in found for part in (b"def go", b"def back", b"\nf.defvjp(go, back)", b"@f.defjvp"))
    assert b"print" not in found


def test_annotation_does_not_need_its_package() -> None:
    source = b"import unheard_of\ndef f(x: unheard_of.Array) -> unheard_of.Array:\n    return x\n"
    isolated = isolate(read({"pkg/a.py": source}), "pkg/a.py", "f")
    assert b"import unheard_of" not in isolated.files["pkg/a.py"]
    assert b"from __future__ import annotations" in isolated.files["pkg/a.py"]
