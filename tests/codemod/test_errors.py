"""A file that cannot be read is named and left as it was; all others are still done."""

import pytest
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import migrate_files

from .check import HEADER

_GOOD = (
    HEADER + "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    "        return x * self.param('w', nn.initializers.ones, (3,))\n"
).encode()

_BAD = {
    "syntax": b"import flax\n\ndef f(:\n    pass\n",
    "indentation": b"import flax\nclass A:\n  x = 1\n   y = 2\n",
    "not-utf8": b"import flax\nx = '\xff\xfe'\n",
    "unknown-cookie": b"# -*- coding: no-such-codec -*-\nimport flax\n",
    "null-byte": b"import flax\nx = 1\x00\n",
    "deep": b"import flax\nx = " + b"(" * 400 + b")" * 400 + b"\n",
    "python-2": b"import flax\nprint 'x'\n",
}


@pytest.mark.parametrize("data", _BAD.values(), ids=_BAD)
def test_bad_file_is_an_error_and_the_others_are_done(data: bytes) -> None:
    result = migrate_files({"a.py": _GOOD, "bad.py": data, "b.py": _GOOD})
    first, bad, last = result.files
    assert first.changed
    assert last.changed
    assert bad.after == data
    (error,) = bad.diagnostics
    assert (error.severity, error.code, error.path) == (Severity.ERROR, "MN902", "bad.py")
    assert error.line >= 1
    assert error.column >= 1
    assert error.message


def test_place_of_a_syntax_error() -> None:
    (error,) = migrate_files({"bad.py": _BAD["syntax"]}).files[0].diagnostics
    assert error.line == 3


@pytest.mark.parametrize("data", [b"", b"\n", b"import os\n", b"x = (\n", b"# only a comment"], ids=repr)
def test_file_without_linen_is_not_even_parsed(data: bytes) -> None:
    file = migrate_files({"a.py": data}).files[0]
    assert file.after is data
    assert not file.diagnostics
    assert not file.symbols
