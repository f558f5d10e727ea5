"""Which files an import may mean: by path alone, and whatever way it is written."""

import ast

import pytest
from migrate_norm.codemod.importable import Importable, imports
from migrate_norm.codemod.migrate import read_files

NET = """
from flax import linen as nn

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x)

def create():
    return Net()
"""

WRITTEN = {
    "behind a semicolon": "x = 1; from net import create\ncreate()\n",
    "of two": "import os; import net\nnet.create()\n",
    "behind a colon": "try: from net import create\nexcept ImportError: pass\ncreate()\n",
    "without a space": "from net import(create)\ncreate()\n",
    "a star without a space": "from net import*\ncreate()\n",
    "a parenthesis in a comment": "from net import (\n    Net,  # (or)\n    create,\n)\ncreate()\n",
    "a line that goes on": "from net \\\n    import create\ncreate()\n",
    "a line that goes on at once": "from net import \\\n    create\ncreate()\n",
    "tabs": "from\tnet\timport\tcreate\ncreate()\n",
    "a form feed": "\x0cfrom net import create\ncreate()\n",
    "a byte order mark": "\ufefffrom net import create\ncreate()\n",
    "carriage returns": "import os\rfrom net import create\rcreate()\r",
    "both line ends": "import os\r\nfrom net import (\r\n  create,\r\n)\r\ncreate()\r\n",
    "in a branch": "if 1:\n    import net as n\nelse:\n    n = None\nn.create()\n",
    "by a call": "import importlib\nimportlib.import_module('net').create()\n",
    "by a call of a computed name": "from importlib import import_module as i\ni(f'{x}').Net()\n",
    "by __import__": "__import__('net').Net()\n",
}


@pytest.mark.parametrize("case", WRITTEN)
def test_every_way_to_write_an_import(case: str) -> None:
    assert _read({"net.py": NET, "user.py": WRITTEN[case]})


LAID_OUT = {
    "beside each other": ("net.py", "user.py", "from net import create\n", ()),
    "beside each other in a package": ("pkg/net.py", "pkg/user.py", "from net import create\n", ("pkg",)),
    "relative, without a space": ("pkg/net.py", "pkg/user.py", "from.net import create\n", ("pkg",)),
    "relative, a module": ("pkg/net.py", "pkg/user.py", "from .import net\n\nnet.create()\n", ("pkg",)),
    "below src": (
        "src/pkg/net.py",
        "tests/user.py",
        "import pkg.net as n\n\nn.create()\n",
        ("src/pkg", "tests"),
    ),
    "without __init__.py": ("src/pkg/net.py", "tests/user.py", "from pkg.net import create\n", ()),
    "from a script below": ("pkg/net.py", "pkg/scripts/user.py", "from net import create\n", ("pkg",)),
    "from a script elsewhere": ("pkg/net.py", "scripts/user.py", "from net import create\n", ("pkg",)),
    "with folders above": ("net.py", "user.py", "from home.pkg.net import create\n", ()),
    "two dots": ("net.py", "sub/user.py", "from ..net import create\n", ()),
    "a path with dots": ("../net.py", "user.py", "from ..net import create\n", ()),
    "an absolute path": ("/home/net.py", "user.py", "from ..net import create\n", ()),
    "a name that is no ASCII": ("né.py", "user.py", "from né import create\n", ()),
    "another name": ("net.py", "user.py", "from nets import create\n", None),
    "a folder deeper": ("a/net.py", "user.py", "from b.net import create\n", None),
    "relative to elsewhere": ("a/net.py", "b/user.py", "from .net import create\n", None),
    "inside of a package": ("a/net.py", "b/user.py", "from net import create\n", None, "a", "b"),
    "called as the standard library": ("a/json.py", "user.py", "from json import create\n", None, "a"),
}


@pytest.mark.parametrize("case", LAID_OUT)
def test_what_a_name_may_mean_goes_by_folders(case: str) -> None:
    net, user, text, packages, *more = LAID_OUT[case]
    inits = {f"{folder}/__init__.py": "" for folder in (*(packages or ()), *more)}
    assert _read({**inits, net: NET, user: text}, ("home", "pkg")) is (packages is not None)


@pytest.mark.parametrize("finding", ["tests/user.py", "tests/context.py", "conftest.py"])
def test_where_the_path_of_python_is_changed_any_folder_may_be_meant(finding: str) -> None:
    files = {"models/__init__.py": "", "tests/__init__.py": "", "models/net.py": NET}
    user = "from net import create\n\ncreate()\n"
    changes = "import sys\nsys.path.append('models')\n"
    assert not _read({**files, "tests/user.py": user})
    assert _read({**files, "tests/user.py": user, finding: changes + (user if "user" in finding else "")})


