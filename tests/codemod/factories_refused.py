# ruff: noqa: E501
"""Factories that could make another module than it seems, and classes that stay Linen for it."""

from .check import Refusal

REFUSED = (
    Refusal(
        "static-method-that-makes-a-module",
        "MN101",
        """\
class Cell(nn.Module):
    @staticmethod
    def make():
        return nn.Dense(3)

    def __call__(self, x):
        return x


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Cell.make()(x)
""",
    ),
    Refusal(
        "method-of-a-class-handed-on",
        "MN101",
        """\
class Cell(nn.Module):
    @staticmethod
    def half(x):
        return x / 2

    def __call__(self, x):
        return x


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return run(Cell.half, x)
""",
    ),
    Refusal(
        "method-of-a-class-that-is-not-static",
        "MN101",
        """\
class Cell(nn.Module):
    def half(self, x):
        return x / 2


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Cell.half(None, x)
""",
    ),
    Refusal(
        "disagree",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


class M(nn.Module):
    @nn.compact
    def __call__(self, x):
        return L(dense=nn.DenseGeneral)(x)
""",
    ),
    Refusal(
        "bind-other",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


class M(nn.Module):
    @nn.compact
    def __call__(self, x):
        return L(dense=partial(nn.Dense, use_bias=False))(x)
""",
    ),
    Refusal(
        "handed",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return run(self.dense, x)
""",
    ),
    Refusal(
        "unseen",
        "MN101",
        """\
class L(nn.Module):
    dense: Any

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)
""",
    ),
    Refusal(
        "unseen-apart",
        "MN101",
        """\
class L(nn.Module):
    dense: Any

    @nn.compact
    def __call__(self, x):
        layer = self.dense(3)
        return layer(x)
""",
    ),
    Refusal(
        "branches",
        "MN101",
        """\
class L(nn.Module):
    wide: bool

    @nn.compact
    def __call__(self, x):
        if self.wide:
            dense = nn.Dense
        else:
            dense = nn.DenseGeneral
        return dense(3)(x)
""",
    ),
    Refusal(
        "in-branch",
        "MN101",
        """\
class L(nn.Module):
    wide: bool

    @nn.compact
    def __call__(self, x):
        if self.wide:
            dense = nn.Dense
            x = dense(3)(x)
        return dense(3)(x)
""",
    ),
    Refusal(
        "function",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = make(nn.Dense)

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)
""",
    ),
    Refusal(
        "flag-name",
        "MN208",
        """\
class B(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x, use_running_average):
        return self.norm()(x) if use_running_average else x


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return B(partial(nn.BatchNorm, use_running_average=not train))(x, True)
""",
    ),
    Refusal(
        "through-self",
        "MN101",
        """\
class B(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)

    def again(self, x):
        return self(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return B(partial(nn.BatchNorm, use_running_average=not train))(x)
""",
    ),
    Refusal(
        "flag-rebound",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        norm = partial(nn.BatchNorm, use_running_average=not train)
        train = not train
        return norm()(x)
""",
    ),
    Refusal(
        "star",
        "MN101",
        """\
class L(nn.Module):
    kw: Any

    @nn.compact
    def __call__(self, x):
        dense = partial(nn.Dense, **self.kw)
        return dense(3)(x)
""",
    ),
    Refusal(
        "loop",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        for layer in (nn.Dense, nn.DenseGeneral):
            x = layer(3)(x)
        return x
""",
    ),
    Refusal(
        "param",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, dense=nn.Dense):
        return dense(3)(x)
