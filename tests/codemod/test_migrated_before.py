# ruff: noqa: E501
"""A later run goes on from what an earlier one left: Linen classes that build NNX classes through bridges."""

import pytest
from flax import nnx
from migrate_norm.codemod import Options, migrate_files

from .check import (
    HEADER,
    Call,
    check_equivalent,
    codes,
    compare,
    f32,
    listed,
    load,
    migrate,
    migrate_project,
    refusals,
    texts,
)
from .test_bridges import BRIDGED, CHILD, KEEP

_IMPORTS = HEADER.rstrip() + "\nfrom flax import nnx\n\n\n"
_OLD = Call("Old", (4,), inputs=(f32(5, 4),), kwargs={"train": False})
_TRAINED = Call("Old", (4,), inputs=(f32(5, 4),), kwargs={"train": True})


@pytest.mark.parametrize("old", BRIDGED.values(), ids=BRIDGED)
def test_what_an_earlier_run_left_migrates_once_its_reason_is_gone(old: str) -> None:
    left, *_ = migrate(HEADER + CHILD + old)
    mended = left.replace(KEEP, "")
    text, file, mapping = migrate(mended)
    assert not refusals(file), listed(file)
    assert "to_linen" not in text
    assert _class("Block", text) == _class("Block", mended)
    check_equivalent(mended, _OLD, _TRAINED)
    first = load(HEADER + CHILD + old.replace(KEEP, ""))  # whose checkpoints there are
    for tree_mode in (False, True):
        with nnx.set_graph_mode(not tree_mode), nnx.set_graph_updates(not tree_mode):
            report = compare(first, load(text), mapping, _TRAINED, samples=1, steps=2, poison=False)
            assert report.equal, report


_MERGED = """class Block(nn.Module):
    features: int = 4
    train: bool | None = None

    @nn.compact
    def __call__(self, x, train=None):
        train = nn.merge_param("train", self.train, train)
        return nn.BatchNorm(use_running_average=not train)(nn.Dense(self.features)(x))


"""


def test_what_the_earlier_run_wrote_for_merge_param_is_read_back() -> None:
    left, *_ = migrate(HEADER + _MERGED + BRIDGED["beside a layer"])
    assert "first_from(" in left
    check_equivalent(left.replace(KEEP, ""), _OLD, _TRAINED)


def _class(name: str, text: str) -> str:
    return text.split(f"class {name}(")[1].split("\nclass ")[0]


def test_names_that_the_earlier_run_wrote_are_automatic_again() -> None:
    left, *_ = migrate(HEADER + CHILD + BRIDGED["called at once"])
    text, *_ = migrate(left.replace(KEEP, ""))
    assert text.endswith(
        """class Old(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.block_0 = Block(in_features, 3, rngs=rngs)
        self.block_1 = Block(3, features=f, rngs=rngs)

    def __call__(self, x, train=False):
        x = self.block_0(x, train)
        return self.block_1(x, train=train)
"""
    )


def test_a_name_that_depends_stays_what_the_bridge_calls_it() -> None:
    left = _NET.format(
        'if x.ndim > 1:\n            x = nnx.bridge.to_linen(Block, x.shape[-1], name="Block_0")(x)\n'
        '        else:\n            x = nnx.bridge.to_linen(Block, x.shape[-1], name="Block_1")(x)'
    )
    text, *_ = migrate(_IMPORTS + _BLOCK + left)
    assert "self.block_1" not in text


def test_the_class_is_in_another_file_and_used_by_others() -> None:
    block = "import jax.numpy as jnp\nfrom flax import nnx\n\n\n" + _BLOCK
    files = {
        "pkg/__init__.py": "from .block import Block\n",
        "pkg/block.py": block + "\n\nwide = Block(4, rngs=nnx.Rngs(0))\n",
        "pkg/old.py": _IMPORTS.rstrip() + "\nfrom pkg import Block\n\n\n" + _NET.format(_CALL),
    }
    result = migrate_project(files)
    found = texts(result)
    assert not codes(result.files), [listed(f) for f in result.files]
    assert found["pkg/block.py"] == files["pkg/block.py"]
    assert "self.block_0 = Block(in_features, rngs=rngs)" in found["pkg/old.py"]
    assert [c.name for c in result.mapping.classes] == ["pkg.old.Net"]


def test_a_class_that_stays_for_another_reason_says_that_one() -> None:
    left, *_ = migrate(HEADER + CHILD + BRIDGED["twice"])
    text, file, _ = migrate(left)
    assert text == left
    assert {d.code for d in file.diagnostics} == {"MN207"}


_BLOCK = """class Block(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.lin = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.lin(x))


"""
_NET = """class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        {}
        return nn.Dense(3)(x)
"""
_CALL = 'x = nnx.bridge.to_linen(Block, x.shape[-1], name="Block_0")(x)'

