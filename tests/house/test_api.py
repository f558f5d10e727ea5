"""`migrate_source`: one text in, one text out, of the same kind and in the same encoding."""

import subprocess
import sys

import pytest
from migrate_norm import Options, migrate_files, migrate_source

LINEN = '''\
from flax import linen as nn


class Scale(nn.Module):
    """Größe."""

    @nn.compact
    def __call__(self, x):
        return x * self.param("scale", nn.initializers.ones, (x.shape[-1],))
'''
DENSE = LINEN.replace('self.param("scale", nn.initializers.ones, (x.shape[-1],))', "nn.ConvLocal(3, 3)(x)")


def _as_file(text: str, encoding: str) -> bytes:
    (file,) = migrate_files({"a.py": text.encode(encoding)}).files
    assert file.changed
    return file.after


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (LINEN, "utf-8"),
        (LINEN.replace("\n", "\r\n"), "utf-8"),
        ("\ufeff" + LINEN, "utf-8"),
        ("# coding: latin-1\n" + LINEN, "latin-1"),
    ],
    ids=["plain", "CRLF", "BOM", "latin-1"],
)
def test_text_and_bytes(text: str, encoding: str) -> None:
    after = _as_file(text, encoding)
    found = migrate_source(text.encode(encoding))
    assert (found.code, found.changed) == (after, True)
    assert migrate_source(text).code == after.decode(encoding)
    assert "Größe" in migrate_source(text).code


def test_what_is_known_of_it() -> None:
    result = migrate_source(LINEN, path="pkg/layer.py")
    assert not result.diagnostics
    assert {symbol.path for symbol in result.symbols} == {"pkg/layer.py"}
    (entry,) = result.mapping.classes
    assert [variable.nnx for variable in entry.variables] == [("scale",)]


def test_a_refusal_comes_with_the_text_as_it_was() -> None:
    result = migrate_source(DENSE, path="layer.py")
    assert (result.code, result.changed) == (DENSE, False)
    assert [d.code for d in result.diagnostics] == ["MN109"]
    assert result.diagnostics[0].path == "layer.py"
    assert not result.mapping.classes


def test_options_are_passed_on() -> None:
    marked = migrate_source(DENSE, options=Options(todo=True)).code
    assert "TODO(migrate-norm: MN109)" in marked


@pytest.mark.parametrize(
    "text",
    ["import flax\nx = (", "# coding: ascii\nimport flax  # ß\n", "# coding: nothing\nimport flax\n"],
    ids=["syntax", "not ascii", "unknown encoding"],
)
def test_what_cannot_be_parsed(text: str) -> None:
    result = migrate_source(text)
    assert (result.code, result.changed) == (text, False)
    assert [d.code for d in result.diagnostics] == ["MN902"]


def test_needs_no_jax() -> None:
    code = f"import sys, migrate_norm; migrate_norm.migrate_source({LINEN!r}); print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
