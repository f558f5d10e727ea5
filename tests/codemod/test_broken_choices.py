"""Choices that are too long for one line: broken, they are the same expression."""

import ast

import pytest
from migrate_norm.codemod.flow.terms import Kind, Term, choice, const
from migrate_norm.codemod.write.layout import Layout

LONG = "size_of_the_first_stage * expansion"
VALUES = [
    f"{LONG} if strided else {LONG} if wide else features",
    f"({LONG} if strided else 3) if wide else {LONG}",
    f"2 * int({LONG}) if (True if i < len(depths) - 1 else False) else {LONG}",
    f"(lambda: {LONG}) if wide else {LONG} + {LONG}",
    f"{LONG} if (lambda: wide)() else {LONG} + {LONG}",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_broken_choice_is_what_it_was(value: str) -> None:
    code = Layout("    ", 60).sized("features", value, 2)
    assert "\n" in code
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(f"features = {value}"))


def test_a_test_is_not_asked_twice() -> None:
    """Of what is no test, `True if n else False` is not the value itself."""
    wide = Term(Kind.OP, "<", (Term(Kind.FIELD, "n"), const(3)))
    assert choice(wide, const(True), const(False)) == wide
    assert choice(Term(Kind.FIELD, "n"), const(True), const(False)).kind is Kind.CHOICE
    assert choice(wide, const(1), const(0)).kind is Kind.CHOICE