""",
    ),
    Refusal(
        "script",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


def main():
    model = L(dense=nn.Dense)
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
""",
    ),
    Refusal(
        "two-flags",
        "MN101",
        """\
class B(nn.Module):
    one: Any
    two: Any

    @nn.compact
    def __call__(self, x):
        return self.two()(self.one()(x))


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return B(partial(nn.BatchNorm, use_running_average=not train), partial(nn.BatchNorm, use_running_average=train))(x)
""",
    ),
    Refusal(
        "bound-size-unknown",
        "MN108",
        """\
class B(nn.Module):
    dense: Any

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(self.dense()(x))


class L(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return B(partial(nn.Dense, self.f))(x)
""",
    ),
    Refusal(
        "compared",
        "MN101",
        """\
class L(nn.Module):
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        if self.norm == nn.LayerNorm:
            x = x + 1
        return self.norm()(x)
""",
    ),
    Refusal(
        "hoisted-local",
        "MN201",
        """\
class L(nn.Module):
    features: tuple

    @nn.compact
    def __call__(self, x, train):
        drop = partial(nn.Dropout, 0.1, deterministic=not train)
        for f in self.features:
            x = drop()(nn.Dense(f)(x))
        return x
""",
    ),
    Refusal(
        "subclass",
        "MN104",
        """\
class B(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)


class C(B):
    def twice(self, x):
        return self(x) + self(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return B(partial(nn.BatchNorm, use_running_average=not train))(x)
""",
    ),
    Refusal(
        "one-decides-in-its-partial",
        "MN101",
        """\
class B(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = B(partial(nn.BatchNorm, use_running_average=True))(x)
        return B(partial(nn.BatchNorm, use_running_average=not train))(x)
""",
    ),
    Refusal(
        "call-that-is-not-seen",
        "MN101",
        """\
class B(nn.Module):
    norm: Any

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        b = B(partial(nn.BatchNorm, use_running_average=not train))
        x = b(x)
        return list(map(lambda v: b(v), (x, x)))
""",
    ),
    Refusal(
        "default-in-a-subclass",
        "MN101",
        """\
class B(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


class L(B):
    dense: Any = nn.DenseGeneral
""",
    ),
    Refusal(
        "mode-nowhere",
        "MN101",
        """\
class L(nn.Module):
    norm: Any = partial(nn.BatchNorm, momentum=0.9)

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)
""",
    ),
    Refusal(
        "mode-at-both-places",
        "MN101",
        """\
class L(nn.Module):
    norm: Any = partial(nn.BatchNorm, use_running_average=True)

    @nn.compact
    def __call__(self, x):
        return self.norm()(x, use_running_average=False)
""",
    ),
    Refusal(
        "no-twin",
        "MN109",
        """\
class L(nn.Module):
    conv: Any = nn.ConvLocal

    @nn.compact
    def __call__(self, x):
        return self.conv(3, (3, 3))(x)
""",
    ),
    Refusal(
        "argument-of-another-layer",
        "MN101",
        """\
class L(nn.Module):
    norm: Any = partial(nn.LayerNorm, momentum=0.9)

    @nn.compact
    def __call__(self, x):
        return self.norm()(x)
""",
    ),
    Refusal(
        "returned",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        dense = partial(nn.Dense, 3)
        return dense
""",
    ),
    Refusal(
        "argument-of-a-layer",
        "MN101",
        """\
class L(nn.Module):
    f: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, kernel_init=self.f)(self.f(3)(x))
""",
    ),
    Refusal(
        "in-a-comprehension",
        "MN101",
        """\
class L(nn.Module):
    f: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        layers = [self.f(3) for _ in range(2)]
        for layer in reversed(layers):
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "one-in-one-branch",
        "MN204",
        """\
class L(nn.Module):
    features: tuple

    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.features):
            if i > 0:
                x = nn.Dense(f)(x)
                x = nn.Dense(f)(x)
            else:
                x = nn.Dense(f)(x)
        return x
""",
    ),
    Refusal(
        "module-in-a-callable-field",
        "MN105",
        """\
class L(nn.Module):
    act: Any

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(3)(x))


def main():
    model = L(act=nn.PReLU())
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
""",
    ),
    Refusal(
        "module-in-a-callable-field-by-name",
        "MN105",
        """\
class L(nn.Module):
    act: Any

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(3)(x))


def main():
    act = nn.PReLU()
    model = L(act=act)
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
""",
    ),
    Refusal(
        "factory-of-a-script-by-name",
        "MN101",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


def main():
    dense = partial(nn.Dense, use_bias=False)
    model = L(dense=dense)
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
""",
    ),
    Refusal(
        "sequential-of-a-name",
        "MN101",
        """\
class L(nn.Module):
    layers: Any

    @nn.compact
    def __call__(self, x):
        return nn.Sequential(self.layers)(x)
""",
    ),
    Refusal(
        "sequential-of-a-mode",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return nn.relu(nn.Sequential([nn.Dense(3), nn.BatchNorm(use_running_average=not train)])(x))
""",
    ),
    Refusal(
        "sequential-of-a-method",
        "MN101",
        """\
class L(nn.Module):
    def double(self, x):
        return 2 * x

    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(3), self.double])(x)
""",
    ),
    Refusal(
        "sequential-of-an-argument",
        "MN202",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, scale):
        return nn.Sequential([nn.Dense(3), lambda h: h * scale])(x)
