"""Decorators of classes: those that are right around an NNX class too, and what a configuration may change."""

from collections.abc import Iterator

import gin
import jax
import pytest
from flax import nnx

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    arrays,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
)

IMPORTS = "import dataclasses\nimport functools\n\nimport gin\n\n"

TRANSFORMED = (
    Case(
        "configurable",
        """\
@gin.configurable(module="nets", denylist=["low"])
class L(nn.Module):
    f: int = 3
    low: float = 0.0

    @nn.compact
    def __call__(self, x):
        return jnp.maximum(nn.Dense(self.f)(x), self.low)


@gin.configurable("Head")
@dataclasses.dataclass
class M(nn.Module):
    f: int = 2

    @nn.compact
    def __call__(self, x):
        x = L(f=5)(x)
        return nn.Dense(self.f)(L(self.f)(x))
""",
        """\
@gin.configurable(module="nets", denylist=["low"])
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int = 3,
        low: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.low = low
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x):
        return jnp.maximum(self.dense_0(x), self.low)


@gin.configurable("Head")
class M(nnx.Module):
    def __init__(self, in_features: int, f: int = 2, *, rngs: nnx.Rngs):
        self.l_0 = L(in_features, f=5, rngs=rngs)
        self.dense_0 = nnx.Linear(f, f, rngs=rngs)
        self.l_1 = L(5, f, rngs=rngs)

    def __call__(self, x):
        x = self.l_0(x)
        return self.dense_0(self.l_1(x))
""",
        (Call("L", (6,), {"low": 0.5}, (f32(4, 6),)), Call("M", (6,), {}, (f32(4, 6),))),
    ),
    Case(
        "nothing-to-construct",
        """\
@gin.register
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Half()(x)


@gin.configurable
class Half(nn.Module):
    def __call__(self, x):
        return x / 2
""",
        """\
@gin.register
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.half_0 = Half(rngs=rngs)

    def __call__(self, x):
        return self.half_0(x)


@gin.configurable
class Half(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def __call__(self, x):
        return x / 2
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

_CHILD = """\
@gin.configurable
class E(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.f)(x)


"""

REFUSED = (
    Refusal(
        "a-configuration-decides-the-size",
        "MN108",
        _CHILD
        + """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(E()(x))
""",
    ),
    Refusal(
        "a-configuration-decides-the-class",
        "MN101",
        """\
@gin.configurable
class L(nn.Module):
    dense: type[nn.Module] = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(2)(x)
""",
    ),
    Refusal(
        "inherits-what-is-configured",
        "MN106",
        """\
@gin.configurable
class E(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, 3)(x)


class L(E):
    @nn.compact
    def __call__(self, x):
        return x * self.f
""",
    ),
    Refusal(
        "lists-an-argument-that-goes",
        "MN106",
        '@gin.configurable(denylist=["name"])\nclass L(nn.Module):\n    def __call__(self, x):\n        return x\n',
    ),
    Refusal(
        "lists-by-name",
        "MN106",
        "names = []\n\n\n@gin.configurable(allowlist=names)\nclass L(nn.Module):\n    def __call__(self, x):\n"
        "        return x\n",
    ),
    Refusal(
        "unknown",
        "MN106",
        "def keep(cls):\n    return cls\n\n\n@keep\nclass L(nn.Module):\n    def __call__(self, x):\n"
        "        return x\n",
    ),
    Refusal(
        "singleton",
        "MN106",
        "@functools.cache\nclass L(nn.Module):\n    def __call__(self, x):\n        return x\n",
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    imports = IMPORTS.replace("import dataclasses\n", "") if "dataclasses" in case.before else IMPORTS
    check_transformed(IMPORTS + HEADER + case.before, imports + NNX_HEADER + case.after)


@pytest.fixture(autouse=True)
def _second_registrations() -> Iterator[None]:
    """Both sides register the same name; what a test binds is forgotten."""
    gin.enter_interactive_mode()
    yield
    gin.clear_config()
    gin.exit_interactive_mode()


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(IMPORTS + HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", [c for c in REFUSED if c.code != "MN108"], ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(IMPORTS + HEADER + case.before, case.code)


def test_a_size_that_a_configuration_decides_is_not_written_down() -> None:
    before = next(c.before for c in REFUSED if c.code == "MN108")
    text, file, _ = migrate(IMPORTS + HEADER + before)
    assert [d.subject for d in refusals(file)] == ["L"]
    assert "return nn.Dense(2)(nnx.bridge.to_linen(E, x.shape[-1]" in text


def test_a_configuration_gives_what_it_gave() -> None:
    before = IMPORTS + HEADER + _CHILD
    linen, twin = load(before), load(migrate(before)[0])
    x = arrays(f32(2, 4))
    gin.parse_config([f"{m.__name__}.E.f = 7" for m in (linen, twin)])
    shapes = jax.eval_shape(linen.E().init, jax.random.key(0), x)["params"]["Dense_0"]["kernel"].shape
    assert shapes == twin.E(4, rngs=nnx.Rngs(0)).dense_0.kernel.shape == (4, 7)
    assert twin.E(4, 5, rngs=nnx.Rngs(0)).dense_0.kernel.shape == (4, 5)


def test_documented() -> None:
    """Text in front of a docstring, however many pieces it has; the file with the function is not among those given."""
    imports = "from transformers.utils import add_start_docstrings\n\n"
    head = '@add_start_docstrings("What", " it", " is.")\nclass L('
    body = "    def __call__(self, x):\n        return x / 2\n"
    empty = "    def __init__(self, *, rngs: nnx.Rngs):\n        pass\n\n"
    before, after = f"{head}nn.Module):\n{body}", f"{head}nnx.Module):\n{empty}{body}"
    check_transformed(imports + HEADER + before, imports + NNX_HEADER + after)
    check_refused(imports.replace("transformers", "mine") + HEADER + before, "MN106")
