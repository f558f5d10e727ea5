"""Spectral normalization."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Dtype

from ..weights import is_spectral, spectral_normalized
from .wrapped import call_with, joined


class SpectralNorm(nnx.Module):
    """Calls a layer with weights of spectral norm one (arXiv:1802.05957).

    Every parameter with two dimensions or more is divided by its largest singular value, which power
    iteration approximates from call to call. For the layer's parameter `kernel` the
    iteration's vector and the singular value are the variables `batch_stats["kernel/u"]` and
    `batch_stats["kernel/sigma"]`. Only parameters are normalized, and only during the call: the stored
    kernel stays as it is.

    `train()` and `eval()` switch the updates of these variables on and off.

    Arguments:
        layer_instance: the layer whose weights are normalized.
        n_steps: steps of power iteration in a call; without any, weights stay as they are.
        epsilon: added to the square of the norm of the iteration's vectors.
        dtype: of the normalized weights; by default what weight and vectors promote to.
        param_dtype: dtype of `u` and `sigma`.
        error_on_non_matrix: refuse weights with more than two dimensions (ValueError) instead of flattening
            them to (all but the last, last).
        collection_name: registered name of the Variable type of `u` and `sigma`; a new name is registered.
        update_stats: whether calls update them where the call itself does not say.
    """

    def __init__(
        self,
        layer_instance: nnx.Module,
        n_steps: int = 1,
        epsilon: float = 1e-12,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        error_on_non_matrix: bool = False,
        collection_name: str = "batch_stats",
        update_stats: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.layer_instance = layer_instance
        self.n_steps = n_steps
        self.epsilon = epsilon
        self.dtype = dtype
        self.error_on_non_matrix = error_on_non_matrix
        self.use_running_average = not update_stats
        self.batch_stats: nnx.Dict[nnx.Variable[jax.Array]] = nnx.Dict()
        stat = nnx.variable_type_from_name(collection_name, allow_register=True)
        for path, weight in nnx.to_flat_state(nnx.state(layer_instance, nnx.Param)):
            if is_spectral(weight, n_steps, error_on_non_matrix):
                u = jax.random.normal(rngs.params(), (1, weight.shape[-1]), param_dtype)
                self.batch_stats[f"{joined(path)}/u"] = stat(u)
                self.batch_stats[f"{joined(path)}/sigma"] = stat(jnp.ones((), param_dtype))

    def __call__(self, *args: Any, update_stats: bool | None = None, **kwargs: Any) -> Any:
        """What the layer gives for these arguments, with its weights normalized.

        With `update_stats`, the result of the power iteration is kept for the next call.
        """
        update = not self.use_running_average if update_stats is None else update_stats
        return call_with(self.layer_instance, partial(self._normalized, update_stats=update), *args, **kwargs)

    def set_view(self, use_running_average: bool | None = None) -> None:
        """Called by nnx.view: sets the mode where it is given."""
        if use_running_average is not None:
            self.use_running_average = use_running_average

    def _normalized(self, path: str, weight: jax.Array, *, update_stats: bool) -> jax.Array:
        if not is_spectral(weight, self.n_steps, self.error_on_non_matrix):
            return weight
        u, sigma = self.batch_stats[f"{path}/u"], self.batch_stats[f"{path}/sigma"]
        spectral = spectral_normalized(
            weight, u[...], n_steps=self.n_steps, epsilon=self.epsilon, dtype=self.dtype
        )
        if update_stats:
            u.set_value(spectral.u)
            sigma.set_value(spectral.sigma)
        return spectral.weight
