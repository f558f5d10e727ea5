"""Which sign separates a path."""

import pytest
from migrate_norm.checkpoint.formats import FormatError
from migrate_norm.checkpoint.formats.names import chosen_separator, detect_separator, split_names

DETECTED = {
    "dots": (["a.b", "c.d.e"], "."),
    "slashes": (["a/b", "c/d/e"], "/"),
    "neither": (["a", "b"], None),
    "none": ([], None),
    "top_level_beside_dots": (["step", "params.w"], "."),
    "slashed_key_in_dots": (["params.Dense_0.kernel", "params.Norm_0.Dense_0/kernel/scale"], "."),
    "dotted_key_in_slashes": (["params/v1.5/w", "params/w", "step"], "/"),
}


@pytest.mark.parametrize(("names", "separator"), DETECTED.values(), ids=DETECTED)
def test_detected(names: list[str], separator: str | None) -> None:
    assert detect_separator(names) == separator


@pytest.mark.parametrize("names", [["a.b", "c/d"], ["a.b/c", "d/e.f"]], ids=["neither_in_all", "both_in_all"])
def test_ambiguous(names: list[str]) -> None:
    with pytest.raises(FormatError, match="either could be"):
        detect_separator(names)
    assert chosen_separator(names, "/") == "/"
    assert chosen_separator(names, None, ".") == "."


def test_asked_goes_before_noted() -> None:
    assert chosen_separator(["a.b"], "/", ".") == "/"


@pytest.mark.parametrize("separator", ["", "123456789"])
def test_no_separator(separator: str) -> None:
    with pytest.raises(FormatError, match="one to eight"):
        chosen_separator([], None, separator)


def test_names_are_only_names() -> None:
    names = ["../../etc/passwd", "/etc", "a//b", "\0/x", "x" * 10_000]
    assert split_names(names, "/") == [
        ("..", "..", "etc", "passwd"),
        ("", "etc"),
        ("a", "", "b"),
        ("\0", "x"),
        ("x" * 10_000,),
    ]


@pytest.mark.parametrize("names", [["a", "a/b"], ["a/b/c", "a.x", "a/b"], ["a/b", "a/b"]], ids=str)
def test_a_leaf_is_no_folder(names: list[str]) -> None:
    with pytest.raises(FormatError, match="also the folder"):
        split_names(names, "/")


def test_depth() -> None:
    assert len(split_names(["a/" * 63 + "a"], "/")[0]) == 64
    with pytest.raises(FormatError, match="64 deep"):
        split_names(["a/" * 64 + "a"], "/")
