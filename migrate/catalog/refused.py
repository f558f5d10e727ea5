"""A piece of Linen source that ends in each code."""

from collections.abc import Mapping
from types import MappingProxyType

_TEXTS = {
    "MN101": """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return run(nn.Dense(8), x)
""",
    "MN102": """\
class Layer(nn.Module):
    def __call__(self, x):
        with nn.override_named_call(True):
            return x * 2
""",
    "MN103": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))
        penalty = sum(jnp.sum(v**2) for v in jax.tree.leaves(self.variables["params"]))
        return x * w, penalty
""",
    "MN104": """\
class Base(nn.Module):
    def scaled(self, x):
        return x * self.variables["params"]["w"]


class Layer(Base):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))
        return self.scaled(x) + w
""",
    "MN105": """\
class Layer(nn.Module):
    places: jax.Array

    def __call__(self, x):
        return x[:, self.places]
""",
    "MN106": """\
def scaled_by(rate):
    class Scaled(nn.Module):
        @nn.compact
        def __call__(self, x):
            return rate * x * self.param("w", nn.initializers.ones, (3,))

    return Scaled
""",
    "MN107": """\
def scaled(module, x):
    return x * module.param("w", nn.initializers.ones, (3,))


class One(nn.Module):
    @nn.compact
    def __call__(self, x):
        return scaled(self, x)


class Other(nn.Module):
    @nn.compact
    def __call__(self, x):
        return scaled(self, nn.ConvLocal(3, 3)(x))
""",
    "MN108": """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(8)(frobnicate(x))
""",
    "MN109": """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(8, 3)(x)
""",
    "MN110": """\
class Local(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(8, 3)(x)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(8)(Local()(x))
""",
    "MN111": """\
from flax import nnx


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nnx.bridge.to_linen(nnx.Linear, x.shape[-1], 8)(x)
""",
    "MN201": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        def inner():
            return self.param("w", nn.initializers.ones, (3,))

        return jax.checkpoint(inner)() * x
""",
    "MN202": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        scale = self.param("scale", lambda key: 1 / x.std(0))
        return x * scale
""",
    "MN203": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x, affine):
        if affine:
            x = x * self.param("w", nn.initializers.ones, (3,))
        return x
""",
    "MN204": """\
class Layer(nn.Module):
    kind: str

    @nn.compact
    def __call__(self, x):
        return x * self.variable(self.kind, "w", jnp.ones, (3,)).value
""",
    "MN205": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return update(self.variable("stats", "w", jnp.ones, (3,)), x)
""",
    "MN206": """\
class Layer(nn.Module):
    def __call__(self, x):
        return x if self.is_mutable_collection("stats") else -x
""",
    "MN207": """\
class Layer(nn.Module):
    def __call__(self, x):
        self.sow("losses", "x", x)
        return x
""",
    "MN208": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        return x - mean.value + self.param("mean", nn.initializers.zeros, (3,))
""",
    "MN209": """\
class Layer(nn.Module):
    def setup(self):
        self.w = self.param("w", nn.initializers.ones, (3,))
        for name in ("a", "b"):
            print(name, self.w)

    def __call__(self, x):
        return x * self.w
""",
    "MN210": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        init = nn.with_partitioning(nn.initializers.ones, ("model",))
        return x * self.param("w", init, (3,), unbox=False).unbox()
""",
    "MN211": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
        return x - mean.value
""",
    "MN212": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        count = self.variable("stats", "count", lambda: 0)
        return x + count.value
""",
    "MN301": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))


def made():
    return [Layer() for _ in range(2)]
""",
    "MN302": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = Layer()(x)
        return nn.ConvLocal(8, 3)(x)
""",
    "MN303": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(8)(x)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        self.sow("losses", "x", x)
        return Layer()(x)
""",
    "MN304": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))


def both(x):
    layer = Layer()
    variables = layer.init(jax.random.key(0), x)
    states = (jax.tree.map(lambda w: w * s, variables) for s in (1, 2))
    return [layer.apply(scaled, x) for scaled in states]
""",
    "MN401": """\
def checkpointed(function):
    return nn.remat(function)
""",
    "MN402": """\
# migrate-norm: skip
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))
""",
}

REFUSED: Mapping[str, str] = MappingProxyType(_TEXTS)
"""By the id of the code; those about files have none."""