HANDED_ON = {
    "import pkg.net": "pkg.net.create()",
    "import pkg.net as n": "n.create()",
    "from pkg import net": "net.create()",
    "from pkg import net as n": "n.create()",
    "from pkg.net import *": "create()",
}


@pytest.mark.parametrize("packages", [("pkg",), ()], ids=["package", "namespace"])
@pytest.mark.parametrize("written", HANDED_ON)
def test_what_is_handed_on_is_followed_however_it_was_imported(
    written: str, packages: tuple[str, ...]
) -> None:
    files = {f"{folder}/__init__.py": "__all__ = ['net']\n" for folder in packages}
    maker = f"{written}\n\ndef make():\n    return {HANDED_ON[written]}\n"
    user = "from maker import make\n\nmake()\n"
    assert _read({**files, "pkg/net.py": NET, "maker.py": maker, "user.py": user})


HELD = {
    "by its package": ({"pkg/__init__.py": "from . import net\n"}, "import pkg\npkg.net.create()\n"),
    "by its package, as another has it": (
        {"pkg/__init__.py": "", "other.py": "import pkg.net\n"},
        "import pkg\npkg.net.create()\n",
    ),
    "by another file": ({"hub.py": "from pkg import net\n"}, "import hub\nhub.net.create()\n"),
    "by another file, by name": ({"hub.py": "from pkg import net as n\n"}, "from hub import n\nn.create()\n"),
    "by a star": ({"hub.py": "from pkg import net\n"}, "from hub import *\nnet.create()\n"),
    "by the star of a package": (
        {"pkg/__init__.py": "__all__ = ['net']\n"},
        "from pkg import *\nnet.create()\n",
    ),
    "twice": (
        {"hub.py": "import pkg.net\n", "more.py": "import hub as first\n"},
        "import more\nmore.first.pkg.net.create()\n",
    ),
}


@pytest.mark.parametrize("case", HELD)
def test_a_module_that_others_hold_is_followed(case: str) -> None:
    files, text = HELD[case]
    assert _read({**files, "pkg/net.py": NET, "user.py": text})
    maker = text.replace("\n", "\n\ndef make():\n    return ", 1)
    assert _read(
        {**files, "pkg/net.py": NET, "maker.py": maker, "user.py": "from maker import make\nmake()\n"}
    )
    assert not _read({**files, "pkg/net.py": NET, "user.py": text.replace("create", "destroy")})


def test_two_packages_of_one_name() -> None:
    files = {
        "a/pkg/__init__.py": "",
        "a/pkg/net.py": "x = 1\n",
        "b/pkg/__init__.py": "from . import net\n\ndef make():\n    return net.create()\n",
        "b/pkg/net.py": NET,
        "user.py": "from b.pkg import make\n\nmake()\n",
    }
    assert _read(files)


def test_a_file_that_is_no_utf8_can_be_asked() -> None:
    files = {
        "net.py": NET.encode(),
        "user.py": "# coding: latin-1\nimport mé\nfrom net import create\n".encode("latin-1"),
    }
    assert "user.py" in read_files(files)[0]


def test_imports_are_those_that_python_sees() -> None:
    text = "\n".join([*WRITTEN.values(), "import a.b as c, d", "import a, \\\n  b", "def f(): import g"])
    seen = {
        ("." * node.level + (node.module or ""), alias.name)
        for node in ast.walk(ast.parse(text.replace("\ufeff", "")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found = imports(text.encode())
    assert seen <= {
        (m.decode(), n)
        for m, names in found
        for n in ("*", "create", "Net", "import_module")
        if n.encode() in names
    }
    whole = [names.decode() for module, names in found if not module]
    assert {"a.b as c, d", "g", "os", "net", "net as n"} <= {*whole}


def test_files_that_share_a_name_are_all_meant() -> None:
    known = Importable(["a/net.py", "b/net.py", "c/net/__init__.py"])
    assert known.files("user.py", "net") == {"a/net.py", "b/net.py", "c/net/__init__.py"}
    assert known.files("a/user.py", ".net") == {"a/net.py"}
    assert known.files("user.py", "c.net") == {"c/net/__init__.py"}
    assert known.files("user.py", "...net") == frozenset()


def _read(files: dict[str, str], above: tuple[str, ...] = ()) -> bool:
    """Tells whether the file `user.py` is read."""
    parsed, _, errors = read_files({path: text.encode() for path, text in files.items()}, above)
    assert not errors
    return any(path.endswith("user.py") for path in parsed)
