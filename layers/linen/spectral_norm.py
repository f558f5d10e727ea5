"""Spectral normalization."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.typing import Dtype

from ..weights import is_spectral, spectral_normalized
from .wrapped import call_with


class SpectralNorm(nn.Module):
    """Calls a layer with weights of spectral norm one (arXiv:1802.05957).

    Every parameter with two dimensions or more is divided by its largest singular value, which power
    iteration approximates from call to call. For the parameter `Dense_0/kernel` the iteration's
    vector and the singular value are the variables `Dense_0/kernel/u` and `Dense_0/kernel/sigma` of
    `collection_name`. Only parameters are normalized, and only during the call: the stored kernel stays as
    it is. (flax.linen stores the normalized kernel at init, and whenever `params` is mutable.)

    Arguments:
        layer_instance: the layer whose weights are normalized.
        n_steps: steps of power iteration in a call; without any, weights stay as they are.
        epsilon: added to the square of the norm of the iteration's vectors.
        dtype: of the normalized weights; by default what weight and vectors promote to.
        param_dtype: dtype of `u` and `sigma`.
        error_on_non_matrix: refuse weights with more than two dimensions (ValueError) instead of flattening
            them to (all but the last, last).
        collection_name: collection of `u` and `sigma`.
    """

    layer_instance: nn.Module
    n_steps: int = 1
    epsilon: float = 1e-12
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    error_on_non_matrix: bool = False
    collection_name: str = "batch_stats"

    @nn.compact
    def __call__(self, *args: Any, update_stats: bool, **kwargs: Any) -> Any:
        """What the layer gives for these arguments, with its weights normalized.

        With `update_stats`, the result of the power iteration is kept for the next call.
        """
        normalized = partial(self._normalized, update_stats=update_stats)
        return call_with(self.layer_instance, normalized, *args, **kwargs)

    def _normalized(self, path: str, weight: jax.Array, *, update_stats: bool) -> jax.Array:
        if not is_spectral(weight, self.n_steps, self.error_on_non_matrix):
            return weight
        u = self.variable(
            self.collection_name, f"{path}/u", self._initial_vector, (1, weight.shape[-1]), self.param_dtype
        )
        sigma = self.variable(self.collection_name, f"{path}/sigma", jnp.ones, (), self.param_dtype)
        spectral = spectral_normalized(
            weight, u.value, n_steps=self.n_steps, epsilon=self.epsilon, dtype=self.dtype
        )
        if update_stats:
            u.value, sigma.value = spectral.u, spectral.sigma
        return spectral.weight

    def _initial_vector(self, shape: tuple[int, ...], dtype: Dtype) -> jax.Array:
        return jax.random.normal(self.make_rng("params"), shape, dtype)
