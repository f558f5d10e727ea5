"""The checks of the corpus run, each shown to fail on a codemod that does the wrong thing."""

from collections.abc import Callable, Mapping

import pytest
from migrate_norm.catalog.findings import Diagnostic, Outcome, Symbol
from migrate_norm.codemod import FileResult, Options, Result

from . import check as module

LINEN = b"""from flax import linen as nn


class Leaf(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))
"""
PLAIN = b"def add(a, b):\n    return a + b\n"
SOURCES = {"leaf.py": LINEN, "plain.py": PLAIN}
MIGRATED = LINEN.replace(b"from flax import linen as nn", b"from flax import nnx").replace(
    b"nn.Module", b"nnx.Module"
)
SEEN = Symbol("leaf.py", 4, 7, "flax.linen.Module", Outcome.MIGRATED)
WHY = Diagnostic("leaf.py", 4, 1, "MN999", "cannot be done")

Change = Callable[[str, bytes], FileResult]


def _check(monkeypatch: pytest.MonkeyPatch, change: Change) -> module.Checked:
    def migrate_files(sources: Mapping[str, bytes], options: Options) -> Result:
        assert options == Options()
        return Result(tuple(change(path, text) for path, text in sources.items()))

    monkeypatch.setattr(module, "migrate_files", migrate_files)
    return module.check("package", SOURCES)


def _same(path: str, text: bytes) -> FileResult:
    return FileResult(path, text, text)


def test_good_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(path: str, text: bytes) -> FileResult:
        return FileResult(path, text, MIGRATED, (SEEN,)) if text == LINEN else _same(path, text)

    found = _check(monkeypatch, change)
    assert found == module.Checked("package", 2, 1, 1, 1, 1, {}, ())


def test_good_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(path: str, text: bytes) -> FileResult:
        return FileResult(path, text, text, (), (WHY,)) if text == LINEN else _same(path, text)

    found = _check(monkeypatch, change)
    assert found == module.Checked("package", 2, 0, 1, 1, 0, {"MN999": 1}, ())


def _silent(path: str, text: bytes) -> FileResult:
    return _same(path, text)


def _elsewhere(path: str, text: bytes) -> FileResult:
    return FileResult(path, text, text, (), (Diagnostic(path, 1, 1, "MN999", "about the import"),))


def _broken(path: str, text: bytes) -> FileResult:
    return FileResult(path, text, b"class (\n", (SEEN,)) if text == LINEN else _same(path, text)


def _growing(path: str, text: bytes) -> FileResult:
    return (
        FileResult(path, text, text + b"# again\n", (SEEN,), (WHY,)) if b"nn" in text else _same(path, text)
    )


def _meddling(path: str, text: bytes) -> FileResult:
    after = text.replace(b"a + b", b"b + a")
    return FileResult(path, text, after, (SEEN,), (WHY,))


def _unseen(path: str, text: bytes) -> FileResult:
    return FileResult(path, text, MIGRATED) if text == LINEN else _same(path, text)


def _no_code(path: str, text: bytes) -> FileResult:
    symbol = Symbol(path, 4, 7, "flax.linen.Module", Outcome.REFUSED)
    return FileResult(path, text, text, (symbol,), (WHY,)) if text == LINEN else _same(path, text)


def test_reason_may_be_where_the_class_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(path: str, text: bytes) -> FileResult:
        why = Diagnostic(path, 9, 1, "MN999", "used by a Linen class", "Leaf")
        return FileResult(path, text, text, (), (why,) if text == PLAIN else ())

    assert _check(monkeypatch, change) == module.Checked("package", 2, 0, 1, 1, 0, {"MN999": 1}, ())


def _renamed(path: str, text: bytes) -> FileResult:
    return FileResult("new_" + path, text, text, (), (WHY,))


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        (_silent, "leaf.py:4: Leaf is still Linen and nothing says why"),
        (_elsewhere, "leaf.py:4: Leaf is still Linen and nothing says why"),
        (_broken, "leaf.py: does not compile any more"),
        (_growing, "leaf.py: a second run changes it again"),
        (_meddling, "plain.py: has no Linen in it and was not left alone"),
        (_unseen, "leaf.py: changed, and no Linen symbol was seen in it"),
        (_no_code, "leaf.py:4: flax.linen.Module is refused with code ''"),
        (_renamed, "the result is not about the files that were given"),
    ],
)
def test_violation(monkeypatch: pytest.MonkeyPatch, change: Change, violation: str) -> None:
    found = _check(monkeypatch, change).violations
    assert any(message.startswith(violation) for message in found), found
