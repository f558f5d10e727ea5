"""The codemod's output is what an expert wrote by hand, up to line breaks, docstrings and names it had to invent."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from migrate_norm.codemod import Options, migrate_files

from .check import Call, check_equivalent, check_stable, f32, refusals

_CASES = Path(__file__).parent / "cases" / "gallery"
_PAIRS = sorted(path.name.removesuffix("_linen.py") for path in _CASES.glob("*_linen.py"))
_NAMES = ("id", "attr", "arg", "name")


def _migrated(name: str) -> str:
    """The output for one file, migrated together with the files that it imports."""
    before = (_CASES / f"{name}_linen.py").read_text()
    imported = [n for n in _PAIRS if f"from {n}_linen import" in before]
    texts = {f"{n}_linen.py": (_CASES / f"{n}_linen.py").read_bytes() for n in (name, *imported)}
    file = migrate_files(texts, Options(line_length=110)).files[0]
    assert not refusals(file)
    if not imported:
        check_stable(file, line_length=110)
    return file.after.decode().replace("_linen import", "_nnx import")


def _differences(one: str, two: str) -> list[str]:
    """Places where two programs are not the same under one renaming, forth and back."""
    forth: dict[str, str] = {}
    back: dict[str, str] = {}
    found = []
    for left, right in zip(_parts(ast.parse(one)), _parts(ast.parse(two)), strict=False):
        same = left == right
        if left[0] == right[0] == "name":
            same = (
                forth.setdefault(left[1], right[1]) == right[1]
                and back.setdefault(right[1], left[1]) == left[1]
            )
        if not same:
            found.append(f"{left} is not {right}")
    count = [len(list(_parts(ast.parse(text)))) for text in (one, two)]
    return found if count[0] == count[1] else [*found, f"{count[0]} parts, not {count[1]}"]


def _parts(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What a tree is made of, names apart from all else; no docstrings."""
    yield "node", type(node).__name__
    for field, value in ast.iter_fields(node):
        if field in _NAMES and isinstance(value, str):
            yield "name", value
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                if not _is_docstring(node, item):
                    yield from _parts(item)
            else:
                yield "value", repr(item)


def _is_docstring(above: ast.AST, node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text and isinstance(above, ast.ClassDef | ast.FunctionDef | ast.Module) and above.body[0] is node


@pytest.mark.parametrize("name", _PAIRS)
def test_output_is_the_gallery(name: str) -> None:
    expected = (_CASES / f"{name}_nnx.py").read_text()
    assert not _differences(expected, _migrated(name))


def test_the_vit_computes_the_same() -> None:
    arguments = {
        "num_classes": 3,
        "patch": 2,
        "hidden_size": 4,
        "num_layers": 2,
        "mlp_dim": 5,
        "num_heads": 2,
    }
    call = Call("ViT", ((4, 6, 3),), arguments, (f32(2, 4, 6, 3),), {"train": False})
    check_equivalent((_CASES / "vit_linen.py").read_text(), call)


def test_the_resnet_computes_the_same() -> None:
    arguments = {"stage_sizes": (2, 1), "num_classes": 3, "num_filters": 4}
    inputs = (f32(2, 8, 8, 3),)
    for kwargs in ({"train": True}, {"train": False}):
        call = Call("ResNet", (3,), arguments, inputs, kwargs)
        check_equivalent((_CASES / "resnet_linen.py").read_text(), call)


def test_the_comparison_sees_a_difference() -> None:
    assert not _differences("a = b + a", "c = d + c")
    assert _differences("a = b + a", "c = d + d")
    assert _differences("a = b", "a = b; c = 1")