""",
    ),
    Refusal(
        "sequential-that-makes-at-each-call",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(3), lambda h: nn.Dense(4)(h)])(x)
""",
    ),
    Refusal(
        "sequential-of-an-unknown-function",
        "MN108",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(3), frobnicate, nn.Dense(4)])(x)
""",
    ),
    Refusal(
        "sequential-of-one-layer-twice",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        d = nn.Dense(6)
        return nn.Sequential([d, nn.relu, d])(x)
""",
    ),
    Refusal(
        "sequential-layer-from-outside",
        "MN101",
        """\
class L(nn.Module):
    def setup(self):
        self.net = nn.Sequential([nn.Dense(6)])

    def __call__(self, x):
        return self.net.layers[0](x)
""",
    ),
    Refusal(
        "sequential-with-a-computed-name-inside",
        "MN204",
        """\
class L(nn.Module):
    label: str = "a"

    def setup(self):
        self.net = nn.Sequential([nn.Dense(6, name=self.label)])

    def __call__(self, x):
        return self.net(x)
""",
    ),
    Refusal(
        "sequential-behind-a-transform",
        "MN102",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.remat(nn.Dense)(3), nn.relu])(x)
""",
    ),
    Refusal(
        "names-of-setup-that-do-not-count",
        "MN204",
        """\
class L(nn.Module):
    def setup(self):
        self.blocks = [nn.Dense(6, name=f"d{i}") for i in (4, 6)]

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return x
""",
    ),
    Refusal(
        "names-of-setup-that-are-computed",
        "MN204",
        """\
class L(nn.Module):
    key: str = "a"

    def setup(self):
        self.d = nn.Dense(6, name=self.key)

    def __call__(self, x):
        return self.d(x)
