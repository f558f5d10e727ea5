"""Texts of the command line, read right or refused with what is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
from migrate_norm.cli._specs import SpecError, load_expression, parse_arguments, parse_input, parse_value
from migrate_norm.equivalence import InputSpec

GOOD = {
    "f32[8,64]": InputSpec("float32", (8, 64)),
    " bf16[ 2, 3 ] ": InputSpec("bfloat16", (2, 3)),
    "i32[8]": InputSpec("int32", (8,)),
    "u8[0]": InputSpec("uint8", (0,)),
    "bool[8,64]": InputSpec("bool", (8, 64)),
    "c64[1]": InputSpec("complex64", (1,)),
    "f32[]": InputSpec("float32", ()),
    "f32[b, 3]": InputSpec("float32", ("b", 3)),
    "f32[b=8,32 * h]": InputSpec("float32", ("b=8", "32*h")),
    "float16[3]": InputSpec("float16", (3,)),
}
BAD = {
    "f32": "is no array",
    "f31[2]": "'f31' is no dtype",
    "f32[b+1,3]": "sizes are whole numbers",
    "f32[b=0]": "is no size",
    "f32[8,,3]": "sizes are whole numbers",
    "f32[-1]": "sizes are whole numbers",
    "f64[2]": "JAX_ENABLE_X64",
}


@pytest.mark.parametrize("text", GOOD)
def test_an_array(text: str) -> None:
    assert parse_input(text) == parse_value(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_no_array(text: str) -> None:
    with pytest.raises(SpecError, match=BAD[text]):
        parse_input(text)


def test_arguments_by_place_and_by_name() -> None:
    inputs, kwargs = parse_arguments(["f32[2]", "3", "None", "train=False", "mask=bool[2]", "mode='a=b'"])
    assert inputs == (InputSpec("float32", (2,)), 3, None)
    assert kwargs == {"train": False, "mask": InputSpec("bool", (2,)), "mode": "a=b"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["train=False", "train=True"], "'train' is given twice"),
        (["train=off"], "'off' is neither an array"),
        (["__import__('os')"], "nor a Python literal"),
        (["x=f32[b/2]"], "sizes are whole numbers"),
    ],
)
def test_arguments_that_say_nothing(texts: list[str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_arguments(texts)


def test_an_expression_in_a_module_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "specs_demo.py").write_text("WIDTH = 3\ndef build(n): return [n] * WIDTH\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert load_expression("specs_demo:build(WIDTH)") == [3, 3, 3]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("json", "a module, a colon and an expression"),
        ("json:", "a module, a colon and an expression"),
        ("a b:c", "a module, a colon and an expression"),
        ("no_such_module_here:x", "No module named 'no_such_module_here'; modules are looked up in the"),
        ("specs_broken:x", "importing specs_broken failed: SystemExit: 0"),
        ("json:nope", "evaluating nope in json failed: NameError"),
        ("json:dumps(", "evaluating .* failed: SyntaxError"),
        ("json:1/0", "ZeroDivisionError"),
    ],
)
def test_an_expression_that_fails(
    spec: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "specs_broken.py").write_text("raise SystemExit(0)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SpecError, match=message):
        load_expression(spec)


def test_the_command_line_starts_without_jax() -> None:
    code = (
        "import migrate_norm.cli._specs, migrate_norm.cli.migrate_verify, sys; sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
