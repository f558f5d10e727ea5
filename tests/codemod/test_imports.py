# ruff: noqa: E501
"""Linen under every name that it is imported by, and what becomes of the imports."""

import pytest

from .check import (
    check_refused,
    check_stable,
    check_transformed,
    check_unchanged,
    codes,
    migrate,
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


_LINEAR = (
    "class Linear(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense({})(x)\n"
)
_BY_NAME = "from pkg.layer import nn\n\n\n" + _LINEAR.format(3)
_USERS = {
    "by name": (_BY_NAME, True, "from flax import nnx\n"),
    "by a star": (
        _BY_NAME.replace("import nn", "import *"),
        True,
        "from pkg.layer import *\nfrom flax import nnx\n",
    ),
    "as an attribute": (
        "from pkg import layer\n\n\ndef act(x):\n    return layer.nn.relu(x)\n",
        True,
        "from pkg import layer\n",
    ),
    "a class by a star": (
        "from flax import linen as nn\nfrom pkg.layer import *\n\n\n"
        + _LINEAR.format(3).replace("nn.Dense(3)", "Linear()").replace("class Linear", "class M"),
        False,
        "from flax import nnx\nfrom pkg.layer import *\n",
    ),
}


@pytest.mark.parametrize(("user", "stays", "starts"), _USERS.values(), ids=_USERS)
def test_files_have_names_from_each_other(user: str, stays: bool, starts: str) -> None:
    """An import that another file takes from this one stays; Linen is seen whatever way it is had."""
    layer = "from flax import linen as nn\n\n\n" + _LINEAR.format(4)
    result = migrate_project({"pkg/__init__.py": "", "pkg/layer.py": layer, "pkg/user.py": user})
    assert not codes(result.files)
    after = texts(result)
    assert ("import linen as nn" in after["pkg/layer.py"]) == stays
    assert after["pkg/user.py"].startswith(starts)
    assert "(nn.Module)" not in "".join(after.values())
    assert "Dense(" not in "".join(after.values())
    assert texts(migrate_project(after)) == after


_STRANGE = {
    "called at once": "Block(3)(x)",
    "through a local": "[b := Block(3), b(x)][1]",
    "of a module": "other.parts.Block(3)(x)",
    "of a list": "[b(x) for b in [Block(3), Block(4)]]",
}


@pytest.mark.parametrize("call", _STRANGE.values(), ids=_STRANGE)
def test_what_a_class_of_another_package_makes_is_not_called(call: str) -> None:
    """It may be a Linen module, which would fail without an `apply` around it."""
    before = (
        "import other.parts\nfrom flax import linen as nn\nfrom other import Block\n\n\n" + _LINEAR.format(4)
    )
    check_refused(before.replace("nn.Dense(4)(x)", f"nn.Dense(4)(x), {call}"), "MN101")


def test_a_folder_without_init_is_a_package() -> None:
    files = {
        "pkg/layers.py": "from flax import linen as nn\n\n\ndef mlp(x):\n    return nn.Dense(3)(x)\n",
        "pkg/model.py": "from flax import linen as nn\nfrom pkg.layers import mlp\n\n\n"
        + _LINEAR.format(4).replace("nn.Dense(4)", "mlp"),
    }
    result = migrate_project(files)
    assert codes(result.files) == set()
    assert "self.dense_0 = mlp(in_features, rngs=rngs)" in texts(result)["pkg/model.py"]
    assert "return nnx.Linear(in_features, 3, rngs=rngs)" in texts(result)["pkg/layers.py"]


_STARRED = "from flax.linen import *\n\n\n"


def test_a_star_of_linen_is_seen_and_refused() -> None:
    """What else it brings, and hides, cannot be told from the file."""
    check_refused(
        _STARRED + "class L(Module):\n    @compact\n    def __call__(self, x):\n        return Dense(3)(x)\n",
        "MN106",
        1,
    )


def test_a_star_of_linen_above_functions_is_listed() -> None:
    file = check_refused(_STARRED + "def f(x, pool):\n    return relu(x) + pool\n", "MN401", 1)
    assert [symbol.name for symbol in file.symbols] == ["flax.linen.relu"]


def test_a_star_that_brings_nothing_the_file_reads() -> None:
    check_unchanged(_STARRED + "def f(x, pool):\n    return x + pool\n")


def test_another_name_of_an_initializer_stays_a_name() -> None:
    text, *_ = migrate(
        "from flax import linen as nn\n\ninit = nn.initializers.normal\n\n\nclass L(nn.Module):\n    @nn.compact\n"
        "    def __call__(self, x):\n        return nn.Dense(3, kernel_init=init())(x)\n"
    )
    assert "\ninit = nnx.initializers.normal\n" in text


def test_functions_that_take_a_tuple_in_nnx_outside_of_classes() -> None:
    before = """from flax.linen.dtypes import canonicalize_dtype, promote_dtype


def scaled(x, y):
    x, y = promote_dtype(x, y, dtype=canonicalize_dtype(x, y))
    return x * y
"""
    check_transformed(
        before,
        """from flax import nnx


def scaled(x, y):
    x, y = nnx.nn.dtypes.promote_dtype((x, y), dtype=nnx.nn.dtypes.canonicalize_dtype(x, y))
    return x * y
""",
    )
    kept, file, _ = migrate(
        before.replace("x, y = promote", "pair = promote").replace("x * y", "pair[0] * pair[1]")
    )
    assert codes([file]) == {"MN401"}
    assert "promote_dtype(x, y, dtype" in kept
    assert "takes one tuple" in str(file.diagnostics[0])


_NET = "from flax import linen as nn\n\n\nclass Net(nn.Module):\n    wide: int = 4\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(self.wide)(x)\n"
_USE = "\n\ndef test_net():\n    model, x = Net(), jnp.ones((2, 3))\n    variables = model.init(jax.random.key(0), x)\n    assert model.apply(variables, x).shape == (2, 4)\n"
_TRAIN = "\n\ndef create(key, model):\n    params = model.init(key, jnp.ones((1, 3)))\n    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))\n\n\nstate = create(jax.random.key(0), Net(wide=8))\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"""Tests."""\nimport jax\nimport jax.numpy as jnp\n\nfrom pkg.net import Net\n' + _USE,
            '"""Tests."""\nimport jax.numpy as jnp\nfrom flax import nnx\n\nfrom pkg.net import Net\n',
        ),
        (
            "import jax, jax.numpy as jnp\nfrom optax import adam\nfrom pkg.net import Net\n\ntx = adam(0.1)\n"
            + _USE,
            "import jax.numpy as jnp\nfrom flax import nnx\nfrom optax import adam\nfrom pkg.net import Net\n",
        ),
        (
            "import os\nfrom typing import Any\n\nimport jax\nimport jax.numpy as jnp\nimport optax\nfrom flax.training.train_state import TrainState\n\nfrom pkg.net import Net\n\nX: Any = os.sep\n"
            + _TRAIN,
            "import os\nfrom functools import partial\nfrom typing import Any\n\nimport jax\nimport optax\nfrom flax.training.train_state import TrainState\nfrom flax import nnx\n\nfrom pkg.net import Net\n",
        ),
        (
            "from pkg.net import Net\n\nimport jax, jax.numpy as jnp\n" + _USE,
            "from pkg.net import Net\n\nimport jax.numpy as jnp\nfrom flax import nnx\n",
        ),
    ],
    ids=["a group", "behind flax in the alphabet", "of Python", "another order"],
)
def test_new_imports_stand_where_a_sorter_has_them(before: str, after: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/net.py": _NET, "user.py": before}
    text = texts(migrate_project(files))["user.py"]
    assert text.startswith(after), text
    compile(text, "user.py", "exec")


def test_imports_of_python_below_the_first_code_are_passed_by() -> None:
    before = "import jax\nimport jax.numpy as jnp\nimport optax\nfrom flax.training.train_state import TrainState\nfrom pkg.net import Net\n"
    files = {"pkg/__init__.py": "", "pkg/net.py": _NET, "user.py": before + _TRAIN + "\nimport os\n"}
    text = texts(migrate_project(files))["user.py"]
    assert text.index("from functools import partial") < text.index("def create")