_SCALE = """class Block(nnx.Module):
    def __init__(self, in_features: int, eps: float = 1e-5, *, rngs: nnx.Rngs):
        self.eps = eps
        self.gain = nnx.Param(nnx.initializers.normal()(rngs.params(), (in_features,)))
        self.mean = nnx.BatchStat(jnp.zeros((in_features,)))

    def __call__(self, x):
        return nnx.relu(x / self.eps - self.mean[...]) * self.gain


"""
_NESTED = """class Inner(nnx.Module):
    def __init__(self, in_features: int, use_bias: bool = True, *, rngs: nnx.Rngs):
        super().__init__()
        self.conv = nnx.Conv(in_features, 2 * in_features, (3, 3), strides=2, use_bias=use_bias, rngs=rngs)
        if use_bias:
            self.norm = nnx.GroupNorm(2 * in_features, num_groups=2, rngs=rngs)
        self.use_bias = use_bias

    def __call__(self, x):
        x = self.conv(x)
        if self.use_bias:
            x = self.norm(x)
        return x


class Block(nnx.Module):
    out: nnx.Linear

    def __init__(self, in_features: int, *, eps: int = 8, rngs: nnx.Rngs):
        self.inner = Inner(in_features, rngs=rngs)
        wide, low = 2 * in_features, eps
        self.out = nnx.Linear(wide, low, rngs=rngs)

    def __call__(self, x):
        return self.out(self.inner(x))


"""
_FLAT = """class Net(nn.Module):
    def setup(self):
        self.block = nnx.bridge.to_linen(Block, 4)

    @nn.compact
    def __call__(self, x):
        x = self.block(x)
        return nn.Dense(3)(x.reshape((x.shape[0], -1)))
"""


def _with(constructor: str, call: str = "self.lin(x)") -> str:
    text = _BLOCK.replace("self.lin = nnx.Linear(in_features, 4, rngs=rngs)", constructor)
    return text.replace("nnx.relu(self.lin(x))", call)


BY_HAND = {
    "a layer": (_BLOCK + _NET.format(_CALL), Call("Net", (4,), inputs=(f32(5, 4),))),
    "variables": (_SCALE + _NET.format(_CALL), Call("Net", (4,), inputs=(f32(5, 4),))),
    "an argument by name": (
        _SCALE + _NET.format(_CALL.replace(", name", ", eps=0.5, name")),
        Call("Net", (4,), inputs=(f32(5, 4),)),
    ),
    "a twin of ours": (
        "from migrate_norm.layers.nnx import BatchNorm\n\n\n"
        + _with(
            "self.lin = BatchNorm(in_features, use_running_average=True, rngs=rngs)\n"
            "        self.bias = nnx.Param(jnp.full((in_features,), 0.5))",
            "self.lin(x) + self.bias",
        )
        + _NET.format(_CALL),
        Call("Net", (4,), inputs=(f32(5, 4),)),
    ),
    "a name that is None": (
        _BLOCK + _NET.format(_CALL.replace('"Block_0"', "None")),
        Call("Net", (4,), inputs=(f32(5, 4),)),
    ),
    "names of the bridge": (
        _BLOCK + _NET.format("\n        ".join(["x = nnx.bridge.to_linen(Block, x.shape[-1])(x)"] * 2)),
        Call("Net", (4,), inputs=(f32(5, 4),)),
    ),
    "on several lines": (
        _BLOCK
        + _NET.format(
            'x = nnx.bridge.to_linen(\n            Block,\n            x.shape[-1],\n            name="first",\n        )(x)'
        ),
        Call("Net", (4,), inputs=(f32(5, 4),)),
    ),
    "a class in a class": (_NESTED + _FLAT, Call("Net", ((6, 7, 4),), inputs=(f32(5, 6, 7, 4),))),
}


@pytest.mark.parametrize(("before", "call"), BY_HAND.values(), ids=BY_HAND)
def test_bridges_that_a_person_wrote(before: str, call: Call) -> None:
    check_equivalent(_IMPORTS + before, call)


