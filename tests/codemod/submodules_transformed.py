# ruff: noqa: E501
"""Classes built of submodules, before and after, and calls to compare the two with."""

import jax.numpy as jnp

from .check import Call, Case, f32

_X, _IMAGE = f32(4, 6), f32(2, 8, 8, 3)
_IDS = jnp.array([[0, 1, 2, 3, 4]])

TRANSFORMED = (
    Case(
        "one-class-in-several-loops",
        """\
class Stack(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(4)(x)
        for _ in range(self.n):
            y += nn.Dense(4)(nn.relu(nn.Dense(3)(nn.relu(y))))
        return y


class L(nn.Module):
    n: int = 2
    m: int = 3

    @nn.compact
    def __call__(self, x):
        for _ in range(self.n):
            x = Stack(1)(x)
        x = nn.Dense(5)(x)
        for _ in range(self.m):
            x = Stack(2)(x)
        return x
""",
        """\
class Stack(nnx.Module):
    def __init__(self, in_features: int, n: int = 2, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dense_1 = nnx.List()
        self.dense_2 = nnx.List()
        for _ in range(n):
            self.dense_1.append(nnx.Linear(3, 4, rngs=rngs))
            self.dense_2.append(nnx.Linear(4, 3, rngs=rngs))

    def __call__(self, x):
        y = self.dense_0(x)
        for dense_1, dense_2 in zip(self.dense_1, self.dense_2):
            y += dense_1(nnx.relu(dense_2(nnx.relu(y))))
        return y


class L(nnx.Module):
    def __init__(self, in_features: int, n: int = 2, m: int = 3, *, rngs: nnx.Rngs):
        self.stack = nnx.List()
        for _ in range(n):
            self.stack.append(Stack(in_features, 1, rngs=rngs))
            in_features = 4
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.stack_1 = nnx.List()
        features = 5
        for _ in range(m):
            self.stack_1.append(Stack(features, 2, rngs=rngs))
            features = 4

    def __call__(self, x):
        for stack in self.stack:
            x = stack(x)
        x = self.dense_0(x)
        for stack_1 in self.stack_1:
            x = stack_1(x)
        return x
""",
        (
            Call("Stack", (6,), {"n": 3}, (_X,)),
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"n": 0, "m": 1}, (_X,)),
        ),
    ),
    Case(
        "padding-of-lists",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3), padding=[[1, 1], [2, 0]])(x)
        return nn.Conv(2, (3, 3), padding=[(1, 1), (0, 0)])(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(
            in_features, 4, (3, 3), padding=((1, 1), (2, 0)), rngs=rngs
        )
        self.conv_1 = nnx.Conv(4, 2, (3, 3), padding=[(1, 1), (0, 0)], rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        return self.conv_1(x)
""",
        (Call("L", sizes=(3,), inputs=(_IMAGE,)),),
    ),
    Case(
        "chain",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(nn.relu(nn.Dense(features=5, use_bias=False)(x)))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(5, 3, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, 5, use_bias=False, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(nnx.relu(self.dense_1(x)))
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "loop-then-head",
        """\
class L(nn.Module):
    hidden: tuple
    act: object = nn.relu
    final: bool = False
    rate: float | None = None
    @nn.compact
    def __call__(self, x, training: bool = False):
        for i, size in enumerate(self.hidden):
            x = nn.Dense(size, kernel_init=nn.initializers.orthogonal())(x)
            if i + 1 < len(self.hidden) or self.final:
                x = self.act(x)
                if self.rate is not None:
                    x = nn.Dropout(rate=self.rate)(x, deterministic=not training)
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        hidden: tuple,
        act: object = nnx.relu,
        final: bool = False,
        rate: float | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.hidden = hidden
        self.act = act
        self.final = final
        self.rate = rate
        self.dense = nnx.List()
        for size in hidden:
            self.dense.append(
                nnx.Linear(
                    in_features,
                    size,
                    kernel_init=nnx.initializers.orthogonal(),
                    rngs=rngs,
                )
            )
            in_features = size
        self.dense_1 = nnx.Linear(in_features, 2, rngs=rngs)
        if rate is not None:
            self.dropout_0 = nnx.Dropout(rate=rate, rngs=rngs)

    def __call__(self, x, training: bool = False):
        for i, dense in enumerate(self.dense):
            x = dense(x)
            if i + 1 < len(self.hidden) or self.final:
                x = self.act(x)
                if self.rate is not None:
                    x = self.dropout_0(x, deterministic=not training)
        return self.dense_1(x)
""",
        (
            Call("L", sizes=(6,), arguments={"hidden": (4, 5)}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"hidden": ()}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"hidden": (4,), "final": True, "rate": 0.1}, inputs=(_X,)),
        ),
    ),
    Case(
        "two-lists",
        """\
class L(nn.Module):
    hidden: tuple
    norm: bool = True
    @nn.compact
    def __call__(self, x, train):
        for f in self.hidden:
            x = nn.Dense(f)(x)
            if self.norm:
                x = nn.BatchNorm(use_running_average=not train)(x)
            x = nn.Dense(f)(nn.relu(x))
        return nn.Dense(1)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        hidden: tuple,
        norm: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.hidden = hidden
        self.norm = norm
        self.dense_0 = nnx.List()
        self.batch_norm = nnx.List()
        self.dense_1 = nnx.List()
        for f in hidden:
            self.dense_0.append(nnx.Linear(in_features, f, rngs=rngs))
            if norm:
                self.batch_norm.append(nnx.BatchNorm(f, rngs=rngs))
            self.dense_1.append(nnx.Linear(f, f, rngs=rngs))
            in_features = f
        self.dense_2 = nnx.Linear(in_features, 1, rngs=rngs)

    def __call__(self, x, train):
        for i, f in enumerate(self.hidden):
            x = self.dense_0[i](x)
            if self.norm:
                x = self.batch_norm[i](x, use_running_average=not train)
            x = self.dense_1[i](nnx.relu(x))
        return self.dense_2(x)
""",
        (
            Call(
                "L",
                sizes=(6,),
                arguments={"hidden": (4, 5)},
                inputs=(
                    _X,
                    True,
                ),
            ),
            Call(
                "L",
                sizes=(6,),
                arguments={"hidden": (4, 5), "norm": False},
                inputs=(
                    _X,
                    False,
                ),
            ),
        ),
    ),
    Case(
        "zip",
        """\
class L(nn.Module):
    hidden: tuple
    @nn.compact
    def __call__(self, x, train):
        for f in self.hidden:
            x = nn.Dense(f)(x)
            x = nn.BatchNorm(use_running_average=not train)(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, hidden: tuple, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        self.batch_norm = nnx.List()
        for f in hidden:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            self.batch_norm.append(nnx.BatchNorm(f, rngs=rngs))
            in_features = f

    def __call__(self, x, train):
        for dense, batch_norm in zip(self.dense, self.batch_norm):
            x = dense(x)
            x = batch_norm(x, use_running_average=not train)
        return x
""",
        (
            Call(
                "L",
                sizes=(6,),
                arguments={"hidden": (4, 5)},
                inputs=(
                    _X,
                    True,
                ),
            ),
        ),
    ),
    Case(
        "cond",
        """\
class L(nn.Module):
    wide: bool
    deep: bool = False
    @nn.compact
    def __call__(self, x):
        if self.wide:
            x = nn.Dense(9)(x)
        else:
            x = nn.Dense(4)(x)
        if self.deep:
            x = nn.LayerNorm()(x)
            x = nn.Dense(7)(x)
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        wide: bool,
        deep: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.wide = wide
        self.deep = deep
        if wide:
            self.dense_0 = nnx.Linear(in_features, 9, rngs=rngs)
        else:
            self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        if deep:
            self.layer_norm_0 = nnx.LayerNorm(9 if wide else 4, rngs=rngs)
            self.dense_1 = nnx.Linear(9 if wide else 4, 7, rngs=rngs)
        self.dense_2 = nnx.Linear(7 if deep else 9 if wide else 4, 2, rngs=rngs)

    def __call__(self, x):
        if self.wide:
            x = self.dense_0(x)
        else:
            x = self.dense_0(x)
        if self.deep:
            x = self.layer_norm_0(x)
            x = self.dense_1(x)
        return self.dense_2(x)
""",
        (
            Call("L", sizes=(6,), arguments={"wide": 0, "deep": 0}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"wide": 1, "deep": 1}, inputs=(_X,)),
        ),
    ),
    Case(
        "concat",
        """\
class L(nn.Module):
    f: int = 4
    @nn.compact
    def __call__(self, obs, act):
        x = jnp.concatenate([obs, act], axis=-1)
        q = nn.Dense(self.f)(x)
        z = jnp.concatenate((q, x), -1)
        return jnp.squeeze(nn.Dense(1)(z), -1)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        obs_features: int,
        act_features: int,
        f: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(obs_features + act_features, f, rngs=rngs)
        self.dense_1 = nnx.Linear(f + (obs_features + act_features), 1, rngs=rngs)

    def __call__(self, obs, act):
        x = jnp.concatenate([obs, act], axis=-1)
        q = self.dense_0(x)
        z = jnp.concatenate((q, x), -1)
        return jnp.squeeze(self.dense_1(z), -1)
""",
        (
            Call(
                "L",
                sizes=(6, 2),
                inputs=(
                    _X,
                    f32(4, 2),
                ),
            ),
        ),
    ),
    Case(
        "shared",
        """\
class L(nn.Module):
    f: int = 6
    @nn.compact
    def __call__(self, x):
        layer = nn.Dense(self.f, name='shared')
        x = layer(x)
        return layer(nn.relu(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, f: int = 6, *, rngs: nnx.Rngs):
        self.shared = nnx.Linear(f, f, rngs=rngs)

    def __call__(self, x):
        x = self.shared(x)
        return self.shared(nnx.relu(x))
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "unet",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        a = nn.relu(nn.Conv(4, (3, 3))(x))
        b = nn.relu(nn.Conv(8, (3, 3), strides=(2, 2))(a))
        c = nn.ConvTranspose(4, (2, 2), strides=(2, 2))(b)
        d = jnp.concatenate([c, a], axis=-1)
        d = nn.GroupNorm(num_groups=2)(d)
        return nn.Conv(features=3, kernel_size=(1, 1))(d).mean(axis=(1, 2))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, 4, (3, 3), rngs=rngs)
        self.conv_1 = nnx.Conv(4, 8, (3, 3), strides=(2, 2), rngs=rngs)
        self.conv_transpose_0 = nnx.ConvTranspose(
            8, 4, (2, 2), strides=(2, 2), rngs=rngs
        )
        self.group_norm_0 = nnx.GroupNorm(8, num_groups=2, rngs=rngs)
        self.conv_2 = nnx.Conv(8, 3, (1, 1), rngs=rngs)

    def __call__(self, x):
        a = nnx.relu(self.conv_0(x))
        b = nnx.relu(self.conv_1(a))
        c = self.conv_transpose_0(b)
        d = jnp.concatenate([c, a], axis=-1)
        d = self.group_norm_0(d)
        return self.conv_2(d).mean(axis=(1, 2))
""",
        (Call("L", sizes=(3,), inputs=(_IMAGE,)),),
    ),
    Case(
        "setup",
        """\
class L(nn.Module):
    f: int
    def setup(self):
        self.inner = self.f * 2
        self.up = nn.Dense(self.inner)
        self.down = nn.Dense(self.f, use_bias=False)
        self.norm = nn.LayerNorm(epsilon=1e-5)
        self.drop = nn.Dropout(0.5)
    def hidden(self, x):
        return nn.relu(self.up(x))
    def __call__(self, x, deterministic=True):
        h = self.drop(self.hidden(self.norm(x)), deterministic)
        return x + self.down(h)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.inner = f * 2
        self.up = nnx.Linear(in_features, self.inner, rngs=rngs)
        self.down = nnx.Linear(self.inner, f, use_bias=False, rngs=rngs)
        self.norm = nnx.LayerNorm(in_features, epsilon=1e-5, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def hidden(self, x):
        return nnx.relu(self.up(x))
    def __call__(self, x, deterministic=True):
        h = self.drop(self.hidden(self.norm(x)), deterministic=deterministic)
        return x + self.down(h)
""",
        (Call("L", sizes=(6,), arguments={"f": 6}, inputs=(_X,)),),
    ),
    Case(
        "dtype-norm",
        """\
class L(nn.Module):
    dtype: object = jnp.bfloat16
    @nn.compact
    def __call__(self, x, train):
        x = nn.LayerNorm(dtype=self.dtype)(x * 30)
        x = nn.RMSNorm(dtype=self.dtype)(x)
        x = nn.BatchNorm(use_running_average=not train, dtype=self.dtype)(x)
        return nn.GroupNorm(num_groups=2, dtype=self.dtype)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dtype: object = jnp.bfloat16,
        *,
        rngs: nnx.Rngs,
    ):
        self.layer_norm_0 = nnx.LayerNorm(
            in_features, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        self.rms_norm_0 = nnx.RMSNorm(
            in_features, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        self.batch_norm_0 = nnx.BatchNorm(
            in_features, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        self.group_norm_0 = nnx.GroupNorm(
            in_features,
            num_groups=2,
            dtype=dtype,
            promote_dtype=lambda args, **_: args,
            rngs=rngs,
        )

    def __call__(self, x, train):
        x = self.layer_norm_0(x * 30)
        x = self.rms_norm_0(x)
        x = self.batch_norm_0(x, use_running_average=not train)
        return self.group_norm_0(x)
""",
        (
            Call(
                "L",
                sizes=(6,),
                inputs=(
                    _X,
                    True,
                ),
            ),
            Call(
                "L",
                sizes=(6,),
                inputs=(
                    _X,
                    False,
                ),
            ),
            Call(
                "L",
                sizes=(6,),
                arguments={"dtype": None},
                inputs=(
                    _X,
                    True,
                ),
            ),
        ),
    ),
    Case(
        "dropout-cond",
        """\
class L(nn.Module):
    rate: float = 0.5
    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(4)(x)
        if train:
            x = nn.Dropout(self.rate)(x, deterministic=False)
        return nn.Dense(4)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, rate: float = 0.5, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, 4, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)

    def __call__(self, x, train):
        x = self.dense_0(x)
        if train:
            x = self.dropout_0(x, deterministic=False)
        return self.dense_1(x)
""",
        (
            Call(
                "L",
                sizes=(6,),
                inputs=(
                    _X,
                    False,
                ),
            ),
        ),
    ),
    Case(
        "general",
        """\
class L(nn.Module):
    heads: int = 2
    @nn.compact
    def __call__(self, x):
        q = nn.DenseGeneral((self.heads, 3))(x)
        k = nn.DenseGeneral(features=(self.heads, 3), axis=-1, name='k')(x)
        y = q * k
        return nn.DenseGeneral(5, axis=(-2, -1))(y)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, heads: int = 2, *, rngs: nnx.Rngs):
        self.dense_general_0 = nnx.LinearGeneral(in_features, (heads, 3), rngs=rngs)
        self.k = nnx.LinearGeneral(in_features, (heads, 3), axis=-1, rngs=rngs)
        self.dense_general_1 = nnx.LinearGeneral(
            (heads, 3), 5, axis=(-2, -1), rngs=rngs
        )

    def __call__(self, x):
        q = self.dense_general_0(x)
        k = self.k(x)
        y = q * k
        return self.dense_general_1(y)
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "embed",
        """\
class L(nn.Module):
    vocab: int
    dim: int
    @nn.compact
    def __call__(self, ids):
        embed = nn.Embed(self.vocab, self.dim)
        x = embed(ids)
        pos = self.param('pos', nn.initializers.normal(0.1), (1, 5, self.dim))
        x = x + pos
        x = nn.LayerNorm()(x)
        return embed.attend(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, vocab: int, dim: int, *, rngs: nnx.Rngs):
        self.embed_0 = nnx.Embed(vocab, dim, rngs=rngs)
        self.pos = nnx.Param(nnx.initializers.normal(0.1)(rngs.params(), (1, 5, dim)))
        self.layer_norm_0 = nnx.LayerNorm(dim, rngs=rngs)

    def __call__(self, ids):
        x = self.embed_0(ids)
        x = x + self.pos
        x = self.layer_norm_0(x)
        return self.embed_0.attend(x)
""",
        (Call("L", arguments={"vocab": 7, "dim": 4}, inputs=(_IDS,)),),
    ),
    Case(
        "children",
        """\
class Mlp(nn.Module):
    hidden: tuple
    @nn.compact
    def __call__(self, x):
        for f in self.hidden:
            x = nn.relu(nn.Dense(f)(x))
        return x

class L(nn.Module):
    hidden: tuple
    actions: int = 3
    @nn.compact
    def __call__(self, x):
        x = Mlp(self.hidden, name='trunk')(x)
        mean = nn.Dense(self.actions)(x)
        value = nn.Dense(1)(x)
        return mean, value[..., 0]
""",
        """\
class Mlp(nnx.Module):
    def __init__(self, in_features: int, hidden: tuple, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for f in hidden:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.relu(dense(x))
        return x

class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        hidden: tuple,
        actions: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.trunk = Mlp(in_features, hidden, rngs=rngs)
        self.dense_0 = nnx.Linear(hidden[-1], actions, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden[-1], 1, rngs=rngs)

    def __call__(self, x):
        x = self.trunk(x)
        mean = self.dense_0(x)
        value = self.dense_1(x)
        return mean, value[..., 0]
""",
        (Call("L", sizes=(6,), arguments={"hidden": (4, 5)}, inputs=(_X,)),),
    ),
    Case(
        "intermediate-size",
        """\
class L(nn.Module):
    f: int = 4
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.f)(x)
        d = x.shape[-1]
        w = self.param('w', nn.initializers.ones, (d, x.shape[-1]))
        return nn.Dense(d * 2)(x @ w)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        d = f
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (d, f)))
        self.dense_1 = nnx.Linear(d, d * 2, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.dense_1(x @ self.w)
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "in-features-again",
        """\
class L(nn.Module):
    hidden: tuple
    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        y = x
        for f in self.hidden:
            y = nn.Dense(f)(y)
        return x + nn.Dense(d)(y)
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, hidden: tuple, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        features = d
        for f in hidden:
            self.dense.append(nnx.Linear(features, f, rngs=rngs))
            features = f
        self.dense_1 = nnx.Linear(features, d, rngs=rngs)

    def __call__(self, x):
        y = x
        for dense in self.dense:
            y = dense(y)
        return x + self.dense_1(y)
""",
        (Call("L", sizes=(6,), arguments={"hidden": (4, 5)}, inputs=(_X,)),),
    ),
    Case(
        "some-rounds",
        """\
class L(nn.Module):
    hidden: tuple
    norm: bool = True
    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.hidden):
            x = nn.Dense(f, name=f'hidden_{i}')(x)
            if i != len(self.hidden) - 1:
                x = nn.relu(x)
                if self.norm:
                    x = nn.LayerNorm()(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        hidden: tuple,
        norm: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.use_hidden = hidden
        self.norm = norm
        self.hidden = nnx.List()
        self.layer_norm = nnx.List()
        for i, f in enumerate(hidden):
            self.hidden.append(nnx.Linear(in_features, f, rngs=rngs))
            if i != len(hidden) - 1:
                if norm:
                    self.layer_norm.append(nnx.LayerNorm(f, rngs=rngs))
            in_features = f

    def __call__(self, x):
        layer_norms = iter(self.layer_norm)
        for i, hidden in enumerate(self.hidden):
            x = hidden(x)
            if i != len(self.use_hidden) - 1:
                x = nnx.relu(x)
                if self.norm:
                    x = next(layer_norms)(x)
        return x
""",
        (
            Call("L", sizes=(6,), arguments={"hidden": (4, 5, 3)}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"hidden": (4, 5), "norm": False}, inputs=(_X,)),
        ),
    ),
    Case(
        "nested-loops",
        """\
class Block(nn.Module):
    f: int
    stride: int = 1
    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Conv(self.f, (3, 3), strides=(self.stride, self.stride))(x))

class L(nn.Module):
    stages: tuple
    f: int = 4
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.f, (3, 3))(x)
        for i, count in enumerate(self.stages):
            for j in range(count):
                stride = 2 if i > 0 and j == 0 else 1
                x = Block(self.f * 2**i, stride=stride)(x)
        return nn.Dense(2)(x.mean(axis=(1, 2)))
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, stride: int = 1, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(
            in_features, f, (3, 3), strides=(stride, stride), rngs=rngs
        )

    def __call__(self, x):
        return nnx.relu(self.conv_0(x))

class L(nnx.Module):
    def __init__(self, in_features: int, stages: tuple, f: int = 4, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, f, (3, 3), rngs=rngs)
        self.block = nnx.List()
        features = f
        for i, count in enumerate(stages):
            for j in range(count):
                stride = 2 if i > 0 and j == 0 else 1
                self.block.append(Block(features, f * 2**i, stride=stride, rngs=rngs))
                features = f * 2**i
        self.dense_0 = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        for block in self.block:
            x = block(x)
        return self.dense_0(x.mean(axis=(1, 2)))
""",
        (Call("L", sizes=(3,), arguments={"stages": (1, 2)}, inputs=(_IMAGE,)),),
    ),
    Case(
        "nested-loops-that-stay",
        """\
class L(nn.Module):
    stages: tuple
    @nn.compact
    def __call__(self, x):
        for i, count in enumerate(self.stages):
            for j in range(count):
                dense = nn.Dense(4 + i)
                x = dense(x) * (i + 1)
            x = nn.LayerNorm()(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, stages: tuple, *, rngs: nnx.Rngs):
        self.stages = stages
        self.dense = nnx.List()
        self.layer_norm = nnx.List()
        for i, count in enumerate(stages):
            for j in range(count):
                self.dense.append(nnx.Linear(in_features, 4 + i, rngs=rngs))
                in_features = 4 + i
            self.layer_norm.append(nnx.LayerNorm(in_features, rngs=rngs))

    def __call__(self, x):
        denses = iter(self.dense)
        for i, count in enumerate(self.stages):
            for j in range(count):
                dense = next(denses)
                x = dense(x) * (i + 1)
            x = self.layer_norm[i](x)
        return x
""",
        (Call("L", sizes=(6,), arguments={"stages": (1, 2)}, inputs=(_X,)),),
    ),
    Case(
        "attention",
        """\
class L(nn.Module):
    heads: int = 2
    rate: float = 0.1
    @nn.compact
    def __call__(self, x, memory, mask, deterministic=True):
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(
            self.heads, dropout_rate=self.rate, deterministic=deterministic, name='self_attention_0'
        )(y, mask=mask)
        x = x + y
        y = nn.MultiHeadDotProductAttention(num_heads=self.heads, qkv_features=8, dropout_rate=self.rate)(x, memory, deterministic=deterministic)
        y = nn.MultiHeadDotProductAttention(num_heads=self.heads, out_features=4)(y, y)
        return nn.Dense(3)(y)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        x_features: int,
        memory_features: int,
        heads: int = 2,
        rate: float = 0.1,
        *,
        rngs: nnx.Rngs,
    ):
        self.layer_norm_0 = nnx.LayerNorm(x_features, rngs=rngs)
        self.self_attention_0 = nnx.MultiHeadAttention(
            num_heads=heads,
            in_features=x_features,
            dropout_rate=rate,
            decode=False,
            rngs=rngs,
        )
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=heads,
            in_features=x_features,
            in_kv_features=memory_features,
            qkv_features=8,
            dropout_rate=rate,
            decode=False,
            rngs=rngs,
        )
        self.multi_head_dot_product_attention_1 = nnx.MultiHeadAttention(
            num_heads=heads,
            in_features=x_features,
            out_features=4,
            decode=False,
            rngs=rngs,
        )
        self.dense_0 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x, memory, mask, deterministic=True):
        y = self.layer_norm_0(x)
        y = self.self_attention_0(y, mask=mask, deterministic=deterministic)
        x = x + y
        y = self.multi_head_dot_product_attention_0(x, memory, deterministic=deterministic)
        y = self.multi_head_dot_product_attention_1(y, y)
        return self.dense_0(y)
