# ruff: noqa: E501
"""Classes whose submodules are made by partials, other names and fields, before and after, and calls to compare with."""

from .check import Call, Case, f32

_X, _IMAGE = f32(4, 6), f32(2, 8, 8, 3)
IMPORTS = "from functools import partial\nfrom typing import Any\n\n"

TRANSFORMED = (
    Case(
        "static-methods-of-a-class",
        """\
class Cell(nn.Module):
    f: int = 3

    @staticmethod
    def empty(n):
        return jnp.zeros((n, 3))

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.f)(x)


class L(nn.Module):
    @staticmethod
    def cache(n):
        return Cell.empty(n)

    @nn.compact
    def __call__(self, x):
        return Cell(4)(x) + Cell.empty(4).sum() + L.cache(2).sum()


START = Cell.empty(2)
""",
        """\
class Cell(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    @staticmethod
    def empty(n):
        return jnp.zeros((n, 3))

    def __call__(self, x):
        return self.dense_0(x)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.cell_0 = Cell(in_features, 4, rngs=rngs)

    @staticmethod
    def cache(n):
        return Cell.empty(n)

    def __call__(self, x):
        return self.cell_0(x) + Cell.empty(4).sum() + L.cache(2).sum()


START = Cell.empty(2)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "arguments-of-a-function",
        """\
def arguments(**kwargs):
    if "dtype" in kwargs.keys():
        kwargs["param_dtype"] = kwargs["dtype"]
    return kwargs


class L(nn.Module):
    features: tuple = (3, 4)
    dtype: Any = jnp.bfloat16

    @nn.compact
    def __call__(self, x):
        given = arguments(dtype=self.dtype, kernel_init=nn.initializers.normal())
        for f in self.features:
            x = nn.relu(nn.Dense(features=f, **given)(x))
        x = nn.Dense(2, **arguments(use_bias=False), **dict(dtype=self.dtype))(x)
        return nn.Dense(1, use_bias=True, **given)(x)
""",
        """\
def arguments(**kwargs):
    if "dtype" in kwargs.keys():
        kwargs["param_dtype"] = kwargs["dtype"]
    return kwargs


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple = (3, 4),
        dtype: Any = jnp.bfloat16,
        *,
        rngs: nnx.Rngs,
    ):
        given = arguments(dtype=dtype, kernel_init=nnx.initializers.normal())
        self.dense = nnx.List()
        for f in features:
            self.dense.append(nnx.Linear(in_features, f, **given, rngs=rngs))
            in_features = f
        self.dense_1 = nnx.Linear(
            in_features, 2, **arguments(use_bias=False), **dict(dtype=dtype), rngs=rngs
        )
        self.dense_2 = nnx.Linear(2, 1, use_bias=True, **given, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.relu(dense(x))
        x = self.dense_1(x)
        return self.dense_2(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "default",
        """\
class L(nn.Module):
    features: tuple = (4, 5)
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        for f in self.features:
            x = self.dense(f)(x)
        return self.dense(2, use_bias=False, name="head")(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple = (4, 5),
        dense: Any = nnx.Linear,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.List()
        for f in features:
            self.dense.append(dense(in_features, f, rngs=rngs))
            in_features = f
        self.head = dense(in_features, 2, use_bias=False, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        return self.head(x)
""",
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {"features": ()}, (_X,)),
        ),
    ),
    Case(
        "default-partial",
        """\
class L(nn.Module):
    dense: Any = partial(nn.Dense, features=4, dot_general=None)

    @nn.compact
    def __call__(self, x):
        return self.dense(use_bias=False)(self.dense()(x))
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dense: Any = partial(nnx.Linear, out_features=4),
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = dense(4, use_bias=False, rngs=rngs)
        self.dense_1 = dense(in_features, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(self.dense_1(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "alias",
        """\
class L(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        dense = nn.Dense
        layer = dense(self.f)
        return dense(2)(layer(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        dense = nnx.Linear
        self.dense_0 = dense(in_features, f, rngs=rngs)
        self.dense_1 = dense(f, 2, rngs=rngs)

    def __call__(self, x):
        return self.dense_1(self.dense_0(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "positional",
        """\
class L(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        conv = partial(nn.Conv, self.f, (3, 3))
        x = conv((2, 2))(x)
        return conv(use_bias=False)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        conv = partial(nnx.Conv, out_features=f, kernel_size=(3, 3))
        self.conv_0 = conv(in_features, strides=(2, 2), rngs=rngs)
        self.conv_1 = conv(f, use_bias=False, rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        return self.conv_1(x)
""",
        (Call("L", (3,), {}, (_IMAGE,)),),
    ),
    Case(
        "given-anew",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        conv = partial(nn.Conv, kernel_size=(3, 3), use_bias=False)
        dense = partial(nn.Dense, features=4)
        x = conv(features=5, kernel_size=(1, 1), strides=2)(x)
        return dense()(dense(features=3)(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        conv = partial(nnx.Conv, kernel_size=(3, 3), use_bias=False)
        dense = partial(nnx.Linear, out_features=4)
        self.conv_0 = conv(in_features, 5, kernel_size=(1, 1), strides=2, rngs=rngs)
        self.dense_0 = dense(3, rngs=rngs)
        self.dense_1 = dense(5, out_features=3, rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        return self.dense_0(self.dense_1(x))
""",
        (Call("L", (3,), {}, (_IMAGE,)),),
    ),
    Case(
        "user",
        """\
class Block(nn.Module):
    f: int
    act: Any = nn.relu

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(self.f)(x))


class L(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x):
        block = partial(Block, self.f)
        x = block(nn.tanh)(x)
        return block()(x)
""",
        """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int,
        act: Any = nnx.relu,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x):
        return self.act(self.dense_0(x))


class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        block = partial(Block, f=f)
        self.block_0 = block(in_features, act=nnx.tanh, rngs=rngs)
        self.block_1 = block(f, rngs=rngs)

    def __call__(self, x):
        x = self.block_0(x)
        return self.block_1(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "class-in-field",
        """\
class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.f)(x))


class Stack(nn.Module):
    features: tuple
    block_cls: type[nn.Module]

    @nn.compact
    def __call__(self, x):
        for f in self.features:
            x = self.block_cls(f)(x)
        return x


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Stack((4, 5), Block)(x)
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.dense_0(x))


class Stack(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        block_cls: type[nnx.Module],
        *,
        rngs: nnx.Rngs,
    ):
        self.block = nnx.List()
        for f in features:
            self.block.append(block_cls(in_features, f, rngs=rngs))
            in_features = f

    def __call__(self, x):
        for block in self.block:
            x = block(x)
        return x


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.stack_0 = Stack(in_features, (4, 5), Block, rngs=rngs)

    def __call__(self, x):
        return self.stack_0(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "two-levels",
        """\
class Inner(nn.Module):
    norm: Any
    drop: Any

    @nn.compact
    def __call__(self, x):
        return self.drop()(self.norm()(nn.Dense(3)(x)))


class Middle(nn.Module):
    norm: Any
    drop: Any

    @nn.compact
    def __call__(self, x):
        x = self.norm()(x)
        return Inner(self.norm, drop=self.drop)(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        norm = partial(nn.BatchNorm, use_running_average=not train)
        drop = partial(nn.Dropout, 0.0, deterministic=not train)
        return Middle(norm, drop)(x)
""",
        """\
class Inner(nnx.Module):
    def __init__(self, in_features: int, norm: Any, drop: Any, *, rngs: nnx.Rngs):
        self.dropout_0 = drop(rngs=rngs)
        self.batch_norm_0 = norm(3, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x, *, deterministic: bool, use_running_average: bool):
        return self.dropout_0(self.batch_norm_0(self.dense_0(x), use_running_average=use_running_average), deterministic=deterministic)


class Middle(nnx.Module):
    def __init__(self, in_features: int, norm: Any, drop: Any, *, rngs: nnx.Rngs):
        self.batch_norm_0 = norm(in_features, rngs=rngs)
        self.inner_0 = Inner(in_features, norm, drop=drop, rngs=rngs)

    def __call__(self, x, *, deterministic: bool, use_running_average: bool):
        x = self.batch_norm_0(x, use_running_average=use_running_average)
        return self.inner_0(x, deterministic=deterministic, use_running_average=use_running_average)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        norm = nnx.BatchNorm
        drop = partial(nnx.Dropout, rate=0.0)
        self.middle_0 = Middle(in_features, norm, drop, rngs=rngs)

    def __call__(self, x, train):
        return self.middle_0(x, deterministic=not train, use_running_average=not train)
""",
        (
            Call("L", (6,), {}, (_X, True)),
            Call("L", (6,), {}, (_X, False)),
        ),
    ),
    Case(
        "dtype",
        """\
class L(nn.Module):
    dtype: Any = jnp.bfloat16

    @nn.compact
    def __call__(self, x):
        norm = partial(nn.LayerNorm, dtype=self.dtype)
        return norm(use_bias=False)(nn.Dense(3)(norm()(x)))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, dtype: Any = jnp.bfloat16, *, rngs: nnx.Rngs):
        norm = partial(nnx.LayerNorm, dtype=dtype, promote_dtype=lambda args, **_: args)
        self.layer_norm_0 = norm(3, use_bias=False, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        self.layer_norm_1 = norm(in_features, rngs=rngs)

    def __call__(self, x):
        return self.layer_norm_0(self.dense_0(self.layer_norm_1(x)))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "inherited",
        """\
class Base(nn.Module):
    dense: Any = nn.Dense

    @nn.compact
    def __call__(self, x):
        return self.dense(3)(x)


class L(Base):
    scale: float = 2.0

    def twice(self, x):
        return self(x) * self.scale
""",
        """\
class Base(nnx.Module):
    def __init__(self, in_features: int, dense: Any = nnx.Linear, *, rngs: nnx.Rngs):
        self.dense_0 = dense(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


class L(Base):
    def __init__(
        self,
        in_features: int,
        dense: Any = nnx.Linear,
        scale: float = 2.0,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(in_features, dense=dense, rngs=rngs)
        self.scale = scale

    def twice(self, x):
        return self(x) * self.scale
""",
        (
            Call("L", (6,), {}, (_X,)),
            Call("L", (6,), {}, (_X,), method="twice"),
        ),
    ),
    Case(
        "optional",
        """\
class L(nn.Module):
    norm: Any = None

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3)(x)
        if self.norm is not None:
            x = self.norm()(x)
        return x


class M(nn.Module):
    @nn.compact
    def __call__(self, x):
        return L(norm=nn.LayerNorm)(L()(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, norm: Any = None, *, rngs: nnx.Rngs):
        self.norm = norm
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        if norm is not None:
            self.layer_norm_0 = norm(3, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        if self.norm is not None:
            x = self.layer_norm_0(x)
        return x


class M(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.l_0 = L(3, norm=nnx.LayerNorm, rngs=rngs)
        self.l_1 = L(in_features, rngs=rngs)

    def __call__(self, x):
        return self.l_0(self.l_1(x))
""",
        (Call("M", (6,), {}, (_X,)),),
    ),
    Case(
        "same-name",
        """\
class L(nn.Module):
    conv: Any = nn.Conv

    @nn.compact
    def __call__(self, x):
        conv = partial(self.conv, use_bias=False)
        return conv(3, (3, 3))(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, conv: Any = nnx.Conv, *, rngs: nnx.Rngs):
        conv = partial(conv, use_bias=False)
        self.conv_0 = conv(in_features, 3, (3, 3), rngs=rngs)

    def __call__(self, x):
        return self.conv_0(x)
""",
        (Call("L", (3,), {}, (_IMAGE,)),),
    ),
    Case(
        "inline",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return partial(nn.Dense, use_bias=False)(3)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = partial(nnx.Linear, use_bias=False)(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "attention",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        attend = partial(nn.MultiHeadDotProductAttention, num_heads=2, qkv_features=4)
        return attend(out_features=3)(x, x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        attend = partial(nnx.MultiHeadAttention, num_heads=2, qkv_features=4)
        self.multi_head_dot_product_attention_0 = attend(
            in_features=in_features, out_features=3, decode=False, rngs=rngs
        )

    def __call__(self, x):
        return self.multi_head_dot_product_attention_0(x, x)
""",
        (Call("L", (6,), {}, (f32(2, 4, 6),)),),
    ),
    Case(
        "norm-in-field-default",
        """\
class L(nn.Module):
    norm: Any = partial(nn.BatchNorm, momentum=0.9)

    @nn.compact
    def __call__(self, x, train):
        x = self.norm(use_running_average=not train)(x)
        return self.norm()(x, use_running_average=not train)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        norm: Any = partial(nnx.BatchNorm, momentum=0.9),
        *,
        rngs: nnx.Rngs,
    ):
        self.batch_norm_0 = norm(in_features, rngs=rngs)
        self.batch_norm_1 = norm(in_features, rngs=rngs)

    def __call__(self, x, train):
        x = self.batch_norm_0(x, use_running_average=not train)
        return self.batch_norm_1(x, use_running_average=not train)
""",
        (
            Call("L", (6,), {}, (_X, True)),
            Call("L", (6,), {}, (_X, False)),
        ),
    ),
    Case(
        "setup",
        """\
class L(nn.Module):
    dense: Any = nn.Dense

    def setup(self):
        self.a = self.dense(4)
        self.b = [self.dense(4) for _ in range(2)]

    def __call__(self, x):
        x = self.a(x)
        for b in self.b:
            x = b(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, dense: Any = nnx.Linear, *, rngs: nnx.Rngs):
        self.a = dense(in_features, 4, rngs=rngs)
        self.b = nnx.List(dense(4, 4, rngs=rngs) for _ in range(2))

    def __call__(self, x):
        x = self.a(x)
        for b in self.b:
            x = b(x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "hoisted",
        """\
class L(nn.Module):
    features: tuple
    drop: Any = nn.Dropout

    @nn.compact
    def __call__(self, x, train):
        for f in self.features:
            x = nn.Dense(f)(x)
            x = self.drop(0.0)(x, deterministic=not train)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        drop: Any = nnx.Dropout,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.List()
        for f in features:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.dropout_0 = drop(0.0, rngs=rngs)

    def __call__(self, x, train):
        for dense in self.dense:
            x = dense(x)
            x = self.dropout_0(x, deterministic=not train)
        return x
""",
        (
            Call("L", (6,), {"features": (3, 4)}, (_X, True)),
            Call("L", (6,), {"features": (3, 4)}, (_X, False)),
        ),
    ),
    Case(
        "resnet",
        """\
class ResNetBlock(nn.Module):
    filters: int
    project: bool
    conv: Any
    norm: Any
    act: Any
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        residual = x
        y = self.conv(self.filters, (3, 3), self.strides)(x)
        y = self.norm()(y)
        y = self.act(y)
        y = self.conv(self.filters, (3, 3))(y)
        y = self.norm(scale_init=nn.initializers.zeros_init())(y)

        if self.project:
            residual = self.conv(self.filters, (1, 1), self.strides, name="conv_proj")(residual)
            residual = self.norm(name="norm_proj")(residual)

        return self.act(residual + y)


class ResNet(nn.Module):
    stage_sizes: tuple
    num_classes: int
    num_filters: int = 64
    act: Any = nn.relu

    @nn.compact
    def __call__(self, x, train: bool = True):
        conv = partial(nn.Conv, use_bias=False)
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)

        x = conv(self.num_filters, (7, 7), (2, 2), name="conv_init")(x)
        x = norm(name="bn_init")(x)
        x = self.act(x)
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        for i, block_count in enumerate(self.stage_sizes):
            for j in range(block_count):
                strides = (2, 2) if i > 0 and j == 0 else (1, 1)
                x = ResNetBlock(
                    self.num_filters * 2**i, i > 0, conv=conv, norm=norm, act=self.act, strides=strides
                )(x)
        x = jnp.mean(x, axis=(1, 2))
        return nn.Dense(self.num_classes)(x)
""",
        """\
class ResNetBlock(nnx.Module):
    def __init__(
        self,
        in_features: int,
        filters: int,
        project: bool,
        conv: Any,
        norm: Any,
        act: Any,
        strides: tuple[int, int] = (1, 1),
        *,
        rngs: nnx.Rngs,
    ):
        self.project = project
        self.act = act
        self.conv_0 = conv(in_features, filters, (3, 3), strides, rngs=rngs)
        self.batch_norm_0 = norm(filters, rngs=rngs)
        self.conv_1 = conv(filters, filters, (3, 3), rngs=rngs)
        self.batch_norm_1 = norm(
            filters, scale_init=nnx.initializers.zeros_init(), rngs=rngs
        )
        if project:
            self.conv_proj = conv(in_features, filters, (1, 1), strides, rngs=rngs)
            self.norm_proj = norm(filters, rngs=rngs)

    def __call__(self, x, *, use_running_average: bool):
        residual = x
        y = self.conv_0(x)
        y = self.batch_norm_0(y, use_running_average=use_running_average)
        y = self.act(y)
        y = self.conv_1(y)
        y = self.batch_norm_1(y, use_running_average=use_running_average)

        if self.project:
            residual = self.conv_proj(residual)
            residual = self.norm_proj(residual, use_running_average=use_running_average)

        return self.act(residual + y)


class ResNet(nnx.Module):
    def __init__(
        self,
        in_features: int,
        stage_sizes: tuple,
        num_classes: int,
        num_filters: int = 64,
        act: Any = nnx.relu,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        conv = partial(nnx.Conv, use_bias=False)
        norm = partial(nnx.BatchNorm, momentum=0.9)
        self.conv_init = conv(in_features, num_filters, (7, 7), (2, 2), rngs=rngs)
        self.bn_init = norm(num_filters, rngs=rngs)
        self.res_net_block = nnx.List()
        features = num_filters
        for i, block_count in enumerate(stage_sizes):
            for j in range(block_count):
                strides = (2, 2) if i > 0 and j == 0 else (1, 1)
                self.res_net_block.append(
                    ResNetBlock(
                        features,
                        num_filters * 2**i,
                        i > 0,
                        conv=conv,
                        norm=norm,
                        act=act,
                        strides=strides,
                        rngs=rngs,
                    )
                )
                features = num_filters * 2**i
        self.dense_0 = nnx.Linear(features, num_classes, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.conv_init(x)
        x = self.bn_init(x, use_running_average=not train)
        x = self.act(x)
        x = nnx.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        for res_net_block in self.res_net_block:
            x = res_net_block(x, use_running_average=not train)
        x = jnp.mean(x, axis=(1, 2))
        return self.dense_0(x)
""",
        (
            *(
                Call(
                    "ResNet",
                    (3,),
                    {"stage_sizes": (1, 2), "num_classes": 4, "num_filters": 4},
                    (_IMAGE,),
                    {"train": t},
                )
                for t in (True, False)
            ),
        ),
    ),
    Case(
        "one-in-each-branch",
        """\
class L(nn.Module):
    features: tuple
    last: Any = None

    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.features):
            if i != len(self.features) - 1:
                x = nn.relu(nn.Dense(f)(x))
            else:
                init = self.last if self.last is not None else nn.initializers.ones
                x = nn.Dense(f, kernel_init=init)(x)
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        last: Any = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        self.dense = nnx.List()
        for i, f in enumerate(features):
            if i != len(features) - 1:
                self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            else:
                init = last if last is not None else nnx.initializers.ones
                self.dense.append(
                    nnx.Linear(in_features, f, kernel_init=init, rngs=rngs)
                )
            in_features = f
        self.dense_1 = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x):
        for i, f in enumerate(self.features):
            if i != len(self.features) - 1:
                x = nnx.relu(self.dense[i](x))
            else:
                x = self.dense[i](x)
        return self.dense_1(x)
""",
        (
            Call("L", (6,), {"features": (4, 5, 3)}, (_X,)),
            Call("L", (6,), {"features": ()}, (_X,)),
        ),
    ),
    Case(
        "one-name-in-each-branch",
        """\
class L(nn.Module):
    features: tuple

    @nn.compact
    def __call__(self, x):
        for i, f in enumerate(self.features):
            if i > 0:
                x = nn.Dense(f, name=f"dense_{i}")(nn.relu(x))
            else:
                x = nn.Dense(f, use_bias=False, name=f"dense_{i}")(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple, *, rngs: nnx.Rngs):
        self.features = features
        self.dense = nnx.List()
        for i, f in enumerate(features):
            if i > 0:
                self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            else:
                self.dense.append(nnx.Linear(in_features, f, use_bias=False, rngs=rngs))
            in_features = f

    def __call__(self, x):
        for i, f in enumerate(self.features):
            if i > 0:
                x = self.dense[i](nnx.relu(x))
            else:
                x = self.dense[i](x)
        return x
""",
        (Call("L", (6,), {"features": (4, 5, 3)}, (_X,)),),
    ),
    Case(
        "sequential-in-setup",
        """\
class L(nn.Module):
    act: Any = nn.gelu

    def setup(self):
        self.net = nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(2), self.act, nn.Sequential([nn.Dense(3)])])

    def __call__(self, x):
        return self.net(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, act: Any = nnx.gelu, *, rngs: nnx.Rngs):
        self.net = nnx.Sequential(
            nnx.Linear(in_features, 4, rngs=rngs),
            nnx.relu,
            nnx.Linear(4, 2, rngs=rngs),
            act,
            nnx.Sequential(nnx.Linear(2, 3, rngs=rngs)),
        )

    def __call__(self, x):
        return self.net(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "sequential",
        """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(5)(x)
        return nn.Sequential(
            [
                nn.Dense(self.f),
                nn.tanh,
                nn.LayerNorm(),
                lambda h: h.reshape(*h.shape[:-1], self.f // 2, 2),
                nn.Dense(2, name="last"),
            ]
        )(nn.Dense(3)(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.sequential_0 = nnx.Sequential(
            nnx.Linear(3, f, rngs=rngs),
            nnx.tanh,
            nnx.LayerNorm(f, rngs=rngs),
            lambda h: h.reshape(*h.shape[:-1], f // 2, 2),
            nnx.Linear(2, 2, rngs=rngs),
        )
        self.dense_2 = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.sequential_0(self.dense_2(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "sequential-lists",
        """\
class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.f)(x))


class L(nn.Module):
    def setup(self):
        self.first = nn.Dense(6)
        self.nets = [nn.Sequential([Block(6), nn.tanh, nn.Dense(6)]) for _ in range(2)]

    def __call__(self, x):
        x = self.first(x)
        for net in self.nets:
            x = net(x)
        return x
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.dense_0(x))


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.first = nnx.Linear(in_features, 6, rngs=rngs)
        self.nets = nnx.List(
            nnx.Sequential(
                Block(6, 6, rngs=rngs), nnx.tanh, nnx.Linear(6, 6, rngs=rngs)
            )
            for _ in range(2)
        )

    def __call__(self, x):
        x = self.first(x)
        for net in self.nets:
            x = net(x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "sequential-on-a-condition",
        """\
class L(nn.Module):
    deep: bool

    @nn.compact
    def __call__(self, x):
        if self.deep:
            x = nn.Sequential([nn.Dense(6), nn.relu])(x)
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, deep: bool, *, rngs: nnx.Rngs):
        self.deep = deep
        if deep:
            self.sequential_0 = nnx.Sequential(
                nnx.Linear(in_features, 6, rngs=rngs), nnx.relu
            )
        self.dense_1 = nnx.Linear(6 if deep else in_features, 2, rngs=rngs)

    def __call__(self, x):
        if self.deep:
            x = self.sequential_0(x)
        return self.dense_1(x)
""",
        (
            Call("L", (6,), {"deep": True}, (_X,)),
            Call("L", (6,), {"deep": False}, (_X,)),
        ),
    ),
    Case(
        "names-that-are-no-identifiers",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3, name="patch.proj")(x)
        x = nn.Dense(4, name="9th")(x)
        for i in range(2):
            x = nn.Dense(5, name=f"blocks.{i}")(x)
        for i in range(2):
            x = nn.LayerNorm(name=f"{i}")(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.patch_proj = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_9th = nnx.Linear(3, 4, rngs=rngs)
        self.blocks = nnx.List()
        features = 4
        for _ in range(2):
            self.blocks.append(nnx.Linear(features, 5, rngs=rngs))
            features = 5
        self.layer_norm = nnx.List(nnx.LayerNorm(features, rngs=rngs) for _ in range(2))

    def __call__(self, x):
        x = self.patch_proj(x)
        x = self.dense_9th(x)
        for blocks in self.blocks:
            x = blocks(x)
        for layer_norm in self.layer_norm:
            x = layer_norm(x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "names-of-setup",
        """\
class L(nn.Module):
    depth: int = 2

    def setup(self):
        self.query = nn.Dense(6, use_bias=False, name="to_q")
        self.out = nn.Dense(6, name="to_out.0")
        self.blocks = [nn.Dense(6, name=str(i)) for i in range(self.depth)]
        self.norms = [nn.LayerNorm(name=f"norm.{i}") for i in range(self.depth)]

    def __call__(self, x):
        x = self.out(self.query(x))
        for i in range(self.depth):
            x = self.norms[i](self.blocks[i](x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.depth = depth
        self.query = nnx.Linear(in_features, 6, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(6, 6, rngs=rngs)
        self.blocks = nnx.List(nnx.Linear(6, 6, rngs=rngs) for i in range(depth))
        self.norms = nnx.List(nnx.LayerNorm(6, rngs=rngs) for i in range(depth))

    def __call__(self, x):
        x = self.out(self.query(x))
        for i in range(self.depth):
            x = self.norms[i](self.blocks[i](x))
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "loop-over-a-tuple",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        for f in (4, 5):
            x = nn.Dense(f)(x)
        for g, bias in ((3, True), (2, False)):
            x = nn.Conv(g, (1,), use_bias=bias)(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for f in (4, 5):
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.conv = nnx.List()
        for g, bias in ((3, True), (2, False)):
            self.conv.append(nnx.Conv(in_features, g, (1,), use_bias=bias, rngs=rngs))
            in_features = g

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        for conv in self.conv:
            x = conv(x)
        return x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "asked-whether-there",
        """\
class L(nn.Module):
    norm: Any = partial(nn.LayerNorm, use_bias=False)

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3, use_bias=not self.norm)(x)
        return self.norm()(x) if self.norm else x
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        norm: Any = partial(nnx.LayerNorm, use_bias=False),
        *,
        rngs: nnx.Rngs,
    ):
        self.norm = norm
        self.dense_0 = nnx.Linear(in_features, 3, use_bias=not norm, rngs=rngs)
        self.layer_norm_0 = norm(3, rngs=rngs) if norm else None

    def __call__(self, x):
        x = self.dense_0(x)
        return self.layer_norm_0(x) if self.norm else x
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "list-of-setup-whose-sizes-change",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        self.layers = [nn.Dense(f, kernel_init=nn.initializers.orthogonal()) for f in self.features]
        self.head = nn.Dense(2)

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i != len(self.layers) - 1:
                x = nn.relu(x)
        return self.head(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for f in features:
            self.layers.append(
                nnx.Linear(
                    in_features, f, kernel_init=nnx.initializers.orthogonal(), rngs=rngs
                )
            )
            in_features = f
        self.head = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i != len(self.layers) - 1:
                x = nnx.relu(x)
        return self.head(x)
""",
        (
            Call("L", (6,), {"features": (4, 5)}, (_X,)),
            Call("L", (6,), {"features": ()}, (_X,)),
        ),
    ),
    Case(
        "list-of-setup-beside-another",
        """\
class L(nn.Module):
    features: tuple = (4, 5)

    def setup(self):
        self.skip = nn.Dense(3)
        self.layers = [nn.Dense(f) for f in self.features]
        self.again = nn.Dense(3)

    def __call__(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return self.skip(x) + self.again(x) + y[..., :3]
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple = (4, 5), *, rngs: nnx.Rngs):
        self.skip = nnx.Linear(in_features, 3, rngs=rngs)
        self.layers = nnx.List()
        features_ = in_features
        for f in features:
            self.layers.append(nnx.Linear(features_, f, rngs=rngs))
            features_ = f
        self.again = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return self.skip(x) + self.again(x) + y[..., :3]
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "list-of-setup-appended",
        """\
class L(nn.Module):
    features: tuple

    def setup(self):
        layers = []
        for i, f in enumerate(self.features):
            bias = i > 0
            layers.append(nn.Dense(f, use_bias=bias))
        self.layers = layers
        self.head = nn.Dense(2)

    def __call__(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return self.head(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: tuple, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for i, f in enumerate(features):
            bias = i > 0
            self.layers.append(nnx.Linear(in_features, f, use_bias=bias, rngs=rngs))
            in_features = f
        self.head = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return self.head(x)
""",
        (Call("L", (6,), {"features": (4, 5)}, (_X,)),),
    ),
    Case(
        "list-of-setup-appended-by-range",
        """\
class L(nn.Module):
    depth: int

    def setup(self):
        self.first = nn.Dense(4)
        layers = []
        norms = []
        for i in range(self.depth):
            layers.append(nn.Dense(4, name=f"block_{i}"))
            norms.append(nn.LayerNorm())
        self.layers = layers
        self.norms = norms

    def __call__(self, x):
        x = self.first(x)
        for i in range(self.depth):
            x = x + self.norms[i](self.layers[i](x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, depth: int, *, rngs: nnx.Rngs):
        self.depth = depth
        self.first = nnx.Linear(in_features, 4, rngs=rngs)
        self.layers = nnx.List()
        self.norms = nnx.List()
        for _ in range(depth):
            self.layers.append(nnx.Linear(4, 4, rngs=rngs))
            self.norms.append(nnx.LayerNorm(4, rngs=rngs))

    def __call__(self, x):
        x = self.first(x)
        for i in range(self.depth):
            x = x + self.norms[i](self.layers[i](x))
        return x
""",
        (Call("L", (6,), {"depth": 2}, (_X,)),),
    ),
    Case(
        "no-name-given",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2, name=None)(nn.Dense(3)(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(3, 2, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(self.dense_1(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "none-and-then-a-module",
        """\
class L(nn.Module):
    f: int
    wide: bool | None = None

    def setup(self):
        self.first = nn.Dense(self.f)
        wide = self.f > 3 if self.wide is None else self.wide

        self.proj = None
        if wide:
            self.proj = nn.Dense(self.f, use_bias=False)

    def __call__(self, x):
        y = self.first(x)
        if self.proj is not None:
            x = self.proj(x)
        else:
            x = 2 * y
        return x + y
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int,
        wide: bool | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.wide = wide
        self.first = nnx.Linear(in_features, f, rngs=rngs)
        wide = f > 3 if self.wide is None else self.wide
        if wide:
            self.proj = nnx.Linear(in_features, f, use_bias=False, rngs=rngs)
        else:
            self.proj = None

    def __call__(self, x):
        y = self.first(x)
        if self.proj is not None:
            x = self.proj(x)
        else:
            x = 2 * y
        return x + y
""",
        (
            Call("L", (6,), {"f": 6}, (_X,)),
            Call("L", (6,), {"f": 6, "wide": False}, (_X,)),
        ),
    ),
    Case(
        "initializers-in-one-of-two-dicts",
        """\
class L(nn.Module):
    zero: bool = True

    @nn.compact
    def __call__(self, x):
        more = {"kernel_init": nn.initializers.zeros} if self.zero else {}
        return nn.Dense(2, name="head", **more)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, zero: bool = True, *, rngs: nnx.Rngs):
        more = {"kernel_init": nnx.initializers.zeros} if zero else {}
        self.head = nnx.Linear(in_features, 2, **more, rngs=rngs)

    def __call__(self, x):
        return self.head(x)
""",
        (Call("L", (3,), {}, (f32(2, 3),)), Call("L", (3,), {"zero": False}, (f32(2, 3),))),
    ),
    Case(
        "arguments-in-a-dict",
        """\
class Block(nn.Module):
    f: int
    act: Any = nn.relu

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(self.f)(x))


class L(nn.Module):
    std: float = 0.5

    @nn.compact
    def __call__(self, x):
        inits = dict(kernel_init=nn.initializers.normal(self.std), use_bias=False)
        more = {"f": 5, "act": nn.tanh}
        x = nn.Dense(features=4, **inits)(x)
        return nn.Dense(2, **inits)(Block(**more)(x))
""",
        """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int,
        act: Any = nnx.relu,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x):
        return self.act(self.dense_0(x))


class L(nnx.Module):
    def __init__(self, in_features: int, std: float = 0.5, *, rngs: nnx.Rngs):
        inits = dict(kernel_init=nnx.initializers.normal(std), use_bias=False)
        more = {"f": 5, "act": nnx.tanh}
        self.dense_0 = nnx.Linear(in_features, 4, **inits, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 2, **inits, rngs=rngs)
        self.block_0 = Block(4, **more, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.dense_1(self.block_0(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "list-of-setup-appended-by-name",
        """\
class L(nn.Module):
    depth: int

    def setup(self):
        layers = []
        norms = []
        for i in range(self.depth):
            bias = i > 0
            layer = nn.Dense(6, use_bias=bias)
            layers.append(layer)
            norm = nn.LayerNorm()
            norms.append(norm)
        self.layers = layers
        self.norms = norms

    def __call__(self, x):
        x = x.reshape(-1, 6)
        for i in range(self.depth):
            x = x + self.norms[i](self.layers[i](x))
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, depth: int, *, rngs: nnx.Rngs):
        self.depth = depth
        self.layers = nnx.List()
        self.norms = nnx.List()
        for i in range(depth):
            bias = i > 0
            self.layers.append(nnx.Linear(6, 6, use_bias=bias, rngs=rngs))
            self.norms.append(nnx.LayerNorm(6, rngs=rngs))

    def __call__(self, x):
        x = x.reshape(-1, 6)
        for i in range(self.depth):
            x = x + self.norms[i](self.layers[i](x))
        return x
""",
        (Call("L", (), {"depth": 2}, (_X,)),),
    ),
    Case(
        "local-of-the-name-of-a-field-and-its-size",
        """\
class L(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        features = self.features * 2
        x = nn.Dense(features)(x)
        return nn.Dense(3)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.features = features
        features = self.features * 2
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        self.dense_1 = nnx.Linear(self.features * 2, 3, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.dense_1(x)
""",
        (Call("L", (6,), {"features": 2}, (_X,)),),
    ),
    Case(
        "list-of-setup-beside-a-local",
        """\
class L(nn.Module):
    f: int = 4

    def setup(self):
        features = (self.f, self.f + 1)
        self.skip = nn.Dense(3)
        self.layers = [nn.Dense(g) for g in features]

    def __call__(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return self.skip(x) + y[..., :3]
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        features = (f, f + 1)
        self.skip = nnx.Linear(in_features, 3, rngs=rngs)
        self.layers = nnx.List()
        features_ = in_features
        for g in features:
            self.layers.append(nnx.Linear(features_, g, rngs=rngs))
            features_ = g

    def __call__(self, x):
        y = x
        for layer in self.layers:
            y = layer(y)
        return self.skip(x) + y[..., :3]
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "list-of-setup-whose-target-is-a-field-too",
        """\
class L(nn.Module):
    features: tuple
    f: int = 3

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]
        self.head = nn.Dense(self.f)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        f: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.f = f
        self.layers = nnx.List()
        for f in features:
            self.layers.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.head = nnx.Linear(in_features, self.f, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""",
        (Call("L", (6,), {"features": (4, 5)}, (_X,)),),
    ),
)
