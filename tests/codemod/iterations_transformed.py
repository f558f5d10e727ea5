"""Submodules behind nn.vmap and nn.scan, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

_X, _MASK, _Z = f32(4, 6), f32(4, 1), f32(3, 4, 6)
_CALLS = tuple(
    Call("L", (6,), {"rate": 0.0}, (_X, _MASK, _Z), kwargs={"train": train}) for train in (False, True)
)
_BLOCK = """\
class Block(nn.Module):
    f: int
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, mask, train, z):
        y = nn.Dense(self.f)(x) * mask
        if train:
            y = nn.relu(y)
        y = nn.BatchNorm(use_running_average=not train)(y)
        y = nn.Dropout(self.rate, deterministic=not train)(y)
        y = nn.Dense(x.shape[-1])(y) + z
        return x + y, jnp.sum(y, -1)


"""
_NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, rate: float = 0.5, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(f, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_1 = nnx.Linear(f, in_features, rngs=rngs)

    def __call__(self, x, mask, train, z):
        y = self.dense_0(x) * mask
        if train:
            y = nnx.relu(y)
        y = self.batch_norm_0(y, use_running_average=not train)
        y = self.dropout_0(y, deterministic=not train)
        y = self.dense_1(y) + z
        return x + y, jnp.sum(y, -1)


"""

