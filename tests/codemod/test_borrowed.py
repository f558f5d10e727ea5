"""Functions of other files that make modules, read where a class calls them; what imports them goes with them."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from .check import HEADER, NNX_HEADER, changed, codes, load, migrate_project, texts

BLOCKS = (
    HEADER
    + """\
KERNEL = (3, 3)


def act(x):
    return nn.relu(x)


def conv_block(x, features, train):
    x = nn.Conv(features, (3, 3))(x)
    x = nn.BatchNorm(use_running_average=not train)(x)
    return nn.relu(x)


def get_norm(kind):
    if kind == "layer":
        return nn.LayerNorm()
    elif kind == "group":
        return nn.GroupNorm(num_groups=2)
    raise ValueError(f"unknown norm: {kind}")


def head(width, bias=True):
    return nn.Sequential([nn.Dense(width, use_bias=bias), nn.relu, nn.Dense(2)])
"""
)
NET = HEADER.replace("\n\n\n", "\n") + (
    """\
from blocks import KERNEL, conv_block, get_norm
from blocks import head as top


class Net(nn.Module):
    kind: str = "layer"

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Conv(4, KERNEL)(x)
        x = conv_block(x, 6, train)
        x = get_norm(self.kind)(x)
        return top(5, bias=False)(x)
"""
)
NET_AFTER = NNX_HEADER.replace("\n\n\n", "\n") + (
    """\
from blocks import KERNEL