""",
        (
            Call(
                "L",
                sizes=(6, 5),
                inputs=(
                    f32(2, 4, 6),
                    f32(2, 3, 5),
                    jnp.ones((2, 1, 4, 4), bool),
                ),
            ),
        ),
    ),
    Case(
        "self-call",
        """\
class L(nn.Module):
    def setup(self):
        self.d = nn.Dense(3)
    def __call__(self, x):
        return self.d(x)
    def twice(self, x):
        return self(x) + self(x * 2)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.d = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.d(x)
    def twice(self, x):
        return self(x) + self(x * 2)
""",
        (
            Call("L", sizes=(6,), inputs=(_X,)),
            Call("L", sizes=(6,), inputs=(_X,)),
        ),
    ),
    Case(
        "local-activation",
        """\
class L(nn.Module):
    kind: str = 'relu'
    @nn.compact
    def __call__(self, x):
        if self.kind == 'relu':
            act = nn.relu
        else:
            act = nn.tanh
        x = act(nn.Dense(3)(x))
        return nn.Dense(3)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, kind: str = 'relu', *, rngs: nnx.Rngs):
        self.kind = kind
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_1 = nnx.Linear(3, 3, rngs=rngs)

    def __call__(self, x):
        if self.kind == 'relu':
            act = nnx.relu
        else:
            act = nnx.tanh
        x = act(self.dense_0(x))
        return self.dense_1(x)
