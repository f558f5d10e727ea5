"""Submodules whose names count the rounds of a loop, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

_X = f32(4, 6)

TRANSFORMED = (
    Case(
        "from-one",
        """\
class L(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        for i in range(1, len(self.features)):
            x = nn.Dense(self.features[i], name=f"linear_{i}")(x)
            if i < len(self.features) - 1:
                x = nn.silu(nn.LayerNorm(name=f"norm_{i}")(x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple[int, ...], *, rngs: nnx.Rngs):
        self.features = features
        self.linear = nnx.List()
        self.norm = nnx.List()
        for i in range(1, len(features)):
            self.linear.append(nnx.Linear(in_features, features[i], rngs=rngs))
            if i < len(features) - 1:
                self.norm.append(nnx.LayerNorm(features[i], rngs=rngs))
            in_features = features[i]

    def __call__(self, x):
        norms = iter(self.norm)
        for i, linear in enumerate(self.linear, 1):
            x = linear(x)
            if i < len(self.features) - 1:
                x = nnx.silu(next(norms)(x))
        return x
""",
        (
            Call("L", (6,), {"features": (6, 5, 4, 3)}, (_X,)),
            Call("L", (6,), {"features": (6, 3)}, (_X,)),
        ),
    ),
    Case(
        "one-more-than-the-round",
        """\
class L(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.features):
            x = nn.Dense(f, name=f"layer{i + 1}")(x)
            if i != len(self.features) - 1:
                x = nn.BatchNorm(use_running_average=True, name=f"norm{i + 3}")(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple[int, ...], *, rngs: nnx.Rngs):
        self.features = features
        self.layer = nnx.List()
        self.norm = nnx.List()
        for i, f in enumerate(features):
            self.layer.append(nnx.Linear(in_features, f, rngs=rngs))
            if i != len(features) - 1:
                self.norm.append(nnx.BatchNorm(f, use_running_average=True, rngs=rngs))
            in_features = f

    def __call__(self, x):
        norms = iter(self.norm)
        for i, layer in enumerate(self.layer):
            x = layer(x)
            if i != len(self.features) - 1:
                x = next(norms)(x)
        return x
""",
        (Call("L", (6,), {"features": (5, 4, 3)}, (_X,)),),
    ),
    Case(
        "counted-by-enumerate",
        """\
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        for i in range(2, 4):
            x = nn.Dense(6, name=f"d{i + 1}")(x)
            if i > 2:
                x = nn.relu(x)
        return nn.Dense(6, name="last")(x)


class L(nn.Module):
    n: int = 3

    @nn.compact
    def __call__(self, x):
        for i in range(1, self.n):
            x = nn.Dense(6)(Block(name=f"block_{i}")(x))
            if self.n - 1 > i:
                x = nn.Dense(6, name=f"out{i + 4}")(x)
        return Block(name="block_0")(x)
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.d = nnx.List()
        for _ in range(2, 4):
            self.d.append(nnx.Linear(in_features, 6, rngs=rngs))
            in_features = 6
        self.last = nnx.Linear(in_features, 6, rngs=rngs)

    def __call__(self, x):
        for i, d in enumerate(self.d, 2):
            x = d(x)
            if i > 2:
                x = nnx.relu(x)
        return self.last(x)


class L(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.n = n
        self.dense = nnx.List()
        self.block = nnx.List()
        self.out = nnx.List()
        for i in range(1, n):
            self.dense.append(nnx.Linear(6, 6, rngs=rngs))
            self.block.append(Block(in_features, rngs=rngs))
            if n - 1 > i:
                self.out.append(nnx.Linear(6, 6, rngs=rngs))
            in_features = 6
        self.block_0 = Block(in_features, rngs=rngs)

    def __call__(self, x):
        outs = iter(self.out)
        for i, (dense, block) in enumerate(zip(self.dense, self.block), 1):
            x = dense(block(x))
            if self.n - 1 > i:
                x = next(outs)(x)
        return self.block_0(x)
""",
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"n": 4}, (_X,)),
        ),
    ),
    Case(
        "list-of-setup",
        """\
class L(nn.Module):
    features: tuple[int, ...]

    def setup(self):
        self.layers = [nn.Dense(f, name=f"layer{i + 1}") for i, f in enumerate(self.features)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple[int, ...], *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for i, f in enumerate(features):
            self.layers.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
        (Call("L", (6,), {"features": (5, 4, 3)}, (_X,)),),
    ),
    Case(
        "appended-in-setup",
        """\
class L(nn.Module):
    n: int = 4

    def setup(self):
        layers = []
        for i in range(1, self.n):
            layers.append(nn.Dense(6, name=f"layer_{i}"))
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, n: int = 4, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for _ in range(1, n):
            self.layers.append(nnx.Linear(in_features, 6, rngs=rngs))
            in_features = 6

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "a-branch-for-each-round",
        """\
class L(nn.Module):
    n: int = 3

    @nn.compact
    def __call__(self, x):
        for i in range(1, self.n + 1):
            if i % 2:
                x = nn.Dense(6, name=f"d{i}")(x)
            else:
                x = nn.Dense(6, use_bias=False, name=f"d{i}")(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.n = n
        self.d = nnx.List()
        for i in range(1, n + 1):
            if i % 2:
                self.d.append(nnx.Linear(in_features, 6, rngs=rngs))
            else:
                self.d.append(nnx.Linear(in_features, 6, use_bias=False, rngs=rngs))
            in_features = 6

    def __call__(self, x):
        for i in range(1, self.n + 1):
            if i % 2:
                x = self.d[i - 1](x)
            else:
                x = self.d[i - 1](x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "beside-names-that-depend-on-configuration",
        """\
class L(nn.Module):
    first: bool = True

    @nn.compact
    def __call__(self, x):
        if self.first:
            x = nn.Dense(6)(x)
        for i in range(2, 4):
            x = nn.Dense(6, name=f"d_{i}")(x)
        return nn.Dense(6)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, first: bool = True, *, rngs: nnx.Rngs):
        self.first = first
        if first:
            self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)
        self.d = nnx.List()
        features = 6 if first else in_features
        for _ in range(2, 4):
            self.d.append(nnx.Linear(features, 6, rngs=rngs))
            features = 6
        self.dense_1 = nnx.Linear(features, 6, rngs=rngs)

    def __call__(self, x):
        if self.first:
            x = self.dense_0(x)
        for d in self.d:
            x = d(x)
        return self.dense_1(x)
""",
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"first": False}, (_X,)),
        ),
    ),
    Case(
        "enumerate-from-one",
        """\
class L(nn.Module):
    features: tuple[int, ...] = (5, 4)

    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.features, 1):
            x = nn.Dense(f, name=f"layer{i}")(x) * i
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (5, 4),
        *,
        rngs: nnx.Rngs,
    ):
        self.layer = nnx.List()
        for i, f in enumerate(features, 1):
            self.layer.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f

    def __call__(self, x):
        for i, layer in enumerate(self.layer, 1):
            x = layer(x) * i
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "list-of-setup-counted-from-one",
        """\
class L(nn.Module):
    n: int = 3

    def setup(self):
        self.layers = [nn.Dense(6) for _ in range(self.n)]

    def __call__(self, x):
        for i, layer in enumerate(self.layers, start=1):
            x = layer(x) * i
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for _ in range(n):
            self.layers.append(nnx.Linear(in_features, 6, rngs=rngs))
            in_features = 6

    def __call__(self, x):
        for i, layer in enumerate(self.layers, start=1):
            x = layer(x) * i
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
)