TRANSFORMED = (
    Case(
        "scan-over-layers",
        _BLOCK
        + """\
class L(nn.Module):
    rate: float
    depth: int = 3
    cse: bool = False

    @nn.compact
    def __call__(self, x, mask, z, train):
        x = nn.Dense(5)(x)
        z = z[..., :5]

        # Every layer has its own z.
        x, sums = nn.scan(
            nn.remat(Block, static_argnums=(3,), prevent_cse=self.cse),
            variable_axes={"params": 0, "batch_stats": 0},
            split_rngs={"params": True, "dropout": True},
            in_axes=(nn.broadcast, nn.broadcast, 0),
            length=self.depth,
            metadata_params={nn.PARTITION_NAME: "layers"},
        )(4, self.rate, name="layers")(x, mask, train, z)
        return nn.Dense(2)(x), sums
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        rate: float,
        depth: int = 3,
        cse: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.cse = cse
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)

        @nnx.split_rngs(splits=depth)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(5, 4, rate, rngs=rngs)

        self.layers = create(rngs)
        self.dense_1 = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x, mask, z, train):
        x = self.dense_0(x)
        z = z[..., :5]

        # Every layer has its own z.
        @nnx.scan(in_axes=(nnx.Carry, 0, 0), out_axes=(nnx.Carry, 0))
        @nnx.remat(prevent_cse=self.cse)
        def scan(x, block, z):
            return block(x, mask, train, z)

        x, sums = scan(x, self.layers, z)
        return self.dense_1(x), sums
""",
        _CALLS,
    ),
    Case(
        "scan-in-setup",
        _BLOCK
        + """\
class L(nn.Module):
    rate: float
    depth: int = 3

    def setup(self):
        blocks = nn.scan(
            Block,
            variable_axes={"params": 0, "batch_stats": 0},
            split_rngs={"params": True, "dropout": True},
            in_axes=nn.broadcast,
            out_axes=-1,
            reverse=True,
            length=self.depth,
        )
        self.blocks = blocks(5, rate=self.rate)

    def __call__(self, x, mask, z, train):
        if train:
            x = x * 2
        x, _ = self.blocks(jnp.tanh(x), mask, train, mask)
        return x
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        rate: float,
        depth: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        @nnx.split_rngs(splits=depth)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(in_features, 5, rate=rate, rngs=rngs)

        self.blocks = create(rngs)

    def __call__(self, x, mask, z, train):
        if train:
            x = x * 2

        @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry, reverse=True)
        def scan(x, block):
            x, _ = block(x, mask, train, mask)
            return x

        x = scan(jnp.tanh(x), self.blocks)
        return x
""",
        _CALLS,
    ),
    Case(
        "ensemble",
        _BLOCK
        + """\
class L(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, mask, z, train):
        rounds = 3
        ensemble = nn.vmap(
            Block,
            variable_axes={"params": 0, "batch_stats": 0},
            split_rngs={"params": True, "dropout": True},
            in_axes=(None, None, None, 0),
            out_axes=1,
            axis_size=rounds,
        )
        values, sums = ensemble(4, self.rate)(x, mask, train, z)
        block = nn.vmap(
            nn.jit(nn.Dense), variable_axes={"params": 0}, split_rngs={"params": True}, axis_size=3
        )(2)
        y = block(z)
        # The same for every row.
        return values, sums, nn.vmap(
            nn.Dense, variable_axes={"params": None}, split_rngs={"params": False}, in_axes=1, out_axes=1
        )(3)(y)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(
        self,
        x_features: int,
        z_features: int,
        rate: float,
        *,
        rngs: nnx.Rngs,
    ):
        rounds = 3

        @nnx.split_rngs(splits=rounds)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(x_features, 4, rate, rngs=rngs)

        self.vmap_block_0 = create(rngs)

        @nnx.split_rngs(splits=3)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create_vmap_jit_dense_0(rngs: nnx.Rngs):
            return nnx.Linear(z_features, 2, rngs=rngs)

        self.vmap_jit_dense_0 = create_vmap_jit_dense_0(rngs)
        self.vmap_dense_0 = nnx.Linear(2, 3, rngs=rngs)

    def __call__(self, x, mask, z, train):
        @nnx.vmap(in_axes=(0, None, None, None, 0), out_axes=1)
        def call(block, x, mask, train, z):
            return block(x, mask, train, z)

        values, sums = call(self.vmap_block_0, x, mask, train, z)

        @nnx.vmap(in_axes=(0, 0), out_axes=0)
        @nnx.jit
        def call_vmap_jit_dense_0(dense, x):
            return dense(x)

        y = call_vmap_jit_dense_0(self.vmap_jit_dense_0, z)

        # The same for every row.
        @nnx.vmap(in_axes=(None, 1), out_axes=1)
        def call_vmap_dense_0(dense, x):
            return dense(x)

        return values, sums, call_vmap_dense_0(self.vmap_dense_0, y)
""",
        tuple(call._replace(sizes=(6, 6)) for call in _CALLS),
    ),
    Case(
        "scan-over-time",
        """\
class Cell(nn.Module):
    f: int

    @nn.compact
    def __call__(self, carry, x):
        h = jnp.tanh(nn.Dense(self.f)(carry) + nn.Dense(self.f, use_bias=False)(x))
        return h, h * 2


class L(nn.Module):
    f: int = 5

    @nn.compact
    def __call__(self, xs, start):
        start = nn.Dense(self.f)(start)
        cell = nn.scan(
            Cell, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1
        )(self.f, name="cell")
        last, hs = cell(start, xs)
        return last, hs
""",
        """\
class Cell(nnx.Module):
    def __init__(self, carry_features: int, x_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(carry_features, f, rngs=rngs)
        self.dense_1 = nnx.Linear(x_features, f, use_bias=False, rngs=rngs)

    def __call__(self, carry, x):
        h = jnp.tanh(self.dense_0(carry) + self.dense_1(x))
        return h, h * 2


class L(nnx.Module):
    def __init__(
        self,
        start_features: int,
        xs_features: int,
        f: int = 5,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(start_features, f, rngs=rngs)
        self.cell = Cell(f, xs_features, f, rngs=rngs)

    def __call__(self, xs, start):
        start = self.dense_0(start)

        @nnx.scan(in_axes=(nnx.Carry, None, 1), out_axes=(nnx.Carry, 1))
        def scan(carry, cell, x):
            return cell(carry, x)

        last, hs = scan(start, self.cell, xs)
        return last, hs
""",
        (Call("L", (3, 6), {}, (f32(2, 4, 6), f32(2, 3))),),
    ),
)
