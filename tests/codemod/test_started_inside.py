"""Files that import each other by the folders above those that were given: a run inside of a package."""

from pathlib import Path

import pytest
from migrate_norm.cli.migrate_norm import main

from .check import HEADER, listed, migrate_project, refusals

MODEL = f"""{HEADER}class Net(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)
"""
USER = """\
import jax
import jax.numpy as jnp
{imports}


def f(key):
    net = {net}(4)
    variables = net.init(key, jnp.ones((1, 3)))
    return net.apply(variables, jnp.ones((2, 3)))
"""
INIT = "from .model import Net\n"
MADE = "net = {}(3, 4, rngs=nnx.Rngs(key))"
OF_MODULE = [
    ("from . import model as m", "m.Net"),
    ("from pkg.model import Net", "Net"),
    ("from .model import Net", "Net"),
]
OF_PACKAGE = [("from . import Net", "Net"), ("from . import *", "Net"), ("import pkg", "pkg.Net")]


@pytest.mark.parametrize(("imports", "net"), [*OF_MODULE, *OF_PACKAGE, ("from lib.pkg import Net", "Net")])
def test_a_package(imports: str, net: str) -> None:
    files = {"__init__.py": INIT, "model.py": MODEL, "user.py": USER.format(imports=imports, net=net)}
    result = migrate_project(files, above=("home", "lib", "pkg"))
    assert not [d for file in result.files for d in refusals(file)], listed(result.files[2])
    assert MADE.format(net) in result.files[2].after.decode()
    assert result.mapping.find("pkg.model.Net") is not None


@pytest.mark.parametrize(("imports", "net"), OF_MODULE)
def test_a_folder(imports: str, net: str) -> None:
    files = {"model.py": MODEL, "user.py": USER.format(imports=imports, net=net)}
    result = migrate_project(files, above=("home", "lib", "pkg"))
    assert MADE.format(net) in result.files[1].after.decode()
    assert result.mapping.find("model.Net") is not None


def test_the_command_knows_where_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pkg"
    folder.mkdir()
    user = USER.format(imports="from pkg import Net", net="Net")
    for name, text in {"__init__.py": INIT, "model.py": MODEL, "user.py": user}.items():
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    assert main([".", "--allow-dirty"]) == 0
    assert MADE.format("Net") in (folder / "user.py").read_text()
