"""What somebody writes in place of each code's example: Linen that is migrated then, or NNX."""

from collections.abc import Mapping
from types import MappingProxyType

_TEXTS = {
    "MN101": """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return run(nn.Dense(8)(x))
""",
    "MN102": """\
class Layer(nn.Module):
    def __call__(self, x):
        with jax.named_scope("Layer"):
            return x * 2
""",
    "MN103": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))
        return x * w, jnp.sum(w**2)
""",
    "MN104": """\
class Base(nn.Module):
    def scaled(self, x, w):
        return x * w


class Layer(Base):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))
        return self.scaled(x, w) + w
""",
    "MN105": """\
class Layer(nn.Module):
    places: tuple[int, ...]

    def __call__(self, x):
        return x[:, jnp.asarray(self.places)]
""",
    "MN106": """\
class Scaled(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x):
        return self.rate * x * self.param("w", nn.initializers.ones, (3,))
""",
    "MN107": """\
def scaled(x, w):
    return x * w


class One(nn.Module):
    @nn.compact
    def __call__(self, x):
        return scaled(x, self.param("w", nn.initializers.ones, (3,)))


class Other(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.ConvLocal(3, 3)(x)
        return scaled(x, self.param("w", nn.initializers.ones, (3,)))
""",
    "MN108": """\
class Block(nnx.Module):
    def __init__(self, in_features, *, rngs):
        self.dense = nnx.Linear(in_features, 8, rngs=rngs)

    def __call__(self, x):
        return self.dense(frobnicate(x))
""",
    "MN109": """\
class Block(nnx.Module):
    def __init__(self, x, *, rngs):
        self.local = nnx.bridge.ToNNX(nn.ConvLocal(8, 3), rngs).lazy_init(x)

    def __call__(self, x):
        return self.local(x)
""",
    "MN110": """\
class Block(nnx.Module):
    def __init__(self, x, *, rngs):
        self.local = nnx.bridge.ToNNX(nn.ConvLocal(8, 3), rngs).lazy_init(x)
        self.dense = nnx.Linear(8, 8, rngs=rngs)

    def __call__(self, x):
        return self.dense(self.local(x))
""",
    "MN111": """\
class Block(nnx.Module):
    def __init__(self, in_features, *, rngs):
        self.linear = nnx.Linear(in_features, 8, rngs=rngs)

    def __call__(self, x):
        return self.linear(x)
""",
    "MN201": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))

        def inner():
            return w

        return jax.checkpoint(inner)() * x
""",
    "MN202": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        # of the NNX model, once, from the first batch: layer.scale[...] = 1 / x.std(0)
        return x * self.param("scale", nn.initializers.ones, (x.shape[-1],))
""",
    "MN203": """\
class Layer(nn.Module):
    affine: bool

    @nn.compact
    def __call__(self, x):
        if self.affine:
            x = x * self.param("w", nn.initializers.ones, (3,))
        return x
""",
    "MN204": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.variable("stats", "w", jnp.ones, (3,)).value
""",
    "MN205": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.variable("stats", "w", jnp.ones, (3,))
        return update(w.value, x)
""",
    "MN206": """\
class Layer(nn.Module):
    def __call__(self, x, train):
        return x if train else -x
""",
    "MN207": """\
class Layer(nnx.Module):
    def __call__(self, x):
        if hasattr(self, "__captures__"):  # within nnx.capture
            self.sow(nnx.Intermediate, "x", x)
        return x


y, sown = nnx.capture(Layer(), nnx.Intermediate)(jnp.ones(3))
""",
    "MN208": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        return x - mean.value + self.param("offset", nn.initializers.zeros, (3,))
""",
    "MN209": """\
class Layer(nn.Module):
    def setup(self):
        self.w = self.param("w", nn.initializers.ones, (3,))

    def __call__(self, x):
        for name in ("a", "b"):
            print(name, self.w)
        return x * self.w
""",
    "MN210": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.with_partitioning(nn.initializers.ones, ("model",)), (3,))
""",
    "MN211": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        if not self.is_initializing():
            mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
        return x - mean.value
""",
    "MN212": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        count = self.variable("stats", "count", jnp.zeros, (), jnp.int32)
        return x + count.value
""",
    "MN301": """\
class Layer(nnx.Module):
    def __init__(self, *, rngs):
        self.w = nnx.Param(jnp.ones(3))

    def __call__(self, x):
        return x * self.w


def made():
    return [Layer(rngs=nnx.Rngs(i)) for i in range(2)]
""",
    "MN302": """\
class Layer(nnx.Module):
    def __init__(self, *, rngs):
        self.w = nnx.Param(jnp.ones(3))

    def __call__(self, x):
        return x * self.w


class Block(nnx.Module):
    def __init__(self, x, *, rngs):
        self.layers = nnx.List([Layer(rngs=rngs) for _ in range(2)])
        self.local = nnx.bridge.ToNNX(nn.ConvLocal(8, 3), rngs).lazy_init(x)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.local(x)
""",
    "MN303": """\
class Layer(nnx.Module):
    def __init__(self, in_features, *, rngs):
        self.dense = nnx.Linear(in_features, 8, rngs=rngs)

    def __call__(self, x):
        return self.dense(x)


class Block(nnx.Module):
    def __init__(self, in_features, *, rngs):
        self.layer = Layer(in_features, rngs=rngs)

    def __call__(self, x):
        return self.layer(x), x  # what was sown is returned
""",
    "MN304": """\
class Layer(nnx.Module):
    def __init__(self, *, rngs):
        self.w = nnx.Param(jnp.ones(3))

    def __call__(self, x):
        return x * self.w


def both(x):
    graphdef, state = nnx.split(Layer(rngs=nnx.Rngs(0)))
    states = (jax.tree.map(lambda w: w * s, state) for s in (1, 2))
    return [nnx.merge(graphdef, scaled)(x) for scaled in states]
""",
    "MN401": """\
def checkpointed(function):
    return nnx.remat(function)
""",
    "MN402": """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,))
""",
}

BY_HAND: Mapping[str, str] = MappingProxyType(_TEXTS)
"""By the id of the code; those about files have none."""