""",
        (
            Call("L", sizes=(6,), inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"kind": "t"}, inputs=(_X,)),
        ),
    ),
    Case(
        "reshapes",
        """\
class L(nn.Module):
    heads: int = 2
    @nn.compact
    def __call__(self, x):
        b, n, d = x.shape
        qkv = nn.Dense(d * 3)(x).reshape(b, n, 3, self.heads, d // self.heads)
        qkv = jnp.transpose(qkv, (2, 0, 3, 1, 4))
        q, k, v = qkv[0], qkv[1], qkv[2]
        a = nn.softmax(q @ jnp.swapaxes(k, -2, -1))
        y = (a @ v).swapaxes(1, 2).reshape(b, n, d)
        y = nn.Dense(d)(y)
        z = y.reshape(b, n, self.heads, -1)
        return nn.Dense(2)(z)
""",
        """\
class L(nnx.Module):
    def __init__(self, d: int, heads: int = 2, *, rngs: nnx.Rngs):
        self.heads = heads
        self.dense_0 = nnx.Linear(d, d * 3, rngs=rngs)
        self.dense_1 = nnx.Linear(d, d, rngs=rngs)
        self.dense_2 = nnx.Linear(d // heads, 2, rngs=rngs)

    def __call__(self, x):
        b, n, d = x.shape
        qkv = self.dense_0(x).reshape(b, n, 3, self.heads, d // self.heads)
        qkv = jnp.transpose(qkv, (2, 0, 3, 1, 4))
        q, k, v = qkv[0], qkv[1], qkv[2]
        a = nnx.softmax(q @ jnp.swapaxes(k, -2, -1))
        y = (a @ v).swapaxes(1, 2).reshape(b, n, d)
        y = self.dense_1(y)
        z = y.reshape(b, n, self.heads, -1)
        return self.dense_2(z)
""",
        (Call("L", sizes=(6,), inputs=(f32(2, 4, 6),)),),
    ),
    Case(
        "outer-size-again",
        """\
class L(nn.Module):
    stages: tuple
    @nn.compact
    def __call__(self, x):
        for count in self.stages:
            r = x
            for f in range(count):
                x = nn.Dense(f + 2)(x)
            x = x + nn.DenseGeneral(1)(nn.LayerNorm()(r))
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, stages: tuple, *, rngs: nnx.Rngs):
        self.stages = stages
        self.dense = nnx.List()
        self.dense_general = nnx.List()
        self.layer_norm = nnx.List()
        for count in stages:
            features = in_features
            for f in range(count):
                self.dense.append(nnx.Linear(features, f + 2, rngs=rngs))
                features = f + 2
            self.dense_general.append(nnx.LinearGeneral(in_features, 1, rngs=rngs))
            self.layer_norm.append(nnx.LayerNorm(in_features, rngs=rngs))
            in_features = features
        self.dense_1 = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x):
        denses = iter(self.dense)
        for i, count in enumerate(self.stages):
            r = x
            for f in range(count):
                x = next(denses)(x)
            x = x + self.dense_general[i](self.layer_norm[i](r))
        return self.dense_1(x)
""",
        (Call("L", sizes=(6,), arguments={"stages": (1, 2)}, inputs=(_X,)),),
    ),
    Case(
        "embedded-one-hot",
        """\
class L(nn.Module):
    f: int
    @nn.compact
    def __call__(self, x, i):
        z = jnp.concatenate([x, nn.one_hot(i, 5)], axis=-1)
        a, b = jnp.split(nn.Dense(2 * self.f)(z), 2, axis=-1)
        y = nn.Dense(3)(a * nn.sigmoid(b))
        return nn.Dense(2)(y[..., :2]) + jnp.mean(y, axis=-1, keepdims=True)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features + 5, 2 * f, rngs=rngs)
        self.dense_1 = nnx.Linear(f, 3, rngs=rngs)
        self.dense_2 = nnx.Linear(2, 2, rngs=rngs)

    def __call__(self, x, i):
        z = jnp.concatenate([x, nnx.one_hot(i, 5)], axis=-1)
        a, b = jnp.split(self.dense_0(z), 2, axis=-1)
        y = self.dense_1(a * nnx.sigmoid(b))
        return self.dense_2(y[..., :2]) + jnp.mean(y, axis=-1, keepdims=True)
