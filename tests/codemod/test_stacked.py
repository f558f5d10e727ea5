"""Lists of arrays that a U-Net fills and empties in loops of its own: the constructor does the same with the sizes."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
)

DOWN_AND_UP = """\
class Down(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Conv(x.shape[-1], (3, 3), strides=(2, 2))(x)


class Up(nn.Module):
    @nn.compact
    def __call__(self, x):
        batch, height, width, features = x.shape
        x = jax.image.resize(x, (batch, height * 2, width * 2, features), "nearest")
        return nn.Conv(features, (3, 3))(x)


class UNet(nn.Module):
    width: int = 4
    widths: tuple[int, ...] = (1, 2)
    blocks: int = 1
    resolutions: tuple[int, ...] = (2,)

    @nn.compact
    def __call__(self, x):
        # the way down
        hs = [nn.Conv(self.width, (3, 3))(x)]
        for i in range(len(self.widths)):
            for _ in range(self.blocks):
                h = nn.ConvTranspose(self.width * self.widths[i], (3, 3))(hs[-1])
                if h.shape[1] in self.resolutions:
                    h = nn.Dense(self.width * self.widths[i])(h)
                hs.append(h)
            if i != len(self.widths) - 1:
                hs.append(Down()(hs[-1]))
        h = hs[-1]
        h = nn.LayerNorm()(h)
        for i in reversed(range(len(self.widths))):
            for _ in range(self.blocks + 1):
                h = nn.DenseGeneral(self.width * self.widths[i])(jnp.concatenate([h, hs.pop()], axis=-1))
            if i != 0:
                h = Up()(h)
        assert not hs
        return h
"""
NNX_UNET = """\
class UNet(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        width: int = 4,
        widths: tuple[int, ...] = (1, 2),
        blocks: int = 1,
        resolutions: tuple[int, ...] = (2,),
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        self.blocks = blocks
        self.resolutions = resolutions
        self.conv_0 = nnx.Conv(in_shape[-1], width, (3, 3), rngs=rngs)
        hs_features = [width]
        hs_heights = [in_shape[-3]]
        self.conv_transpose = nnx.List()
        self.dense = nnx.List()
        self.down = nnx.List()
        for i in range(len(widths)):
            for _ in range(blocks):
                self.conv_transpose.append(
                    nnx.ConvTranspose(
                        hs_features[-1], width * widths[i], (3, 3), rngs=rngs
                    )
                )
                if hs_heights[-1] in resolutions:
                    self.dense.append(
                        nnx.Linear(width * widths[i], width * widths[i], rngs=rngs)
                    )
                hs_features.append(width * widths[i])
                hs_heights.append(hs_heights[-1])
            if i != len(widths) - 1:
                self.down.append(Down(hs_features[-1], rngs=rngs))
                hs_features.append(hs_features[-1])
                hs_heights.append((hs_heights[-1] + 1) // 2)
        self.layer_norm_0 = nnx.LayerNorm(hs_features[-1], rngs=rngs)
        self.dense_general = nnx.List()
        self.up = nnx.List()
        features = hs_features[-1]
        for i in reversed(range(len(widths))):
            for _ in range(blocks + 1):
                self.dense_general.append(
                    nnx.LinearGeneral(
                        features + hs_features.pop(), width * widths[i], rngs=rngs
                    )
                )
                features = width * widths[i]
            if i != 0:
                self.up.append(Up(features, rngs=rngs))

    def __call__(self, x):
        # the way down
        hs = [self.conv_0(x)]
        conv_transposes = iter(self.conv_transpose)
        denses = iter(self.dense)
        downs = iter(self.down)
        for i in range(len(self.widths)):
            for _ in range(self.blocks):
                h = next(conv_transposes)(hs[-1])
                if h.shape[1] in self.resolutions:
                    h = next(denses)(h)
                hs.append(h)
            if i != len(self.widths) - 1:
                hs.append(next(downs)(hs[-1]))
        h = hs[-1]
        h = self.layer_norm_0(h)
        dense_generals = iter(self.dense_general)
        ups = iter(self.up)
        for i in reversed(range(len(self.widths))):
            for _ in range(self.blocks + 1):
                h = next(dense_generals)(jnp.concatenate([h, hs.pop()], axis=-1))
            if i != 0:
                h = next(ups)(h)
        assert not hs
        return h
"""
POPPED = """\
class Popped(nn.Module):
    widths: tuple[int, ...] = (4, 5)

    @nn.compact
    def __call__(self, x):
        skips = [x]
        for f in self.widths:
            for g in (f, f + 1):
                x = nn.Dense(g)(x)
                skips.append(x)  # what comes back
        for f in self.widths:
            skip = skips.pop()
            x = nn.LayerNorm()(jnp.concatenate([x, skip], axis=-1))
            x = nn.DenseGeneral(f)(x) + nn.Conv(f, (1,))(skip)
        return x
"""
NNX_POPPED = """\
class Popped(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (4, 5),
        *,
        rngs: nnx.Rngs,
    ):
        skips_features = [in_features]
        self.dense = nnx.List()
        for f in widths:
            for g in (f, f + 1):
                self.dense.append(nnx.Linear(in_features, g, rngs=rngs))
                skips_features.append(g)
                in_features = g
        self.layer_norm = nnx.List()
        self.dense_general = nnx.List()
        self.conv = nnx.List()
        for f in widths:
            skip_features = skips_features.pop()
            self.layer_norm.append(
                nnx.LayerNorm(in_features + skip_features, rngs=rngs)
            )
            self.dense_general.append(
                nnx.LinearGeneral(in_features + skip_features, f, rngs=rngs)
            )
            self.conv.append(nnx.Conv(skip_features, f, (1,), rngs=rngs))
            in_features = f

    def __call__(self, x):
        skips = [x]
        for dense in self.dense:
            x = dense(x)
            skips.append(x)  # what comes back
        for layer_norm, dense_general, conv in zip(
            self.layer_norm, self.dense_general, self.conv
        ):
            skip = skips.pop()
            x = layer_norm(jnp.concatenate([x, skip], axis=-1))
            x = dense_general(x) + conv(skip)
        return x
"""


def test_the_constructor_has_the_sizes_of_a_list_on_a_list_of_its_own() -> None:
    text, file, _ = migrate(HEADER + DOWN_AND_UP)
    assert text[text.index("class UNet") :] == NNX_UNET, listed(file)
    check_transformed(HEADER + POPPED, NNX_HEADER + NNX_POPPED)


def test_unets_of_any_depth_compute_the_same() -> None:
    check_equivalent(
        HEADER + DOWN_AND_UP,
        Call("UNet", ((4, 4, 3),), {}, (f32(2, 4, 4, 3),)),
        Call("UNet", ((8, 8, 3),), {"widths": (1, 2, 3), "resolutions": (4, 8)}, (f32(1, 8, 8, 3),)),
        Call("UNet", ((4, 4, 3),), {"blocks": 2, "resolutions": ()}, (f32(2, 4, 4, 3),)),
    )
    check_equivalent(
        HEADER + POPPED,
        Call("Popped", (3,), {}, (f32(2, 3),)),
        Call("Popped", (3,), {"widths": (2, 6, 7)}, (f32(2, 3),)),
    )


LOOPS = {
    "read-for-the-next-round": """
        for f in self.widths:
            y = nn.Dense(f)(h)
            h = hs[-1]
            hs.append(y)
    """,
    "read-before-an-inner-loop": """
        for f in self.widths:
            y = nn.Dense(f)(h)
            h = hs[-1]
            for g in (f, 2):
                hs.append(nn.Conv(g, (1,))(y))
    """,
    "read-before-it-grows": """
        for f in self.widths:
            h = hs[-1]
            hs.append(x)
            x = nn.Dense(f)(h)
    """,
    "unknown-item": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            hs.append(unknown(x))
    """,
    "handed-on": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            unknown(hs)
        h = hs[-1]
    """,
    "left": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            if x.sum() > 0:
                break
        h = hs[-1]
    """,
    "grows-as-values-say": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            if x.sum() > 0:
                hs.append(x)
        h = hs[-1]
    """,
    "filled-from-the-front": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            hs.insert(0, x)
        h = hs[-1]
    """,
    "one-or-the-other": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1] if x.sum() > 0 else hs.pop()))
        h = hs[-1]
    """,
    "of-two-numbers-of-axes": """
        for f in self.widths:
            hs.append(nn.Dense(f)(hs[-1]))
            hs.append(x.sum(axis=1))
        h = nn.Conv(hs[-1].shape[2], (1,))(h)
    """,
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_what_is_not_known_of_a_list_stays(loop: str) -> None:
    head = "class L(nn.Module):\n    widths: tuple[int, ...] = (4, 5)\n\n    @nn.compact\n    def __call__(self, x):\n"
    made = "        hs = [nn.Conv(3, (1,))(x)]\n        h = x\n"
    source = f"{head}{made}{loop.rstrip()}\n        return nn.DenseGeneral(2)(h)\n"
    _, file, _ = migrate(f"{HEADER}from elsewhere import unknown\n\n\n{source}")
    assert {d.code for d in refusals(file)} <= {"MN108", "MN201", "MN202"}
    assert refusals(file)


INHERITED = """\
class Base(nn.Module):
    widths: tuple[int, ...] = (4, 5)

    @nn.compact
    def __call__(self, x):
        hs = [nn.Dense(4)(x)]
        for f in self.widths:
            for g in (f, f + 1):
                hs.append(nn.Conv(g, (1,))(hs[-1]))
        return self.head(hs[-1])

    def head(self, x):
        return x


class Doubled(Base):
    def head(self, x):
        return x * 2
"""


def test_a_class_may_inherit_what_has_the_list() -> None:
    text, file, _ = migrate(HEADER + INHERITED)
    assert not refusals(file)
    assert text.endswith("class Doubled(Base):\n    def head(self, x):\n        return x * 2\n")
    check_equivalent(HEADER + INHERITED, *(Call(n, (3,), {}, (f32(2, 6, 3),)) for n in ("Base", "Doubled")))


def test_what_is_made_with_an_argument_alone_puts_nothing_on_the_list() -> None:
    """The constructor would put it there, given or not."""
    made = "if c is not None:\n            hs.append(nn.Dense(5)(c))\n        "
    head = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, c=None):\n"
    loop = "        hs = [x]\n        for f in (3, 4):\n            hs.append(nn.Conv(f, (1,))(hs[-1]))\n        "
    source = f"{head}{loop}{made}return nn.DenseGeneral(2)(hs[-1])\n"
    assert refusals(migrate(HEADER + source)[1])
