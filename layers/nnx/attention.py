"""Dot-product attention that computes as Linen's does."""

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Dtype, PrecisionLike


def dot_product_attention(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    bias: jax.Array | None = None,
    mask: jax.Array | None = None,
    broadcast_dropout: bool = True,
    dropout_rng: jax.Array | None = None,
    dropout_rate: float = 0.0,
    deterministic: bool = False,
    dtype: Dtype | None = None,
    precision: PrecisionLike = None,
    *,
    force_fp32_for_softmax: bool = False,
) -> jax.Array:
    """Linen's `dot_product_attention` (arXiv:1706.03762), bit by bit.

    `softmax(query key^T / sqrt(d) + bias) value` for each head. `nnx.dot_product_attention` leaves it to
    `jax.nn.dot_product_attention`, which rounds elsewhere: 8e-3 off in bfloat16.

    Arguments:
        query: `(..., q, heads, d)`.
        key: `(..., k, heads, d)`.
        value: `(..., k, heads, e)`; the result is `(..., q, heads, e)`.
        bias: added to the logits `(..., heads, q, k)`.
        mask: where it is false, the logit is the least number that there is.
        broadcast_dropout: drop the same weights for every example and head.
        dropout_rng: a key, which dropout draws from.
        dropout_rate: the share of weights that is dropped.
        deterministic: no dropout, whatever its rate.
        dtype: of the computation; by default what query, key and value promote to.
        precision: of both products, see `jax.lax.Precision`.
        force_fp32_for_softmax: the weights are float32, whatever the dtype.
    """
    query, key, value = nnx.nn.dtypes.promote_dtype((query, key, value), dtype=dtype)
    query = query / jnp.sqrt(query.shape[-1]).astype(query.dtype)
    logits = jnp.einsum("...qhd,...khd->...hqk", query, key, precision=precision)
    if bias is not None:
        logits = logits + bias
    if mask is not None:
        logits = jnp.where(mask, logits, jnp.finfo(query.dtype).min)  # type: ignore[no-untyped-call]
    if force_fp32_for_softmax and query.dtype != jnp.float32:
        weights = jax.nn.softmax(logits.astype(jnp.float32))
    else:
        weights = jax.nn.softmax(logits).astype(query.dtype)
    if not deterministic and dropout_rate > 0.0:
        shape = (1,) * (key.ndim - 2) + weights.shape[-2:] if broadcast_dropout else weights.shape
        weights = weights * _kept(dropout_rng, 1.0 - dropout_rate, shape, query.dtype)
    return jnp.einsum("...hqk,...khd->...qhd", weights, value, precision=precision)


def _kept(key: jax.Array | None, share: float, shape: tuple[int, ...], dtype: jnp.dtype) -> jax.Array:
    """Factors for the weights: 0 for those that are dropped, and what makes up for them for the others."""
    if key is None:
        raise ValueError("dropout needs a key: pass dropout_rng, or deterministic=True")
    return jax.random.bernoulli(key, share, shape).astype(dtype) / jnp.asarray(share, dtype=dtype)