_LINEAR = "self.lin = nnx.Linear(in_features, 4, rngs=rngs)"
UNREAD = {
    "random numbers": (
        _with(_LINEAR + "\n        self.drop = nnx.Dropout(0.5, rngs=rngs)"),
        "`nnx.Dropout` is not followed",
    ),
    "keeps its rngs": (_with(_LINEAR + "\n        self.rngs = rngs"), "draws from `rngs`, or keeps them"),
    "a list": (
        _with("self.lin = nnx.List([nnx.Linear(in_features, 4, rngs=rngs)])", "self.lin[0](x)"),
        "`nnx.List`",
    ),
    "a loop": (
        _with("for _ in range(2):\n            pass\n        " + _LINEAR),
        "`for _ in range(2):` in its constructor",
    ),
    "a mode": (
        _with("self.lin = nnx.BatchNorm(in_features, rngs=rngs)"),
        "`train()` and `eval()` decide what `lin` computes",
    ),
    "a function of NNX": (_with(_LINEAR, "nnx.jit(self.lin)(x)"), "`nnx.jit` is not followed"),
    "an argument bound anew": (
        _with("in_features = 2 * in_features\n        " + _LINEAR),
        "binds `in_features` anew",
    ),
    "an argument that is something else": (
        _with("self.in_features = 2 * in_features\n        " + _LINEAR),
        "it keeps something else than its argument as `in_features`",
    ),
    "another variable": (
        _with(_LINEAR + "\n        self.state = State(jnp.zeros((3,)))"),
        "`State` is not followed",
    ),
    "a function that makes a module": (
        _with("self.lin = make(in_features, rngs=rngs)"),
        "`make` is not followed",
    ),
    "a kernel by position": (
        _with("self.lin = nnx.Linear(in_features, *(4,), rngs=rngs)"),
        "the arguments of `nnx.Linear`",
    ),
    "a variable without a shape": (
        _with("self.lin = nnx.Param(in_features)", "x * self.lin"),
        "makes `lin` is not followed",
    ),
    "a param that is written": (
        _with("self.lin = nnx.Param(jax.random.normal(rngs.params(), (in_features,)))", "self.write(x)")
        + "    def write(self, x):\n        self.lin[...] = x[0]\n        return x\n\n\n",
        "it writes the param `lin`",
    ),
    "no rngs": (_BLOCK.replace("*, rngs: nnx.Rngs", "rngs: nnx.Rngs"), "does not take `rngs` by name alone"),
    "a decorator": (
        _BLOCK.replace("    def __call__", "    @nnx.jit\n    def __call__"),
        "`__call__` has a decorator",
    ),
    "a decorated class": ("@nnx.register_data_type\n" + _BLOCK, "it has a decorator"),
    "no constructor": (_BLOCK.replace("__init__", "init"), "it has no constructor"),
    "an attribute of the class": (
        _BLOCK.replace("    def __init__", "    depth = 3\n\n    def __init__"),
        "`depth = 3`",
    ),
    "what it builds": (
        _with("self.lin = Inner(in_features, rngs=rngs)")
        + _with(_LINEAR, "nnx.jit(x)").replace("Block", "Inner"),
        "of its `Inner`, `nnx.jit`",
    ),
}


@pytest.mark.parametrize(("block", "why"), UNREAD.values(), ids=UNREAD)
def test_classes_that_are_not_read_back_say_why(block: str, why: str) -> None:
    before = _IMPORTS + block + _NET.format(_CALL)
    text, file, _ = migrate(before)
    assert text == before
    (found,) = refusals(file)
    assert found.code == "MN111"
    assert "it builds `Block` through a bridge, and what that gives is not followed: " in found.message
    assert why in found.message


@pytest.mark.parametrize(
    "call",
    [
        "x = nnx.bridge.to_linen(Block, x.shape[-1], skip_rng=True)(x)",
        "x = nnx.bridge.to_linen(Block, *x.shape[-1:])(x)",
        "x = nnx.bridge.ToLinen(Block, args=(x.shape[-1],))(x)",
        "if x.ndim > 2:\n            x = nnx.bridge.to_linen(Block, x.shape[-1])(x)\n        x = nnx.bridge.to_linen(Block, x.shape[-1])(x)",
    ],
    ids=["an option of the bridge", "unpacked", "the bridge itself", "a name that depends"],
)
def test_bridges_that_are_not_followed(call: str) -> None:
    before = _IMPORTS + _BLOCK + _NET.format(call)
    text, file, _ = migrate(before)
    assert text == before
    assert codes([file]) == {"MN111"}


def test_a_class_that_nobody_can_plan_says_why() -> None:
    block = _with(_LINEAR, "self.lin(x) if self.scope else x")
    _, file, _ = migrate(_IMPORTS + block + _NET.format(_CALL))
    (found,) = refusals(file)
    assert found.code == "MN111"
    assert "what that gives is not followed: it uses `self.scope`" in found.message


def test_new_files_beside_the_old_ones_go_on_as_well() -> None:
    before = _IMPORTS + _BLOCK + _NET.format(_CALL)
    result = migrate_files({"net.py": before.encode()}, Options(beside=True))
    assert not codes(result.files), [listed(f) for f in result.files]
    new = next(f for f in result.files if f.path == "net_nnx.py")
    assert "self.block_0 = Block(in_features, rngs=rngs)" in new.after.decode()


_SCRIPT = """import jax
import jax.numpy as jnp
from net import Net

model = Net()
variables = model.init(jax.random.key(0), jnp.ones((1, 4)))
print(jax.tree.map(jnp.shape, variables))
"""


def test_the_name_of_a_bridge_says_nothing_about_the_scripts() -> None:
    files = {"net.py": _IMPORTS + _BLOCK + _NET.format(_CALL), "main.py": _SCRIPT}
    result = migrate_project(files)
    assert not codes(result.files), [listed(f) for f in result.files]
    assert "self.block_0 = Block(" in texts(result)["net.py"]


def test_a_script_that_keeps_the_class_is_the_reason() -> None:
    script = _SCRIPT + 'print(variables["params"]["Block_0"])\n'
    result = migrate_project({"net.py": _IMPORTS + _BLOCK + _NET.format(_CALL), "main.py": script})
    (found,) = [d for f in result.files for d in refusals(f)]
    assert (found.code, found.path) == ("MN301", "main.py")
