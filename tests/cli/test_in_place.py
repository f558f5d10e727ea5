"""Files that need each other are all rewritten or none, whatever is in the way of one, and at an interrupt."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from migrate_norm.cli import _in_place, _write
from migrate_norm.cli.migrate_norm import main

LAYER = "from flax import linen as nn\n\n\nclass A(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n"  # noqa: E501
MODEL = LAYER.replace("\n\n\nclass A", "\nfrom layers import A\n\n\nclass M", 1).replace(
    "(x)\n", "(A()(x))\n"
)
SOURCES = {
    "a_model.py": MODEL,
    "layers.py": LAYER,
    "other.py": LAYER.replace("A(", "B("),
    "z_model.py": MODEL,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in SOURCES.items():
        Path(name).write_text(text)
    return tmp_path


def rewritten() -> set[str]:
    assert not [name for name in os.listdir(".") if name.endswith(".tmp")]
    return {name for name, text in SOURCES.items() if Path(name).read_text() != text}


def failing(name: str, call: Callable[..., object]) -> Callable[..., object]:
    """Returns the call, which fails where an argument names that file."""

    def fails(*arguments: object) -> object:
        if any(str(argument).endswith(name) for argument in arguments):
            raise OSError(28, "No space left on device")
        return call(*arguments)

    return fails


def codes(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = [line.split(":", 1) for line in capsys.readouterr().out.splitlines() if " MN90" in line]
    return {name.removeprefix("- "): rest.split()[1] for name, rest in lines}


HELD = {"a_model.py": "MN905", "layers.py": "MN903", "z_model.py": "MN905"}


def test_what_needs_a_read_only_file_is_left_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    access = os.access  # root may write anything
    monkeypatch.setattr(
        _write.os, "access", lambda path, mode: not path.endswith("layers.py") and access(path, mode)
    )
    assert main([".", "--mapping", "m.json"]) == 2
    assert rewritten() == {"other.py"}
    assert codes(capsys) == HELD
    assert [*json.loads(Path("m.json").read_text())["classes"]] == ["other.B"]


def test_what_needs_a_file_that_would_not_be_replaced_gets_its_content_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_write.os, "replace", failing("layers.py", os.replace))
    assert main(["."]) == 2
    assert rewritten() == {"other.py"}
    assert codes(capsys) == HELD


def test_new_files_that_need_each_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_write.os, "replace", failing("layers_nnx.py", os.replace))
    assert main([".", "--beside"]) == 2
    assert sorted(name for name in os.listdir(".") if name not in SOURCES) == ["other_nnx.py"]
    assert codes(capsys) == {name.replace(".py", "_nnx.py"): code for name, code in HELD.items()}


def test_an_interrupt_before_all_are_prepared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare, calls = _in_place.prepare_instead, []

    def interrupted(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return prepare(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(_in_place, "prepare_instead", interrupted)
    assert main(["."]) == 130
    assert rewritten() == set()
    assert "no file is half written" in capsys.readouterr().err


def test_an_interrupt_while_files_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def interrupted(*arguments: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        replace(*arguments)

    monkeypatch.setattr(_write.os, "replace", interrupted)
    assert main(["."]) == 130
    assert rewritten() == set(SOURCES)
