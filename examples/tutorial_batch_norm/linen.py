"""Batch normalization as a lesson writes it: two parameters and two running statistics."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class MyBatchNorm(nn.Module):
    momentum: float = 0.9
    eps: float = 1e-5

    @nn.compact
    def __call__(self, x, use_running_average):
        d = x.shape[-1]
        gamma = self.param("gamma", nn.initializers.ones, (d,))
        beta = self.param("beta", nn.initializers.zeros, (d,))
        running_mean = self.variable("batch_stats", "running_mean", jnp.zeros, (d,))
        running_var = self.variable("batch_stats", "running_var", jnp.ones, (d,))
        if use_running_average:
            mu = running_mean.value
            var = running_var.value
        else:
            mu = jnp.mean(x, axis=0)
            var = jnp.mean((x - mu) ** 2, axis=0)
            if not self.is_initializing():
                running_mean.value = self.momentum * running_mean.value + (1.0 - self.momentum) * mu
                running_var.value = self.momentum * running_var.value + (1.0 - self.momentum) * var
        x_hat = (x - mu) / jnp.sqrt(var + self.eps)
        return gamma * x_hat + beta


def batchnorm_forward(seed, x, use_running_average):
    """Normalizes the first axis of `x` with a fresh layer, flattened; numbers may arrive as floats."""
    use_run = bool(use_running_average >= 0.5)
    model = MyBatchNorm()
    variables = model.init(jax.random.key(int(seed)), x, use_running_average=use_run)
    out, _ = model.apply(variables, x, use_running_average=use_run, mutable=["batch_stats"])
    return out.reshape(-1)


def train(seed, batches):
    """Trains one step on each of `batches`: returns the outputs, and the running mean and variance."""
    model = MyBatchNorm()
    variables = model.init(jax.random.key(int(seed)), batches[0], use_running_average=False)
    params, batch_stats = variables["params"], variables["batch_stats"]
    outputs = []
    for x in batches:
        out, updates = model.apply(
            {"params": params, "batch_stats": batch_stats},
            x,
            use_running_average=False,
            mutable=["batch_stats"],
        )
        batch_stats = updates["batch_stats"]  # carry forward
        outputs.append(out)
    return outputs, batch_stats["running_mean"], batch_stats["running_var"]