""",
    ),
    Refusal(
        "names-that-collide",
        "MN208",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, name="a_b")(nn.Dense(3, name="a.b")(x))
""",
    ),
    Refusal(
        "module-in-a-field-cloned",
        "MN109",
        """\
class E(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    model: nn.Module

    @nn.compact
    def __call__(self, x):
        return self.model.clone(name="a")(x)
""",
    ),
    Refusal(
        "module-in-a-field-called-train",
        "MN208",
        """\
class L(nn.Module):
    train: nn.Module

    @nn.compact
    def __call__(self, x):
        return self.train(x)
""",
    ),
    Refusal(
        "module-in-a-field-called-like-a-list",
        "MN208",
        """\
class L(nn.Module):
    dense: nn.Module

    @nn.compact
    def __call__(self, x):
        for f in (4, 4):
            x = nn.Dense(f)(x)
        return self.dense(x)
""",
    ),
    Refusal(
        "module-in-a-field-handed-on",
        "MN109",
        """\
class E(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    model: E

    @nn.compact
    def __call__(self, x):
        return run(self.model, x)
""",
    ),
    Refusal(
        "module-in-a-field-from-a-script",
        "MN109",
        """\
class E(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    model: nn.Module

    @nn.compact
    def __call__(self, x):
        return self.model(x)


def main():
    model = L(E(3))
    variables = model.init(jax.random.key(0), jnp.ones((2, 3)))
    return model.apply(variables, jnp.ones((2, 3)))
""",
    ),
    Refusal(
        "module-in-a-field-of-a-parent",
        "MN109",
        """\
class E(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    model: E

    @nn.compact
    def __call__(self, x):
        return self.model(x)


class M(nn.Module):
    @nn.compact
    def __call__(self, x):
        return L(E(3))(x)
""",
    ),
    Refusal(
        "module-in-a-field-tells-a-size",
        "MN108",
        """\
class L(nn.Module):
    model: nn.Module

    @nn.compact
    def __call__(self, x):
        return nn.Dense(6)(self.model(x))
""",
    ),
    Refusal(
        "module-in-a-field-read-from",
        "MN109",
        """\
class E(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    model: E

    @nn.compact
    def __call__(self, x):
        return self.model(x) * self.model.f
""",
    ),
    Refusal(
        "modules-in-a-field",
        "MN105",
        """\
class L(nn.Module):
    layers: dict[str, nn.Module]

    @nn.compact
    def __call__(self, x):
        for layer in self.layers.values():
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "name-of-the-file",
        "MN101",
        """\
Norm = partial(nn.LayerNorm, use_bias=False)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Norm()(x)
""",
    ),
    Refusal(
        "list-of-setup-made-after-its-head",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.head = nn.Dense(2)
        self.layers = [nn.Dense(f) for f in self.features]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""",
    ),
    Refusal(
        "list-of-setup-called-twice-a-round",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(layer(x))
        return x
""",
    ),
    Refusal(
        "list-of-setup-called-on-a-condition",
        "MN201",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            if i > 0:
                x = layer(x)
        return x
""",
    ),
    Refusal(
        "list-of-setup-left-early",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i > 3:
                break
        return x
""",
    ),
    Refusal(
        "list-of-setup-run-through-twice",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        for layer in self.layers:
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "list-of-setup-by-index",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]
        self.head = nn.Dense(2)

    def __call__(self, x):
        return self.head(self.layers[0](x))
""",
    ),
    Refusal(
        "loop-of-a-method-that-tells-setup",
        "MN108",
        """\
class L(nn.Module):
    depth: int

    def setup(self):
        self.head = nn.Dense(2)

    def __call__(self, x):
        for _ in range(self.depth):
            x = jnp.concatenate([x, x], axis=-1)
        return self.head(x)
""",
    ),
    Refusal(
        "branches-beside-another-in-a-loop-of-loops",
        "MN204",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        for i in range(2):
            for j in range(2):
                if j > 0:
                    x = nn.Dense(3)(x)
                else:
                    x = nn.Dense(3, use_bias=False)(x)
            x = nn.Dense(3)(x)
        return x
""",
    ),
    Refusal(
        "value-of-the-call-in-a-partial",
        "MN202",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, rate):
        drop = partial(nn.Dropout, rate, deterministic=False)
        return drop()(x)
""",
    ),
    Refusal(
        "partial-on-a-condition-of-the-call",
        "MN203",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        dense = partial(nn.Dense, 3 if train else 4)
        return dense()(x)
""",
    ),
    Refusal(
        "list-of-setup-appended-and-read",
        "MN101",
        """\
class L(nn.Module):
    def setup(self):
        layers = []
        for i in range(2):
            layers.append(nn.Dense(4))
        self.layers = layers
        self.count = len(layers)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.count
""",
    ),
    Refusal(
        "list-of-setup-appended-on-a-condition",
        "MN101",
        """\
class L(nn.Module):
    deep: bool

    def setup(self):
        layers = []
        for i in range(2):
            if self.deep:
                layers.append(nn.Dense(4))
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "none-and-then-a-module-called-on-another-condition",
        "MN201",
        """\
class L(nn.Module):
    f: int

    def setup(self):
        self.proj = None
        if self.f > 3:
            self.proj = nn.Dense(self.f, use_bias=False)

    def __call__(self, x):
        if self.f > 2:
            x = self.proj(x)
        return x
""",
    ),
    Refusal(
        "none-and-then-two-modules",
        "MN101",
        """\
class L(nn.Module):
    f: int

    def setup(self):
        self.proj = None
        if self.f > 3:
            self.proj = nn.Dense(self.f, use_bias=False)
        if self.f > 4:
            self.proj = nn.Dense(self.f)

    def __call__(self, x):
        return self.proj(x) if self.proj is not None else x
""",
    ),
    Refusal(
        "none-and-then-a-module-is-missing",
        "MN201",
        """\
class L(nn.Module):
    f: int

    def setup(self):
        self.proj = None
        if self.f > 3:
            self.proj = nn.Dense(self.f, use_bias=False)

    def __call__(self, x):
        if self.proj is None:
            x = self.proj(x)
        return x
""",
    ),
    Refusal(
        "arguments-in-a-dict-that-changes",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        inits = dict(use_bias=False)
        inits["use_bias"] = True
        return nn.Dense(2, **inits)(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-that-are-renamed",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        inits = dict(features=3)
        return nn.Dense(**inits)(x)
""",
    ),
    Refusal(
        "arguments-in-one-of-two-dicts-that-decide-on-variables",
        "MN101",
        """\
class L(nn.Module):
    flag: bool = True

    @nn.compact
    def __call__(self, x):
        more = dict(use_bias=False) if self.flag else {}
        return nn.Dense(2, **more)(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-of-a-mode",
        "MN101",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        more = dict(use_running_average=not train)
        return nn.BatchNorm(**more)(x)
""",
    ),
    Refusal(
        "arguments-of-a-function-that-does-more",
        "MN101",
        """\
def more(**kwargs):
    if "dtype" in kwargs:
        kwargs["use_bias"] = False
    return kwargs


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, **more(dtype=jnp.float32))(x)
""",
    ),
    Refusal(
        "arguments-of-a-function-that-returns-others",
        "MN101",
        """\
def more(**kwargs):
    return dict(use_bias=False)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, **more(dtype=jnp.float32))(x)
""",
    ),
    Refusal(
        "arguments-of-a-function-with-defaults",
        "MN101",
        """\
def more(use_bias=False, **kwargs):
    return kwargs


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, **more(use_bias=True))(x)
""",
    ),
    Refusal(
        "arguments-of-a-function-that-is-a-local",
        "MN101",
        """\
