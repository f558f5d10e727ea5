"""NNX classes in new files beside the Linen ones: nothing that is there changes, and both can be imported."""

import importlib
import itertools
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from migrate_norm.codemod import Result

from .check import Call, compare, f32, migrate_project, refusals, run_once, texts

_numbers = itertools.count()

BLOCKS = """\
# Copyright nobody.
\"\"\"Blocks.\"\"\"

import logging
import os

import jax.numpy as jnp
from flax import linen as nn

logger = logging.getLogger(__name__)
WIDTH = 4


# Helpers


def scale(x, by=WIDTH):
    return x * by


# Layers


class Block(nn.Module):
    \"\"\"One block.\"\"\"

    features: int = WIDTH

    @nn.compact
    def __call__(self, x):
        logger.debug("called")
        return scale(nn.LayerNorm()(nn.Dense(self.features)(x)))


class Local(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(3, (3,))(x)


def build(features, kind=Block):
    return [kind(features), Local()]


# The end
"""
BLOCKS_NNX = """\
# Copyright nobody.
\"\"\"Blocks.\"\"\"

from flax import nnx
from .blocks import WIDTH, logger, scale


# Layers


class Block(nnx.Module):
    \"\"\"One block.\"\"\"

    def __init__(self, in_features: int, features: int = WIDTH, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(features, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x):
        logger.debug("called")
        return scale(self.layer_norm_0(self.dense_0(x)))
"""
MODEL = """\
from flax import linen as nn
{imports}


class Base(nn.Module):
    width: int = 6


class Model(Base):
    @nn.compact
    def __call__(self, x):
        return {name}(3)({name}(self.width)(x))


class Odd(Base):
    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(3, (3,))(x)


MODELS = {{"model": Model, "odd": Odd}}


def make(name):
    return MODELS[name]()
"""
CALL = Call("Model", (3,), inputs=(f32(2, 3),))


def _beside(files: Mapping[str, str]) -> tuple[Result, dict[str, str]]:
    """Returns the run and the new files; those given are as they were, and a second run has nothing to do."""
    result = migrate_project(files, beside=True)
    found = texts(result)
    assert {path: found[path] for path in files} == files
    again = migrate_project(found, beside=True)
    assert texts(again) == found
    assert not [f for f in again.files if f.new]
    return result, {file.path: file.after.decode() for file in result.files if file.new}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A name that no package has, and its folder, which can be imported from."""
    name = f"beside_{next(_numbers)}"
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / name).mkdir()
    yield name, tmp_path
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[module]


def _run(
    files: Mapping[str, str], package: tuple[str, Path], call: Call = CALL, module: str = "model"
) -> str:
    """Writes all files, imports the old and the new module, and compares them; returns the text of the new one."""
    name, folder = package
    files = {path.replace("pkg", name): text.replace("pkg", name) for path, text in files.items()}
    result, new = _beside(files)
    for path, text in {**files, **new}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    linen, twin = (importlib.import_module(f"{name}.{m}") for m in (module, f"{module}_nnx"))
    report = compare(linen, twin, result.mapping, call, samples=1, steps=2, poison=False)
    assert report.equal, report
    run_once(twin, call)
    return new[f"{name}/{module}_nnx.py"].replace(name, "pkg")


def test_a_new_file_has_what_was_migrated_alone() -> None:
    result, new = _beside({"pkg/__init__.py": "", "pkg/blocks.py": BLOCKS})
    assert new == {"pkg/blocks_nnx.py": BLOCKS_NNX}
    assert [c.name for c in result.mapping.classes] == ["pkg.blocks_nnx.Block"]
    assert [d.subject for f in result.files for d in refusals(f)] == ["Local"]


@pytest.mark.parametrize(
    ("imports", "name", "after"),
    [
        ("from .blocks import Block", "Block", "from .blocks_nnx import Block"),
        ("from .blocks import Block as B", "B", "from .blocks_nnx import Block as B"),
        ("from .blocks import WIDTH, Block, scale", "Block", "from .blocks_nnx import Block"),
        ("from pkg.blocks import Block", "Block", "from pkg.blocks_nnx import Block"),
        ("from pkg import Block", "Block", "from .blocks_nnx import Block"),
        ("from . import blocks", "blocks.Block", "from . import blocks_nnx"),
        ("from . import blocks as b", "b.Block", "from . import blocks_nnx as b_nnx"),
        ("import pkg.blocks", "pkg.blocks.Block", "import pkg.blocks_nnx"),
        ("import pkg.blocks as b", "b.Block", "import pkg.blocks_nnx as b_nnx"),
        ("from .blocks import *", "Block", "from .blocks import *\nfrom .blocks_nnx import Block"),
        ("import pkg", "pkg.Block", "from .blocks_nnx import Block"),
    ],
)
def test_imports_lead_to_the_new_files(
    imports: str, name: str, after: str, package: tuple[str, Path]
) -> None:
    files = {
        "pkg/__init__.py": "from .blocks import Block\n",
        "pkg/blocks.py": BLOCKS,
        "pkg/model.py": MODEL.format(imports=imports, name=name),
    }
    text = _run(files, package)
    assert text.startswith(f"from flax import nnx\n{after}\n\n\nclass Base(nnx.Module):\n"), text
    assert "class Model(Base):" in text
    assert "Odd" not in text
    assert "MODELS" not in text


ALONE = """\
from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

if TYPE_CHECKING:
    from os import PathLike

try:
    import no_such_package
except ImportError:
    no_such_package = None

