"""Every call site that is followed computes after the codemod what it computed with Linen."""

import jax
import jax.numpy as jnp
import numpy as np
from migrate_norm.codemod.migrate import migrate_files

from .sites_transformed import TRANSFORMED
from .test_sites import function

NORMS = """\
import jax.numpy as jnp
from flax import linen as nn


def ramp(key, shape):
    return 1.0 + jnp.arange(shape[0], dtype=jnp.float32)


class LN(nn.Module):
    eps: float = 1e-5

    @nn.compact
    def __call__(self, x):
        gamma = self.param("gamma", ramp, (x.shape[-1],))
        return gamma * x / jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True) + self.eps)

    def encode(self, x):
        return 2.0 * x + self.eps


class BN(nn.Module):
    momentum: float = 0.9
    eps: float = 1e-5

    @nn.compact
    def __call__(self, x, train):
        gamma = self.param("gamma", ramp, (x.shape[-1],))
        mean = self.variable("batch_stats", "mean", jnp.zeros, (x.shape[-1],))
        var = self.variable("batch_stats", "var", jnp.ones, (x.shape[-1],))
        if train:
            mu, sigma2 = x.mean(0), x.var(0)
            if not self.is_initializing():
                mean.value = self.momentum * mean.value + (1 - self.momentum) * mu
                var.value = self.momentum * var.value + (1 - self.momentum) * sigma2
        else:
            mu, sigma2 = mean.value, var.value
        return gamma * (x - mu) / jnp.sqrt(sigma2 + self.eps)


class Plain(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", ramp, (self.features,))
        step = self.param("step", ramp, (1,))
        return x.sum(-1, keepdims=True) * w + step
"""
HEAD = """\
import flax
import jax
import jax.numpy as jnp
import numpy as np
from norms import BN, LN, Plain

seed, n = 3, 8

"""


def run_all(norms: str, uses: str) -> dict[str, object]:
    """Returns what each function makes of the same key and input, as floats."""
    layers: dict[str, object] = {"__name__": "norms"}
    exec(compile(norms, "norms", "exec"), layers)
    names = {**layers, "__name__": "uses"}
    exec(compile(uses.replace("from norms import BN, LN, Plain\n", ""), "uses", "exec"), names)
    x = jax.random.normal(jax.random.key(7), (3, 8))
    found = {}
    for index, case in enumerate(TRANSFORMED):
        if case == "harmless mentions":  # returns no array
            continue
        result = names[f"f{index}"](jax.random.key(0), x)
        found[case] = jax.tree.map(lambda leaf: np.asarray(leaf), result)
    return found


def test_followed_call_sites_compute_what_they_did() -> None:
    bodies = (
        function(f"f{index}", before, "key, x") for index, (before, _) in enumerate(TRANSFORMED.values())
    )
    sources = {"norms.py": NORMS.encode(), "uses.py": (HEAD + "\n\n".join(bodies)).encode()}
    result = migrate_files(sources)
    assert result.files[0].diagnostics == result.files[1].diagnostics == ()
    after = {file.path: file.after.decode() for file in result.files}
    assert "linen" not in after["norms.py"]
    assert ".apply(" not in after["uses.py"]
    linen = run_all(NORMS, sources["uses.py"].decode())
    nnx = run_all(after["norms.py"], after["uses.py"])
    for case, expected in linen.items():
        assert jax.tree.structure(nnx[case]) == jax.tree.structure(expected), case
        for got, want in zip(jax.tree.leaves(nnx[case]), jax.tree.leaves(expected), strict=True):
            np.testing.assert_array_equal(got, want, err_msg=case)
            assert jnp.isfinite(want).all()
