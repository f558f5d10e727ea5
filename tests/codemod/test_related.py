"""Which files of a project are read: those about flax, their users, and what they call; not the many others."""

import pytest
from migrate_norm.codemod.migrate import read_files

NET = """
from flax import linen as nn
import numpy as np

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x)

def create():
    return Net()

class Trainer:
    def __init__(self):
        self.model = Net()
"""
OTHER = "import torch\n\nclass Net2(torch.nn.Module):\n    def forward(self, x):\n        return x\n"

CASES = {
    "the class by name": ("from pkg.net import Net\nmodel = Net()\n", True),
    "the class through a module": ("import pkg.net\nmodel = pkg.net.Net()\n", True),
    "a function that makes it": ("from pkg.net import create\nmodel = create()\n", True),
    "a function through a module": ("from pkg import net\nmodel = net.create()\n", True),
    "a star": ("from pkg.net import *\nmodel = create()\n", True),
    "a name of its imports, which may go away": ("from pkg.net import np\n", True),
    "over several lines": ("from pkg.net import (\n    np,\n    create,\n)\n", True),
    "over lines that go on": ("from pkg.net import np, \\\n    create\n", True),
    "by a computed name": ("from pkg import net\nmodel = getattr(net, 'Ne' + 't')()\n", True),
    "inside of a function": ("def f():\n    from pkg.net import create\n    return create()\n", True),
    "a plain class that keeps one to itself": ("from pkg.net import Trainer\nTrainer()\n", True),
    "something else of the package": ("from pkg import other\nother.Net2()\n", False),
    "something else of that name": ("import net\n", False),
    "the word alone": ("Net = 3\n", False),
    "the word in a docstring": ('"""Not about Net."""\nfrom pkg import other  # nor Net\n', False),
    "the word beside imports of others": ("import torch\n\nNet = torch.nn.Module\n", False),
    "the word in a text that is looked up": ("import pkg.net\nmodel = vars(pkg)['net']['Net']()\n", True),
    "the word in an annotation": ("from pkg import net, other\n\ndef f(x: 'net.Net'):\n    pass\n", True),
    "by way of a package": ("import pkg\nmodel = pkg.net.Net()\n", True),
}


@pytest.mark.parametrize("case", CASES)
def test_users_of_a_linen_class_are_read_and_no_others(case: str) -> None:
    text, read = CASES[case]
    files = {"pkg/__init__.py": "", "pkg/net.py": NET, "pkg/other.py": OTHER, "user.py": text}
    parsed, _, errors = read_files({path: text.encode() for path, text in files.items()})
    assert "pkg/net.py" in parsed
    assert "pkg/other.py" not in parsed
    assert not errors
    assert ("user.py" in parsed) is read


def test_what_hands_on_is_followed_file_by_file() -> None:
    files = {
        "pkg/__init__.py": "from .api import build\n",
        "pkg/api.py": "from .net import create as build\n",
        "pkg/net.py": NET,
        "script.py": "from pkg import build\n\ndef main():\n    return build()\n",
        "test_script.py": "from script import main\n",
        "plain.py": "from pkg.other import x\n",
    }
    parsed, _, _ = read_files({path: text.encode() for path, text in files.items()})
    assert set(parsed) == set(files) - {"plain.py"}


def test_a_linen_class_of_a_base_in_a_file_that_does_not_name_flax() -> None:
    files = {
        "a.py": "from flax import linen as nn\n\nclass Base(nn.Module):\n    pass\n",
        "b.py": "import a\n\nclass Middle(a.Base):\n    pass\n",
        "c.py": "from b import Middle\n\nclass Top(Middle):\n    pass\n",
        "d.py": "from c import Top\n\nTop()\n",
    }
    parsed, _, _ = read_files({path: text.encode() for path, text in files.items()})
    assert list(parsed) == ["a.py", "b.py", "c.py", "d.py"]


def test_what_linen_classes_call_is_looked_up() -> None:
    files = {
        "pkg/__init__.py": "from .irreps import Irreps\n",
        "pkg/irreps.py": "from .base import Base\n\nclass Irreps(Base):\n    pass\n",
        "pkg/base.py": "class Base:\n    pass\n",
        "pkg/acts.py": "def swish(x):\n    return x * x\n",
        "pkg/unused.py": "class Unused:\n    pass\n",
        "pkg/net.py": (
            "import pkg\nfrom flax import linen as nn\nfrom pkg.acts import swish\n\n"
            "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
            "        return pkg.Irreps(3)(nn.Dense(3)(swish(x)))\n"
        ),
    }
    parsed, _, _ = read_files({path: text.encode() for path, text in files.items()})
    assert set(parsed) == set(files) - {"pkg/unused.py"}


def test_a_user_that_cannot_be_read_is_said_and_stops_nobody() -> None:
    files = {"net.py": NET, "user.py": "from net import Net\nmodel = Net(\n"}
    parsed, _, errors = read_files({path: text.encode() for path, text in files.items()})
    assert set(parsed) == {"net.py"}
    assert errors["user.py"].code == "MN902"


def test_a_package_whose_own_name_is_out_of_sight() -> None:
    """Of the files of the current folder nobody knows what a package it is: any import may be of them."""
    files = {"__init__.py": "from .net import Net\n", "net.py": NET, "user.py": "import mine\n\nmine.Net()\n"}
    parsed, _, _ = read_files({path: text.encode() for path, text in files.items()})
    assert [*parsed] == [*files]


def test_a_file_that_is_doubtful_at_first() -> None:
    """It has the word of one class in a comment, and takes another from a file that is read for its sake."""
    files = {
        "a.py": NET,
        "b.py": "from a import Net\n\n\nclass More(Net):\n    pass\n",
        "c.py": "from b import More  # and no Net\n\n\nclass Most(More):\n    pass\n",
        "d.py": "import c  # with the Net of a\n\nc.Most()\n",
    }
    parsed, _, _ = read_files({path: text.encode() for path, text in files.items()})
    assert [*parsed] == [*files]
