# ruff: noqa: E501
"""Tied weights: submodules that are looked into, layers that are applied with the kernel of another, outputs."""

import jax.numpy as jnp
import pytest

from .check import (
    HEADER,
    Call,
    Refusal,
    arrays,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    migrate_project,
    name_of,
    refusals,
    run_once,
    texts,
)

STEM = """\
class Stem(nn.Module):
    words: int
    width: int = 4

    def setup(self):
        self.embed = nn.Embed(self.words, self.width, dtype=jnp.bfloat16)
        self.dense = nn.Dense(self.width)
        self.scale = self.param("scale", nn.initializers.ones, (self.width,))

    def __call__(self, ids):
        return self.dense(self.embed(ids)) * self.scale


class Body(nn.Module):
    words: int

    def setup(self):
        self.stem = Stem(self.words)

    def __call__(self, ids):
        return self.stem(ids)


"""
HEAD = """\
class Head(nn.Module):
    tied: bool = True
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        self.body = Body(7)
        self.head = nn.Dense(self.body.stem.embed.num_embeddings, use_bias=False, dtype=self.dtype)
        self.bias = self.param("bias", nn.initializers.normal(), (self.body.stem.embed.num_embeddings,))

    def stem(self):
        return self.body.stem

    def __call__(self, ids):
        x = self.body(ids)
        if self.tied:
            kernel = self.body.variables["params"]["stem"]["embed"]["embedding"].T
            x = self.head.apply({"params": {"kernel": kernel}}, x)
        else:
            x = self.head(x)
        return x + self.bias * self.body.stem.variables["params"]["scale"].sum()
"""
NNX_HEAD = """\
class Head(nnx.Module):
    def __init__(
        self,
        tied: bool = True,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.tied = tied
        self.dtype = dtype
        self.body = Body(7, rngs=rngs)
        if not tied:
            self.head = nnx.Linear(
                4,
                self.body.stem.embed.num_embeddings,
                use_bias=False,
                dtype=dtype,
                rngs=rngs,
            )
        self.bias = nnx.Param(
            nnx.initializers.normal()(
                rngs.params(), (self.body.stem.embed.num_embeddings,)
            )
        )

    def stem(self):
        return self.body.stem

    def __call__(self, ids):
        x = self.body(ids)
        if self.tied:
            kernel = self.body.stem.embed.embedding[...].T
            x = jnp.dot(*nnx.nn.dtypes.promote_dtype((x, kernel), dtype=self.dtype))
        else:
            x = self.head(x)
        return x + self.bias * self.body.stem.scale[...].sum()
"""
_IDS = arrays(f32(2, 3)).astype(int)


def test_transformed() -> None:
    text = migrate(HEADER + STEM + HEAD)[0]
    assert text[text.index("class Head") :] == NNX_HEAD
    before = HEADER + HEAD.replace("Body(7)", "nn.Embed(7, 4)").replace('["stem"]["embed"]', "").replace(
        ".stem.embed", ""
    )
    before = before.replace(' * self.body.stem.variables["params"]["scale"].sum()', "").replace(
        "self.body.stem", "self.body.num_embeddings"
    )
    after = migrate(before)[0]
    check_transformed(before, after)
    assert "kernel = self.body.embedding[...].T" in after


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, None])
def test_computes_the_same(dtype: object) -> None:
    calls = [Call("Head", arguments={"tied": tied, "dtype": dtype}, inputs=(_IDS,)) for tied in (True, False)]
    check_equivalent(HEADER + STEM + HEAD, *calls)


def test_a_kernel_in_the_precision_of_both() -> None:
    before = HEADER + STEM + HEAD.replace(", dtype=self.dtype)", ")")
    text = migrate(before)[0]
    assert "x = jnp.dot(x, kernel)" in text
    check_equivalent(
        before, Call("Head", inputs=(_IDS,)), Call("Head", arguments={"tied": False}, inputs=(_IDS,))
    )


def test_what_is_tied_has_no_kernel_of_its_own() -> None:
    twin = load(migrate(HEADER + STEM + HEAD)[0])
    assert not hasattr(twin.Head(rngs=twin.nnx.Rngs(0)), "head")
    assert run_once(twin, Call("Head", inputs=(_IDS,))).shape == (2, 3, 7)
    assert twin.Head(rngs=twin.nnx.Rngs(0)).stem().embed.features == 4


def _head(old: str, new: str) -> str:
    assert old in HEAD
    return HEADER + STEM + HEAD.replace(old, new)