def more(**kwargs):
    return kwargs


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        more = lambda **kwargs: {"use_bias": False}
        return nn.Dense(3, **more(dtype=jnp.float32))(x)
""",
    ),
    Refusal(
        "dtype-of-a-norm-behind-a-function",
        "MN101",
        """\
def more(**kwargs):
    return kwargs


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.LayerNorm(**more(dtype=jnp.bfloat16))(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-of-a-field",
        "MN101",
        """\
class L(nn.Module):
    more: dict

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, **self.more)(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-without-counterpart",
        "MN109",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        more = dict(feature_axes=(-2, -1))
        return nn.LayerNorm(**more)(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-by-default",
        "MN109",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        more = dict(dot_general=None)
        return nn.Dense(3, **more)(x)
""",
    ),
    Refusal(
        "arguments-in-a-dict-with-a-name",
        "MN109",
        """\
class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(self.f, (1,))(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        more = dict(f=3, name="b")
        return Block(**more)(x)
""",
    ),
    Refusal(
        "list-of-setup-appended-by-name-twice",
        "MN101",
        """\
class L(nn.Module):
    def setup(self):
        layers = []
        for i in range(2):
            layer = nn.Dense(6)
            layers.append(layer)
            layers.append(layer)
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "list-of-setup-appended-by-name-elsewhere",
        "MN101",
        """\
class L(nn.Module):
    deep: bool

    def setup(self):
        layers = []
        for i in range(2):
            layer = nn.Dense(6)
            if self.deep:
                layers.append(layer)
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
""",
    ),
    Refusal(
        "list-of-setup-whose-target-is-a-local-too",
        "MN108",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        f = 3
        self.layers = [nn.Dense(f) for f in self.features]
        self.head = nn.Dense(f)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""",
    ),
)
