# ruff: noqa: E501
"""Classes that inherit from nn.Embed: they become classes of their own, with its fields and what it computes."""

import jax.numpy as jnp
import pytest
from flax import nnx

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    name_of,
)

POSITIONS = '''\
class Positions(nn.Embed):
    """Learned positions."""

    def setup(self):
        self.offset = 2
        self.embedding = self.param(
            "embedding", self.embedding_init, (self.num_embeddings + self.offset, self.features), self.param_dtype
        )

    def __call__(self, positions):
        return super().__call__(positions + self.offset)
'''
NNX_POSITIONS = '''\
class Positions(nnx.Module):
    """Learned positions."""

    def __init__(
        self,
        num_embeddings: int,
        features: int,
        dtype: jnp.dtype | None = None,
        param_dtype: jnp.dtype = jnp.float32,
        embedding_init: nnx.initializers.Initializer = nnx.initializers.variance_scaling(1.0, "fan_in", "normal", out_axis=0),
        *,
        rngs: nnx.Rngs,
    ):
        self.num_embeddings = num_embeddings
        self.features = features
        self.dtype = dtype
        self.offset = 2
        self.embedding = nnx.Param(
            embedding_init(
                rngs.params(), (num_embeddings + self.offset, features), param_dtype
            )
        )

    def __call__(self, positions):
        inputs = positions + self.offset
        (embedding,) = nnx.nn.dtypes.promote_dtype((self.embedding[...],), dtype=self.dtype, inexact=False)
        if self.num_embeddings == 1:
            return jnp.broadcast_to(embedding, inputs.shape + (self.features,))
        return jnp.take(embedding, inputs, axis=0)
'''
SCALED = """\
class Scaled(nn.Embed):
    scale: float = 2.0

    def __call__(self, inputs, embedding=1):
        inputs = inputs * embedding
        return super().__call__(inputs)


class Net(nn.Module):
    @nn.compact
    def __call__(self, ids):
        return nn.Dense(3)(Scaled(7, 4, param_dtype=jnp.bfloat16, dtype=jnp.float32)(ids))
"""
_IDS = (jnp.array([[0, 3, 1], [4, 2, -1]]),)


MOVED = """\
class Moved(nn.Embed):
    # Two are kept free.
    @jax.named_scope("moved")
    def __call__(self, positions):
        return super().__call__(positions + 2)
"""
NNX_MOVED = """\
class Moved(nnx.Module):
    def __init__(
        self,
        num_embeddings: int,
        features: int,
        dtype: jnp.dtype | None = None,
        param_dtype: jnp.dtype = jnp.float32,
        embedding_init: nnx.initializers.Initializer = nnx.initializers.variance_scaling(1.0, "fan_in", "normal", out_axis=0),
        *,
        rngs: nnx.Rngs,
    ):
        self.num_embeddings = num_embeddings
        self.features = features
        self.dtype = dtype
        shape = (num_embeddings, features)
        self.embedding = nnx.Param(embedding_init(rngs.params(), shape, param_dtype))

    # Two are kept free.
    @jax.named_scope("moved")
    def __call__(self, positions):
        inputs = positions + 2
        (embedding,) = nnx.nn.dtypes.promote_dtype((self.embedding[...],), dtype=self.dtype, inexact=False)
        if self.num_embeddings == 1:
            return jnp.broadcast_to(embedding, inputs.shape + (self.features,))
        return jnp.take(embedding, inputs, axis=0)
"""
ALONE = "import jax\nfrom flax import linen as nn\n\n\n"
"""A file that has no use for `jax.numpy`."""


def test_transformed() -> None:
    check_transformed(HEADER + POSITIONS, NNX_HEADER + NNX_POSITIONS)


def test_its_call_stands_first() -> None:
    check_transformed(HEADER + MOVED, NNX_HEADER + NNX_MOVED)


def test_imports_what_it_needs() -> None:
    check_transformed(ALONE + MOVED, NNX_HEADER + NNX_MOVED)


CALLS = (
    (POSITIONS, Call("Positions", (), {"num_embeddings": 5, "features": 4}, _IDS)),
    (POSITIONS, Call("Positions", (), {"num_embeddings": 5, "features": 4, "dtype": jnp.bfloat16}, _IDS)),
    (SCALED, Call("Scaled", (), {"num_embeddings": 5, "features": 4}, _IDS)),
    (SCALED, Call("Scaled", (), {"num_embeddings": 1, "features": 4}, _IDS)),
    (SCALED, Call("Net", (), {}, _IDS)),
    (MOVED, Call("Moved", (), {"num_embeddings": 7, "features": 4}, _IDS)),
)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize(("before", "call"), CALLS)
def test_computes_the_same(before: str, call: Call, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(HEADER + before, call)


def _changed(old: str, new: str) -> str:
    assert old in POSITIONS
    return HEADER + POSITIONS.replace(old, new)


REFUSED = (
    Refusal("another-layer", "MN104", _changed("nn.Embed", "nn.Dense")),
    Refusal("attends", "MN104", _changed("self.offset)\n", "self.offset)\n\n    def logits(self, x):\n        return self.attend(x)\n")),
    Refusal("calls-it-twice", "MN104", _changed("return super", "y = super().__call__(positions)\n        return y + super")),
    Refusal("within-more", "MN104", _changed("self.offset)\n", "self.offset) * 2\n")),
    Refusal("a-field-of-its-name", "MN104", _changed("    def setup", "    dtype: jnp.dtype = jnp.bfloat16\n\n    def setup")),
    Refusal("with-an-option", "MN104", _changed("(nn.Embed)", "(nn.Embed, kw_only=True)")),
    Refusal("in-no-call", "MN104", HEADER + POSITIONS[: POSITIONS.index("    def __call__")]),
    Refusal("asked-for", "MN104", HEADER + POSITIONS + "\n\ndef is_table(m):\n    return isinstance(m, (nn.Embed, nn.Dense))\n"),
    Refusal("another-jnp", "MN104", ALONE.replace("import jax", "import numpy as jnp, jax") + MOVED),
    Refusal("imported-in-a-try", "MN104", "try:\n    from flax import linen as nn\nexcept ImportError:\n    raise\nimport jax\n\n\n" + MOVED),
    Refusal("with-an-heir", "MN104", HEADER + POSITIONS + "\n\nclass More(Positions):\n    pass\n"),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