""",
        (
            Call(
                "L",
                sizes=(6,),
                arguments={"f": 4},
                inputs=(
                    _X,
                    jnp.array([0, 1, 2, 4]),
                ),
            ),
        ),
    ),
    Case(
        "early-return",
        """\
class L(nn.Module):
    head: bool
    scale: float = 1.0
    @nn.compact
    def __call__(self, x, train=False):
        det = not train
        wide = self.scale > 2
        x = nn.Dense(8 if wide else 4)(x)
        x = nn.Dropout(0.2, deterministic=det or wide)(x)
        if not self.head:
            return x
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        head: bool,
        scale: float = 1.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.head = head
        self.scale = scale
        wide = scale > 2
        self.dense_0 = nnx.Linear(in_features, 8 if wide else 4, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.2, rngs=rngs)
        if not head:
            return
        self.dense_1 = nnx.Linear(8 if wide else 4, 2, rngs=rngs)

    def __call__(self, x, train=False):
        det = not train
        wide = self.scale > 2
        x = self.dense_0(x)
        x = self.dropout_0(x, deterministic=det or wide)
        if not self.head:
            return x
        return self.dense_1(x)
""",
        (
            Call("L", sizes=(6,), arguments={"head": True}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"head": False}, inputs=(_X,)),
        ),
    ),
    Case(
        "half-of-an-expression",
        """\
