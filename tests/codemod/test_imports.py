# ruff: noqa: E501
"""Linen under every name that it is imported by, and what becomes of the imports."""

import pytest

from .check import (
    check_refused,
    check_stable,
    check_transformed,
    check_unchanged,
    migrate_project,
    refusals,
    texts,
)

_LAYER = """
class L({Module}):
    @{compact}
    def __call__(self, x):
        return {relu}(x * self.param("w", {init}.ones, (3,)))
"""
_MIGRATED = """
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param({init}.ones(rngs.params(), (3,)))

    def __call__(self, x):
        return {relu}(x * self.w)
"""


def _layer(prefix: str) -> str:
    return _LAYER.format(
        Module=prefix + "Module",
        compact=prefix + "compact",
        relu=prefix + "relu",
        init=prefix + "initializers",
    )


_STYLES = {
    "from-flax": ("from flax import linen as nn\n", "nn."),
    "import-as": ("import flax.linen as nn\n", "nn."),
    "import-dotted": ("import flax.linen\n", "flax.linen."),
    "import-flax": ("import flax\n", "flax.linen."),
    "from-flax-plain": ("from flax import linen\n", "linen."),
    "other-alias": ("from flax import linen as fnn\n", "fnn."),
    "names": ("from flax.linen import Module, compact, relu, initializers\n", ""),
    "parenthesised": (
        "from flax.linen import (\n    Module,\n    compact,\n    relu,\n    initializers,\n)\n",
        "",
    ),
}


@pytest.mark.parametrize(("line", "prefix"), _STYLES.values(), ids=_STYLES)
def test_import_style(line: str, prefix: str) -> None:
    after = "from flax import nnx\n" + _MIGRATED.format(init="nnx.initializers", relu="nnx.relu")
    check_transformed(line + _layer(prefix), after)


def test_names_under_other_names() -> None:
    before = "from flax.linen import Module as M, compact as c\nfrom flax.linen import initializers as I, relu as r\n"
    text = before + _LAYER.format(Module="M", compact="c", relu="r", init="I")
    check_transformed(
        text, "from flax import nnx\n" + _MIGRATED.format(init="nnx.initializers", relu="nnx.relu")
    )


def test_other_names_of_the_import_stay() -> None:
    before = (
        "from flax import linen as nn, struct\n"
        + _layer("nn.")
        + "\n\n@struct.dataclass\nclass S:\n    x: int\n"
    )
    file = migrate_project({"a.py": before}).files[0]
    text = file.after.decode()
    assert not refusals(file)
    assert "struct" in text.splitlines()[0] + text.splitlines()[1]
    assert "linen" not in text
    check_stable(file)


def test_nnx_that_is_imported_already() -> None:
    before = "from flax import linen as nn\nfrom flax import nnx\n" + _layer("nn.")
    text = migrate_project({"a.py": before}).files[0].after.decode()
    assert text.count("import nnx") == 1


@pytest.mark.parametrize(
    "text",
    [
        "from torch import nn\n\n\nclass L(nn.Module):\n    def __init__(self):\n        super().__init__()\n",
        "from flax import nnx\n\n\nclass L(nnx.Module):\n    def __init__(self, *, rngs: nnx.Rngs):\n        self.w = nnx.Param(1)\n",
        "import flax\n\nx = flax.__version__\n",
        "import flax.struct\n\n\n@flax.struct.dataclass\nclass S:\n    x: int\n",
        '"""About flax.linen.Module."""\n',
    ],
    ids=["torch", "nnx", "flax", "struct", "docstring"],
)
def test_not_linen(text: str) -> None:
    check_unchanged(text)


def test_functions_outside_of_classes() -> None:
    check_transformed(
        "from flax import linen as nn\n"
        + _layer("nn.")
        + "\n\ndef f(x):\n    return nn.gelu(nn.softmax(x))\n",
        "from flax import nnx\n"
        + _MIGRATED.format(init="nnx.initializers", relu="nnx.relu")
        + "\n\ndef f(x):\n    return nnx.gelu(nnx.softmax(x))\n",
    )


def test_linen_stays_imported_where_a_class_stays() -> None:
    stays = "\n\nclass M(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.ConvLocal(3, 3)(x)\n"
    file = migrate_project({"a.py": "from flax import linen as nn\n" + _layer("nn.") + stays}).files[0]
    text = file.after.decode()
    assert "class L(nnx.Module)" in text
    assert stays in text
    assert "from flax import linen as nn" in text
    assert {d.code for d in refusals(file)} == {"MN109"}
    compile(text, "a.py", "exec")


def test_re_export_across_files() -> None:
    result = migrate_project(
        {
            "pkg/__init__.py": "from .base import Base\n",
            "pkg/base.py": "from flax import linen as nn\n\n\nclass Base(nn.Module):\n    dim: int = 3\n",
            "pkg/layer.py": "from flax import linen as nn\nfrom . import Base\n\n\nclass L(Base):\n    @nn.compact\n"
            "    def __call__(self, x):\n        return x * self.param('w', nn.initializers.ones, (self.dim,))\n",
        }
    )
    assert not [d for f in result.files for d in refusals(f)]
    after = texts(result)
    assert after["pkg/__init__.py"] == "from .base import Base\n"
    assert "class Base(nnx.Module)" in after["pkg/base.py"]
    assert "super().__init__(" in after["pkg/layer.py"]
    assert "linen" not in after["pkg/layer.py"]


def test_unknown_base_is_refused() -> None:
    check_refused(
        "from flax import linen as nn\nfrom other import Base\n\n\nclass L(Base, nn.Module):\n    @nn.compact\n"
        "    def __call__(self, x):\n        return x * self.param('w', nn.initializers.ones, (3,))\n",
        "MN104",
    )