class Net(nnx.Module):
    def __init__(self, in_features: int, kind: str = "layer", *, rngs: nnx.Rngs):
        self.kind = kind
        self.conv_0 = nnx.Conv(in_features, 4, KERNEL, rngs=rngs)
        self.conv_1 = nnx.Conv(4, 6, (3, 3), rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(6, rngs=rngs)
        if kind == "layer":
            self.layer_norm_0 = nnx.LayerNorm(6, rngs=rngs)
        elif kind == "group":
            self.group_norm_0 = nnx.GroupNorm(6, num_groups=2, rngs=rngs)
        else:
            raise ValueError(f"unknown norm: {kind}")
        self.sequential_0 = nnx.Sequential(
            nnx.Linear(6, 5, use_bias=False, rngs=rngs),
            nnx.relu,
            nnx.Linear(5, 2, rngs=rngs),
        )

    def __call__(self, x, train: bool = False):
        x = self.conv_0(x)
        x = self.conv_1(x)
        x = self.batch_norm_0(x, use_running_average=not train)
        x = nnx.relu(x)
        if self.kind == "layer":
            x = self.layer_norm_0(x)
        elif self.kind == "group":
            x = self.group_norm_0(x)
        else:
            raise ValueError(f"unknown norm: {self.kind}")
        return self.sequential_0(x)
"""
)
BLOCKS_AFTER = (
    NNX_HEADER
    + """\
KERNEL = (3, 3)


def act(x):
    return nnx.relu(x)
"""
)
FILES = {"blocks.py": BLOCKS, "net.py": NET}


def _after(files: Mapping[str, str]) -> dict[str, str]:
    return texts(migrate_project(files))


def test_read_in_the_file_of_the_class() -> None:
    result = migrate_project(FILES)
    assert not codes(result.files)
    assert texts(result) == {"blocks.py": BLOCKS_AFTER, "net.py": NET_AFTER}
    again = migrate_project(texts(result))
    assert texts(again) == texts(result)


def test_by_the_name_of_the_file() -> None:
    net = changed(NET, ("from blocks import KERNEL, conv_block, get_norm\n", "import blocks\n"))
    net = changed(net, ("from blocks import head as top\n", ""), ("top(", "blocks.head("))
    net = changed(net, (" KERNEL)", " blocks.KERNEL)"), ("conv_block(", "blocks.conv_block("))
    found = _after({"blocks.py": BLOCKS, "net.py": changed(net, ("= get_norm(", "= blocks.get_norm("))})
    after = changed(
        NET_AFTER, ("from blocks import KERNEL", "import blocks"), (" KERNEL,", " blocks.KERNEL,")
    )
    assert found == {"blocks.py": BLOCKS_AFTER, "net.py": after}


USER = HEADER + "from blocks import conv_block\n\n\ndef script(x):\n    return conv_block(x, 3, True)\n"


@pytest.mark.parametrize(
    "user",
    [
        {"user.py": USER},
        {
            "user.py": HEADER + "from net import conv_block\n"
        },  # an import that nothing reads is one all the same
        {"user.py": HEADER + "import blocks\n\nprint(getattr(blocks, 'conv_block'))\n"},
        {"pkg/__init__.py": "from blocks import conv_block\nfrom net import Net\nimport flax.linen\n"},
    ],
    ids=str,
)
def test_a_function_that_others_have_stays(user: dict[str, str]) -> None:
    found = _after({**FILES, **user})
    assert "def conv_block" in found["blocks.py"]
    assert "def get_norm" not in found["blocks.py"]
    assert "class Net(nnx.Module)" in found["net.py"]
    assert ("conv_block" in found["net.py"]) == ("from net" in str(user) and "pkg/__init__.py" not in user)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        (
            "blocks.py",
            ("return nn.relu(x)\n\n\ndef get", "return act(x)\n\n\ndef get"),
        ),  # net.py has no `act`
        ("blocks.py", ("conv_block(x, features, train)", "conv_block(x, features, train, kernel=KERNEL)")),
        ("blocks.py", ("def conv_block", "conv_block = None\n\n\ndef conv_block")),
        ("net.py", ("class Net", "nn = nn or None\n\n\nclass Net")),
        ("net.py", ("class Net", "if jax:\n    from blocks import act as conv_block\n\n\nclass Net")),
        ("net.py", ("= conv_block(x, 6, train)", "= jax.jit(conv_block, static_argnums=1)(x, 6, train)")),
        ("net.py", ("train: bool = False):\n", "train: bool = False):\n        nn = self.kind\n")),
        ("net.py", ("import jax.numpy as jnp", "import numpy as jnp\nfrom flax import nnx as jax")),
    ],
    ids=str,
)
def test_stays(file: str, change: tuple[str, str]) -> None:
    files = {**FILES, file: changed(FILES[file], change)}
    if "as jnp\nfrom" in change[1]:
        files["blocks.py"] = changed(
            BLOCKS, ("    return nn.relu(x)\n\n\ndef get", "    return jnp.tanh(x)\n\n\ndef get")
        )
    found = migrate_project(files)
    assert texts(found)["net.py"] == files["net.py"]
    assert "def conv_block" in texts(found)["blocks.py"]
    assert codes(found.files)


def test_the_functions_of_a_class_that_stays_are_there() -> None:
    """One class migrates and goes without the function, the other calls it as before."""
    more = NET + "\n\nclass Odd(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    more += "        self.sow('a', 'b', x)\n        x = conv_block(x, 3, self.is_mutable_collection('a'))\n"
    found = _after({"blocks.py": BLOCKS, "net.py": more + "        return self.perturb('c', x)\n"})
    assert "class Net(nnx.Module)" in found["net.py"]
    assert "from blocks import KERNEL, conv_block\n" in found["net.py"]
    assert "def conv_block" in found["blocks.py"]


@pytest.mark.parametrize("kind", ["layer", "group"])
def test_computes_the_same(kind: str) -> None:
    x = jax.random.normal(jax.random.key(0), (2, 8, 8, 3))
    own = "\n\n\n".join(BLOCKS.split("\n\n\n")[1:])
    body = NET[NET.index("class Net") :]
    linen = load(HEADER + own + "\n\n\n" + body.replace("top(", "head(")).Net(kind)
    variables = linen.init(jax.random.key(1), x)
    variables = jax.tree.map(
        lambda leaf: leaf + jax.random.normal(jax.random.key(2), leaf.shape) ** 2, variables
    )
    made = load(NET_AFTER.replace("from blocks import KERNEL\n", "KERNEL = (3, 3)\n")).Net(
        3, kind, rngs=nnx.Rngs(0)
    )
    norm = "LayerNorm_0" if kind == "layer" else "GroupNorm_0"
    params = variables["params"]
    for name, twin in {
        "Conv_0": made.conv_0,
        "Conv_1": made.conv_1,
        "BatchNorm_0": made.batch_norm_0,
        norm: made.layer_norm_0 if kind == "layer" else made.group_norm_0,
    }.items():
        nnx.update(twin, params[name])
    for name, place in {"Dense_0": 0, "Dense_1": 2}.items():
        nnx.update(made.sequential_0.layers[place], params[name])
    nnx.update(made.batch_norm_0, variables["batch_stats"]["BatchNorm_0"])
    assert jnp.array_equal(made(x), linen.apply(variables, x))


def test_a_package_whose_files_are_given_by_their_names() -> None:
    """`__init__.py` with no folder in front: the folder above it has no name."""
    net = changed(NET, ("from blocks import KERNEL", "from .blocks import KERNEL"))
    net = changed(net, ("from blocks import head", "from .blocks import head"))
    found = _after({"__init__.py": "", "blocks.py": BLOCKS, "net.py": net})
    assert found["net.py"] == changed(NET_AFTER, ("from blocks", "from .blocks"))
