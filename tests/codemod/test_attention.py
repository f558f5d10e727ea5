"""Functions of attention: which are the same in NNX, and for which arguments."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .check import (
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    pairs,
    with_header,
)

_HEAD = """\
import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.linen.attention import dot_product_attention_weights


"""
_NNX_HEAD = """\
import jax
import jax.numpy as jnp
from flax import nnx


"""
BEFORE = """\
class Attention(nn.Module):
    width: int = 6
    heads: int = 2
    rate: float = 0.3

    def setup(self):
        self.query = nn.Dense(self.width)
        self.key = nn.Dense(self.width)
        self.value = nn.Dense(self.width)
        self.out = nn.Dense(3)

    def split(self, x):
        return x.reshape(x.shape[:2] + (self.heads, self.width // self.heads))

    def __call__(self, x, mask=None, deterministic: bool = True):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        rng = None
        if not deterministic and self.rate > 0.0:
            rng = self.make_rng("dropout")
        weights = {name}(
            q, k, bias=mask, dropout_rng=rng, dropout_rate=self.rate, deterministic=deterministic, dtype=x.dtype
        )
        y = jnp.einsum("...hqk,...khd->...qhd", weights, v)
        return self.out(y.reshape(y.shape[:2] + (self.width,)))
"""
AFTER = """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        heads: int = 2,
        rate: float = 0.3,
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.heads = heads
        self.rate = rate
        self.rngs = rngs.fork()
        self.query = nnx.Linear(in_features, width, rngs=rngs)
        self.key = nnx.Linear(in_features, width, rngs=rngs)
        self.value = nnx.Linear(in_features, width, rngs=rngs)
        self.out = nnx.Linear(width, 3, rngs=rngs)

    def split(self, x):
        return x.reshape(x.shape[:2] + (self.heads, self.width // self.heads))

    def __call__(self, x, mask=None, deterministic: bool = True):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        rng = None
        if not deterministic and self.rate > 0.0:
            rng = self.rngs.dropout()
        weights = nnx.nn.attention.dot_product_attention_weights(
            q, k, bias=mask, dropout_rng=rng, dropout_rate=self.rate, deterministic=deterministic, dtype=x.dtype
        )
        y = jnp.einsum("...hqk,...khd->...qhd", weights, v)
        return self.out(y.reshape(y.shape[:2] + (self.width,)))
"""
_CALLS = tuple(
    Call("Attention", sizes=(5,), inputs=(f32(2, 4, 5), mask), kwargs={"deterministic": deterministic})
    for mask in (None, f32(2, 1, 4, 4))
    for deterministic in (True, False)
)


@pytest.mark.parametrize("name", ["nn.dot_product_attention_weights", "dot_product_attention_weights"])
def test_attention_weights(name: str) -> None:
    before = _HEAD + BEFORE.replace("{name}", name)
    check_transformed(before, _NNX_HEAD + AFTER)
    check_equivalent(before, *_CALLS)


WHOLE = """\
class Attention(nn.Module):
    heads: int = 2
    rate: float = 0.3

    @nn.compact
    def __call__(self, x, y, mask=None, deterministic: bool = True):
        q = nn.DenseGeneral((self.heads, 3))(x)
        k = nn.DenseGeneral((self.heads, 3))(y)
        v = nn.DenseGeneral((self.heads, 5))(y)
        rng = None
        if not deterministic and self.rate > 0.0:
            rng = self.make_rng("dropout")
        z = nn.dot_product_attention(
            q, k, v, None, mask, dropout_rng=rng, dropout_rate=self.rate, deterministic=deterministic,
            force_fp32_for_softmax=True,
        )
        return nn.DenseGeneral(x.shape[-1], axis=(-2, -1))(z)
"""
WHOLE_NNX = """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        y_features: int,
        heads: int = 2,
        rate: float = 0.3,
        *,
        rngs: nnx.Rngs,
    ):
        self.rate = rate
        self.rngs = rngs.fork()
        self.dense_general_0 = nnx.LinearGeneral(in_features, (heads, 3), rngs=rngs)
        self.dense_general_1 = nnx.LinearGeneral(y_features, (heads, 3), rngs=rngs)
        self.dense_general_2 = nnx.LinearGeneral(y_features, (heads, 5), rngs=rngs)
        self.dense_general_3 = nnx.LinearGeneral(
            (heads, 5), in_features, axis=(-2, -1), rngs=rngs
        )

    def __call__(self, x, y, mask=None, deterministic: bool = True):
        q = self.dense_general_0(x)
        k = self.dense_general_1(y)
        v = self.dense_general_2(y)
        rng = None
        if not deterministic and self.rate > 0.0:
            rng = self.rngs.dropout()
        z = dot_product_attention(
            q, k, v, None, mask, dropout_rng=rng, dropout_rate=self.rate, deterministic=deterministic,
            force_fp32_for_softmax=True,
        )
        return self.dense_general_3(z)
"""


def test_whole_attention() -> None:
    head = "import jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
    after = (
        "import jax.numpy as jnp\nfrom flax import nnx\n"
        "from migrate_norm.layers.nnx import dot_product_attention\n\n\n"
    )
    check_transformed(head + WHOLE, after + WHOLE_NNX)
    arrays = (f32(2, 4, 5), f32(2, 6, 7), f32(2, 1, 4, 6))
    calls = [({"deterministic": mode}) for mode in (True, False)]
    check_equivalent(
        head + WHOLE, *(Call("Attention", sizes=(5, 7), inputs=arrays, kwargs=mode) for mode in calls)
    )


_ELEVEN = "q, k, None, None, True, None, 0.0, True, None, None, None"


def _weights(call: str) -> str:
    return f"""\
class L(nn.Module):
    @nn.compact
    def __call__(self, q, k):
        return nn.Dense(3)({call})
"""


REFUSED = (
    Refusal("sows", "MN102", _weights("nn.dot_product_attention_weights(q, k, module=self)")),
    Refusal("in-float32", "MN102", _weights("nn.dot_product_attention_weights(q, k, force_fp32_for_softmax=True)")),
    Refusal("own-einsum", "MN102", _weights("nn.dot_product_attention_weights(q, k, einsum=jnp.einsum)")),
    Refusal("unpacked", "MN102", _weights("nn.dot_product_attention_weights(q, k, **OPTIONS)")),
    Refusal("starred", "MN102", _weights("nn.dot_product_attention_weights(*QK)")),
    Refusal("by-place", "MN102", _weights(f"nn.dot_product_attention_weights({_ELEVEN})")),
    Refusal("handed-on", "MN102", _weights("jax.checkpoint(nn.dot_product_attention_weights)(q, k)")),
    Refusal("whole-sows", "MN102", _weights("nn.dot_product_attention(q, k, k, module=self)")),
    Refusal("whole-by-place", "MN102", _weights(f"nn.dot_product_attention(q, {_ELEVEN})")),
    Refusal("whole-own-product", "MN102", _weights("nn.dot_product_attention(q, k, k, einsum_dot_general=dot)")),
    Refusal("whole-unpacked", "MN102", _weights("nn.dot_product_attention(q, k, k, **OPTIONS)")),
    Refusal("whole-handed-on", "MN102", _weights("jax.checkpoint(nn.dot_product_attention)(q, k, k)")),
    Refusal("a-local-of-that-name", "MN208", _weights("nn.dot_product_attention(q, k, k)")
            + "\n\ndef f(q):\n    dot_product_attention = q\n    return dot_product_attention\n"),
    Refusal("a-function-of-that-name", "MN208", _weights("nn.dot_product_attention(q, k, k)")
            + "\n\ndef dot_product_attention(q):\n    return q\n"),
    Refusal("an-import-of-that-name", "MN208", "import jax.numpy as jnp\nfrom flax import linen as nn\n"
            "from flax.linen import dot_product_attention\n" + _weights("dot_product_attention(q, k, k)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(with_header(refusal.before), refusal.code)


DECODER = """\
class Block(nn.Module):
    decode: bool = False

    @nn.compact
    def __call__(self, x, mask=None):
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(
            2, qkv_features=8, decode=self.decode, dropout_rate=0.1, deterministic=True
        )(y, mask=mask)
        return nn.Dense(3)(x + y)
"""


def test_decodes() -> None:
    """A whole sequence is what Linen's init was given, and `init_cache` in NNX; then they take steps together."""
    before = with_header(DECODER)
    check_equivalent(before, Call("Block", (6,), {}, (f32(2, 5, 6),)))
    text, file, mapping = migrate(before)
    assert [d.code for d in file.diagnostics] == ["MN206"]
    assert "init_cache" in file.diagnostics[0].message
    twin = load(text)

    def build() -> Any:
        model = twin.Block(6, decode=True, rngs=nnx.Rngs(0))
        model.multi_head_dot_product_attention_0.init_cache((2, 4, 6))
        return model

    module = load(before).Block(decode=True)
    variables = module.init(jax.random.key(0), jnp.ones((2, 4, 6)))
    report = check_equivalence(
        module, build, f32(2, 1, 6), variables=variables, mapping=pairs(mapping.find("Block"), build()),
        samples=1, steps=3, poison=False,
    )  # fmt: skip
    assert str(report.verdict) == "PROVED", report
    with pytest.raises(ValueError, match="init_cache"):
        twin.Block(6, decode=True, rngs=nnx.Rngs(0))(jnp.ones((2, 1, 6)))


def test_a_call_says_whether_it_decodes() -> None:
    """What decides is an argument of the call in NNX as well, which `init_cache` has made room for."""
    called = DECODER.replace("    decode: bool = False\n\n", "").replace(
        "decode=self.decode", "decode=decode"
    )
    before = with_header(called.replace("mask=None):", "mask=None, decode=False):"))
    check_equivalent(before, Call("Block", (6,), {}, (f32(2, 5, 6),)))
    text, _, mapping = migrate(before)
    assert "deterministic=True, decode=False, rngs=rngs" in " ".join(text.split())
    assert "(y, mask=mask, decode=decode)" in text
    twin = load(text)

    def build() -> Any:
        model = twin.Block(6, rngs=nnx.Rngs(0))
        model.multi_head_dot_product_attention_0.init_cache((2, 4, 6))
        return model

    module = load(before).Block()
    variables = module.init(jax.random.key(0), jnp.ones((2, 4, 6)), decode=True)
    report = check_equivalence(
        module, build, f32(2, 1, 6), kwargs={"decode": True}, variables=variables,
        mapping=pairs(mapping.find("Block"), build()), samples=1, steps=3, poison=False,
    )  # fmt: skip
    assert str(report.verdict) == "PROVED", report
    with pytest.raises(ValueError, match="init_cache"):
        twin.Block(6, rngs=nnx.Rngs(0))(jnp.ones((2, 1, 6)), decode=True)


def test_decoding_needs_a_caller_that_knows() -> None:
    """Under a parent that stays Linen nobody would make the cache."""
    parent = """\


class Old(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.sow("intermediates", "x", x)
        return Block(decode=True)(x)
"""
    check_refused(with_header(DECODER) + parent, "MN302")


_KEYED = """\
class Cross(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        x = x + nn.MultiHeadDotProductAttention(2)(inputs_q=x, inputs_kv=x)
        return nn.MultiHeadDotProductAttention(num_heads=2)(x, inputs_kv=nn.LayerNorm()(y), deterministic=True)
"""


@pytest.mark.filterwarnings("ignore:The inputs_kv arg")
def test_keys_and_values_in_one() -> None:
    text, *_ = migrate(with_header(_KEYED))
    assert "self.multi_head_dot_product_attention_0(inputs_q=x, inputs_k=x)" in text
    assert "_attention_1(x, inputs_k=self.layer_norm_0(y), deterministic=True)" in text
    check_equivalent(with_header(_KEYED), Call("Cross", (4, 6), {}, (f32(2, 3, 4), f32(2, 5, 6))))


@pytest.mark.parametrize("more", ["inputs_k=x, ", "inputs_v=x, "])
def test_keys_that_are_given_twice(more: str) -> None:
    check_refused(with_header(_KEYED.replace("inputs_kv=x", more + "inputs_kv=x")), "MN101")
