"""`nn.Module` in the annotations of functions: it changes with the models, where none of them is a Linen module."""

from migrate_norm.catalog.findings import Outcome, Severity
from migrate_norm.codemod import migrate_files

from .check import check_stable, check_transformed, codes, migrate, refusals

_NET = """\
from flax import linen as nn


class Net(nn.Module):
    features: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.features)(nn.Dense(4)(x))
"""

_TRAIN = """

def create(key, model: nn.Module, sample):
    return model.init(key, sample)["params"]


def run(key, x):
    model = Net()
    params = create(key, model, jnp.ones((1, 2)))
    return model.apply({"params": params}, x)
"""


def test_where_every_model_is_one_of_nnx() -> None:
    check_transformed(
        """from typing import Optional

from flax import linen as nn


class Scale(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x):
        return x * self.param("scale", nn.initializers.ones, (self.width,))


def described(model: Optional[nn.Module], *others: nn.Module) -> tuple:
    first: nn.Module = model or others[0]
    return nn.relu(1.0), type(first).__name__
""",
        """from typing import Optional

from flax import nnx


class Scale(nnx.Module):
    def __init__(self, width: int = 3, *, rngs: nnx.Rngs):
        self.scale = nnx.Param(nnx.initializers.ones(rngs.params(), (width,)))

    def __call__(self, x):
        return x * self.scale


def described(model: Optional[nnx.Module], *others: nnx.Module) -> tuple:
    first: nnx.Module = model or others[0]
    return nnx.relu(1.0), type(first).__name__
""",
    )


def test_where_a_model_is_a_linen_module_around_one() -> None:
    text, file, _ = migrate("import jax.numpy as jnp\n" + _NET + _TRAIN)
    assert "def create(key, model: nn.Module, sample):" in text
    assert "model = nnx.bridge.to_linen(Net, 2)" in text
    assert not refusals(file)
    (hint,) = (d for d in file.diagnostics if d.code == "MN401")
    assert hint.severity is Severity.NOTE
    assert "still Linen modules" in hint.message
    assert [s.outcome for s in file.symbols if s.line == hint.line] == [Outcome.LEFT]
    check_stable(file)


def test_of_several_files() -> None:
    """Each has places of its own."""
    other = (
        "import flax.linen as nn\n\n\n" + "#\n" * 40 + "def f(model: nn.Module):\n    return nn.relu(model)\n"
    )
    files = {"net.py": "import jax.numpy as jnp\n" + _NET + _TRAIN, "other.py": other}
    net, hinted = migrate_files({path: text.encode() for path, text in files.items()}).files
    assert "nnx.bridge.to_linen(Net, 2)" in net.after.decode()
    text = hinted.after.decode()
    assert "def f(model: nn.Module):\n    return nnx.relu(model)\n" in text
    assert {d.code for file in (net, hinted) for d in file.diagnostics} == {"MN303", "MN401"}


def test_where_a_class_stays() -> None:
    stays = "\n\nclass Odd(nn.Module):\n    def __call__(self, x):\n        return x * len(self.variables)\n"
    _, file, _ = migrate(_NET + stays)
    assert codes([file]) == {"MN103"}
    text, *_ = migrate(_NET + stays + "\n\ndef f(model: nn.Module):\n    return model\n")
    assert "def f(model: nn.Module):" in text


def test_a_module_that_is_asked_about_at_run_time_is_no_annotation() -> None:
    asked = "\n\ndef f(model: nn.Module) -> bool:\n    return isinstance(model, nn.Module)\n"
    text, file, _ = migrate(_NET + asked)
    assert text.endswith(asked)
    assert [(d.code, d.line) for d in refusals(file)] == [("MN401", 13)]