jax.config.update("jax_default_matmul_precision", None)
KNOWN = []; LEFT = {\n    1: 2}
SIZES = {"small": 3}
SIZES["wide"] = 5


class Plain:
    width = 3


def count(path: PathLike | None) -> int:
    assert path is None
    return len(SIZES) + Plain.width


def offset(module, size):
    return module.param("offset", nn.initializers.normal(), (size,))


class Model(nn.Module):
    @nn.compact
    def __call__(self, x, path: PathLike | None = None):
        mean = self.variable("statistics", "mean", lambda: jnp.zeros((3,)))
        assert no_such_package is None
        x = nn.Dense(SIZES["wide"])(x + mean.value) + offset(self, SIZES["wide"])
        return functools.reduce(lambda a, b: a * b, [x, count(path)])


def main():
    model = Model()
    return model.init(jax.random.key(0), jnp.ones((2, 3)))


if __name__ == "__main__":
    main()
"""


ALONE_NNX = """\
from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from flax import nnx
from .model import SIZES, count, no_such_package

if TYPE_CHECKING:
    from os import PathLike

jax.config.update("jax_default_matmul_precision", None)


def offset_variables(module, size, *, rngs: nnx.Rngs):
    \"\"\"Creates the variables that `offset` reads.\"\"\"
    module.offset = nnx.Param(nnx.initializers.normal()(rngs.params(), (size,)))


def offset(module, size):
    return module.offset[...]


@nnx.register_variable_name("statistics")
class Statistics(nnx.Variable):
    \"\"\"Linen's collection `statistics`.\"\"\"


"""


def test_what_mentions_a_class_goes_along(package: tuple[str, Path]) -> None:
    alone = Call("Model", inputs=(f32(2, 3),))  # the statistics tell the size
    text = _run({"pkg/__init__.py": "", "pkg/model.py": ALONE}, package, alone)
    head = text.partition("class Model")[0]
    assert head == ALONE_NNX, head
    assert "main()" not in text


def test_a_class_of_the_package_itself(package: tuple[str, Path]) -> None:
    name, folder = package
    source = BLOCKS.replace("Block", "Model")
    result, new = _beside({f"{name}/__init__.py": source})
    assert [*new] == [f"{name}/{name}_nnx.py"]
    assert "from . import WIDTH, logger, scale\n" in new[f"{name}/{name}_nnx.py"]
    assert result.mapping.classes[0].name == f"{name}.{name}_nnx.Model"
    for path, text in {f"{name}/__init__.py": source, **new}.items():
        (folder / path).write_text(text)
    linen, twin = importlib.import_module(name), importlib.import_module(f"{name}.{name}_nnx")
    assert compare(linen, twin, result.mapping, CALL, samples=1, steps=2, poison=False).equal


REBOUND = """\
import jax.numpy as jnp
from flax import linen as nn

_by = 2


def scale_by(by):
    global _by
    _by = by


def scaled(x):
    return x * _by


class Reads(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x) * _by


class Calls(nn.Module):
    @nn.compact
    def __call__(self, x):
        return scaled(nn.Dense(3)(x))
"""


def test_a_value_that_a_function_binds_anew_is_not_imported() -> None:
    result, new = _beside({"a.py": REBOUND})
    assert [(d.subject, d.code) for f in result.files for d in refusals(f)] == [("Reads", "MN301")]
    assert "from a import scaled\n" in new["a_nnx.py"]


@pytest.mark.parametrize("user", ["", "from pkg.model import make\n"])
def test_a_folder_without_init(user: str, package: tuple[str, Path]) -> None:
    """It is a package to who imports from it; nobody else says what it is called."""
    name, folder = package
    imports = "from pkg.blocks import Block, WIDTH" if user else "from .blocks import Block, WIDTH"
    model = MODEL.format(imports=imports, name="Block").replace("width: int = 6", "width: int = WIDTH")
    files = {"pkg/blocks.py": BLOCKS, "pkg/model.py": model}
    files |= {"use.py": user} if user else {}
    text = _run(files, package, Call("Model", (3,), inputs=(f32(2, 3),)))
    assert f"{imports.split()[0]} {imports.split()[1]}_nnx import Block\n" in text
    blocks = (folder / name / "blocks_nnx.py").read_text().replace(name, "pkg")
    assert ("from pkg.blocks import WIDTH" if user else "from .blocks import WIDTH") in blocks


def test_a_file_that_is_in_the_way_stays() -> None:
    files = {"pkg/__init__.py": "", "pkg/blocks.py": BLOCKS, "pkg/blocks_nnx.py": "mine = 1\n"}
    result = migrate_project(files, beside=True)
    assert texts(result) == files
    assert [(d.path, d.code) for f in result.files for d in refusals(f)] == [
        ("pkg/blocks.py", "MN109"),
        ("pkg/blocks_nnx.py", "MN908"),
    ]


def test_linen_stays_linen_for_whoever_uses_it() -> None:
    """In place, each of these keeps `Block` Linen."""
    uses = (
        "BLOCKS = {kind: kind for kind in (Block,)}\n",
        "class Wide(Block):\n    features: int = name()\n    exec('')\n",
        "def make(**given):\n    return globals()['Block'](**given), Block\n",
    )
    for use in uses:
        before = BLOCKS + "\n\n" + use
        _, new = _beside({"pkg/__init__.py": "", "pkg/blocks.py": before})
        assert new == {"pkg/blocks_nnx.py": BLOCKS_NNX}, use