REFUSED = (
    Refusal("a-bias-of-the-layer", "MN101", _head("use_bias=False, ", "")),
    Refusal("a-bias-that-is-given", "MN101", _head('"kernel": kernel}', '"kernel": kernel, "bias": self.bias}')),
    Refusal("a-precision", "MN101", _head("dtype=self.dtype)", "precision='highest')")),
    Refusal("a-dtype-that-setup-computes", "MN101", _head("dtype=self.dtype)", "dtype=jnp.dtype('float32'))")),
    Refusal("a-method", "MN101", _head("}}, x)", "}}, x, method='attend')")),
    Refusal("mutable", "MN101", _head("}}, x)", "}}, x, mutable=True)")),
    Refusal("variables-as-they-are", "MN101", _head('{"params": {"kernel": kernel}}', "{'params': kernel}")),
    Refusal("another-layer", "MN101", _head("nn.Dense(self.body.stem.embed.num_embeddings, use_bias=False,", "nn.Conv(7, (1,), use_bias=False,")),
    Refusal("applied-and-called-by-an-argument", "MN201", _head("if self.tied:", "if deep:").replace("Head(nn.Module):", "Head(nn.Module):\n    # two").replace("def __call__(self, ids):\n        x = self.body", "def __call__(self, ids, deep: bool = True):\n        x = self.body")),
    Refusal("a-variable-that-is-not-there", "MN101", _head('["stem"]["embed"]["embedding"]', '["stem"]["embed"]["kernel"]')),
    Refusal("all-variables", "MN101", _head('["params"]["stem"]["embed"]["embedding"].T', "['params']['stem']['embed']['embedding'].T + len(self.body.variables)")),
    Refusal("another-collection", "MN101", _head('variables["params"]["scale"]', 'variables["state"]["scale"]')),
    Refusal("a-name-that-is-computed", "MN101", _head('["params"]["scale"]', '["params"][NAME]')),
    Refusal("an-argument-that-nnx-does-not-keep", "MN101", _head("self.body.stem.embed.num_embeddings,))", "self.body.stem.dense.features,))")),
    Refusal("a-layer-below", "MN101", _head("return self.body.stem", "return self.body.stem.dense")),
    Refusal("part-of-it", "MN101", _head("        return self.body.stem", "        stem = self.body.stem\n        return stem")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Head"}, file.diagnostics
    assert "class Head(nn.Module)" in text


OUTPUTS = """\
import flax
from transformers.utils import ModelOutput


@flax.struct.dataclass
class Output(ModelOutput):
    last: jnp.ndarray = None
    states: tuple | None = None


class Layers(nn.Module):
    depth: int = 2

    def setup(self):
        self.layers = [nn.Dense(4) for _ in range(self.depth)]

    def __call__(self, x, states: bool = False, whole: bool = True):
        found = () if states else None
        for layer in self.layers:
            x = layer(x)
        outputs = (x, found)
        if not whole:
            return tuple(v for v in outputs if v is not None)
        return Output(last=x, states=found)


class Model(nn.Module):
    def setup(self):
        self.first = nn.Dense(4)
        self.layers = Layers()
        self.norm = nn.LayerNorm()

    def __call__(self, x, whole: bool = True):
        outputs = self.layers(self.first(x), whole=whole)
        return self.norm(outputs{item})
"""
_ORDER = "last: jnp.ndarray = None\n    states: tuple | None = None"


@pytest.mark.parametrize("item", ["[0]", ".last"])
def test_an_output_is_read_by_name_or_as_a_tuple(item: str) -> None:
    """Only `transformers` itself is not there to run it: see the whole models for that."""
    text, file, _ = migrate(HEADER + OUTPUTS.format(item=item))
    assert not refusals(file)
    assert "self.norm = nnx.LayerNorm(4, rngs=rngs)" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(ModelOutput)", "(ModelOutput, Other)"),
        ("transformers.utils", "mine.utils"),
        ("@flax.struct.dataclass\n", ""),
        (_ORDER, "\n    ".join(reversed(_ORDER.split("\n    ")))),
        ("Output(last=x", "Output(*x"),
        ("return tuple(v for v in outputs if v is not None)", "return outputs[1:]"),
        ("if v is not None", "if v is not x"),
        ("nn.Dense(4) for", "nn.Dense(int(str(self.depth))) for"),
    ],
)
def test_an_output_that_may_hold_something_else(old: str, new: str) -> None:
    before = HEADER + OUTPUTS.format(item="[0]")
    assert old in before
    _, file, _ = migrate(before.replace(old, new))
    assert "Model" in {d.subject for d in refusals(file)}


SKIPPED = """\
class L(nn.Module):
    on: bool = True

    def setup(self):
        # made where it is called
        self.d = nn.Dense(6)
        self.e = nn.Dense(6)

    def __call__(self, x):
        if {test}:
            x = self.d(x)
        return self.e(x)
"""


@pytest.mark.parametrize("test", ["self.on", "not self.on"])
def test_a_layer_that_configuration_asks_for(test: str) -> None:
    before = HEADER + SKIPPED.format(test=test)
    text, file, _ = migrate(before)
    own = test.replace("self.on", "on")
    assert f"        if {own}:\n            self.d = nnx.Linear(in_features, 6, rngs=rngs)\n" in text, text
    assert "# made where it is called\n" in text
    assert not refusals(file)
    check_equivalent(
        before, Call("L", (6,), inputs=(f32(2, 6),)), Call("L", (6,), {"on": False}, (f32(2, 6),))
    )


@pytest.mark.parametrize("test", ["x.shape[0] > 2", "check(self.on)", "self.on and x.ndim"])
def test_a_layer_that_something_else_asks_for(test: str) -> None:
    check_refused(HEADER + SKIPPED.format(test=test), "MN201")


def test_a_class_of_another_file_is_looked_into() -> None:
    files = {
        "pack/stem.py": HEADER + STEM,
        "pack/head.py": HEADER + "from pack.stem import Body\n\n\n" + HEAD,
    }
    text = texts(migrate_project(files))["pack/head.py"]
    assert "kernel = self.body.stem.embed.embedding[...].T" in text
