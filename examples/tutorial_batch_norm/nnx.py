"""Batch normalization as a lesson writes it: two parameters and two running statistics."""

import jax.numpy as jnp
from flax import nnx


class MyBatchNorm(nnx.Module):
    def __init__(self, d: int, momentum: float = 0.9, eps: float = 1e-5, *, rngs: nnx.Rngs):
        self.momentum = momentum
        self.eps = eps
        self.gamma = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))
        self.beta = nnx.Param(nnx.initializers.zeros(rngs.params(), (d,)))
        self.running_mean = nnx.BatchStat(jnp.zeros((d,)))
        self.running_var = nnx.BatchStat(jnp.ones((d,)))

    def __call__(self, x, use_running_average):
        if use_running_average:
            mu = self.running_mean[...]
            var = self.running_var[...]
        else:
            mu = jnp.mean(x, axis=0)
            var = jnp.mean((x - mu) ** 2, axis=0)
            self.running_mean[...] = self.momentum * self.running_mean[...] + (1.0 - self.momentum) * mu
            self.running_var[...] = self.momentum * self.running_var[...] + (1.0 - self.momentum) * var
        x_hat = (x - mu) / jnp.sqrt(var + self.eps)
        return self.gamma * x_hat + self.beta


def batchnorm_forward(seed, x, use_running_average):
    """Normalizes the first axis of `x` with a fresh layer, flattened; numbers may arrive as floats."""
    use_run = bool(use_running_average >= 0.5)
    model = MyBatchNorm(x.shape[-1], rngs=nnx.Rngs(int(seed)))
    out = model(x, use_running_average=use_run)
    return out.reshape(-1)


def train(seed, batches):
    """Trains one step on each of `batches`: returns the outputs, and the running mean and variance."""
    model = MyBatchNorm(batches[0].shape[-1], rngs=nnx.Rngs(int(seed)))
    outputs = []
    for x in batches:
        out = model(x, use_running_average=False)
        outputs.append(out)
    return outputs, model.running_mean[...], model.running_var[...]