class L(nn.Module):
    proj: bool
    @nn.compact
    def __call__(self, x):
        y = nn.Dense(3)(x) if self.proj else x
        return nn.LayerNorm()(y)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, proj: bool, *, rngs: nnx.Rngs):
        self.proj = proj
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs) if proj else None
        self.layer_norm_0 = nnx.LayerNorm(3 if proj else in_features, rngs=rngs)

    def __call__(self, x):
        y = self.dense_0(x) if self.proj else x
        return self.layer_norm_0(y)
""",
        (
            Call("L", sizes=(6,), arguments={"proj": True}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"proj": False}, inputs=(_X,)),
        ),
    ),
    Case(
        "axes-that-norms-reduce",
        """\
class L(nn.Module):
    axes: any = -1

    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm(reduction_axes=self.axes, feature_axes=-1)(x)
        x = nn.GroupNorm(1, reduction_axes=None)(x)
        return nn.RMSNorm(reduction_axes=(1, 2))(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, axes: any = -1, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features, reduction_axes=axes, rngs=rngs)
        self.group_norm_0 = nnx.GroupNorm(in_features, num_groups=1, rngs=rngs)
        self.rms_norm_0 = nnx.RMSNorm(in_features, reduction_axes=(1, 2), rngs=rngs)

    def __call__(self, x):
        x = self.layer_norm_0(x)
        x = self.group_norm_0(x)
        return self.rms_norm_0(x)
""",
        (
            Call("L", sizes=(3,), inputs=(_IMAGE,)),
            Call("L", sizes=(3,), arguments={"axes": (-3, 2)}, inputs=(_IMAGE,)),
        ),
    ),
)
