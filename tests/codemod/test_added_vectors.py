"""Vectors that are added to images, `h + t[:, None, None, :]`: whether a block needs a projection is still told."""

import pytest

from .check import (
    Call,
    check_equivalent,
    check_refused,
    f32,
    listed,
    load,
    migrate,
    run_in_tree_mode,
    with_header,
)

_ADDED = "h = h + t[:, None, None, :]\n"

BLOCK = f"""\
class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, temb):
        h = nn.Conv(self.features, (3, 3))(x)
        t = nn.Dense(self.features)(nn.swish(temb))
        {_ADDED}\
        h = nn.Conv(self.features, (3, 3))(nn.swish(h))
        if x.shape != h.shape:
            x = nn.Conv(self.features, (1, 1))(x)
        return x + h
"""


def _added(row: str, features: str = "self.features") -> str:
    text = BLOCK.replace(_ADDED, row + "\n").replace("nn.Dense(self.features)", f"nn.Dense({features})")
    assert text != BLOCK
    return text


ROWS = {
    "in front": _added("h = t[:, None, None, :] + h"),
    "new axes alone": _added("h = h + t[:, None, None]"),
    "expanded": _added("h = h + jnp.expand_dims(jnp.expand_dims(t, 1), 1)"),
    "expanded at once": _added("h = h + jnp.expand_dims(t, axis=(1, 2))"),
    "reshaped": _added("h = h + t.reshape(-1, 1, 1, self.features)"),
    "reshaped by its own": _added("h = h * t.reshape(t.shape[0], 1, 1, -1)"),
    "scaled and shifted": _added(
        "scale, shift = jnp.split(t[:, None, None, :], 2, axis=-1)\n        h = h * (1 + scale) + shift",
        "2 * self.features",
    ),
    "scaled and shifted one by one": _added(
        "scale, shift = jnp.split(t, 2, axis=-1)\n"
        "        h = nn.LayerNorm()(h) * (1 + scale[:, None, None]) + shift[:, None, None]",
        "2 * self.features",
    ),
}


@pytest.mark.parametrize("before", [BLOCK, *ROWS.values()], ids=["plain", *ROWS])
def test_a_projection_is_made_where_the_features_differ(before: str) -> None:
    text, file, _ = migrate(with_header(before))
    assert "        if x_features != features:\n            self.conv_2 = nnx.Conv(" in text, listed(file)
    calls = [Call("Block", (c, 5), {"features": 4}, (f32(2, 6, 6, c), f32(2, 5))) for c in (3, 4)]
    check_equivalent(with_header(before), *calls)
    for call in calls:
        run_in_tree_mode(load(text), call)


def test_sequences_and_strides() -> None:
    before = BLOCK.replace("(3, 3)", "(3,), strides=self.strides").replace("(1, 1)", "(1,)")
    before = before.replace("None, None", "None").replace(
        "features: int\n", "features: int\n    strides: tuple = (1,)\n"
    )
    text, file, _ = migrate(with_header(before))
    assert "        if x_features != features or strides[0] != 1:\n" in text, listed(file)
    check_equivalent(with_header(before), Call("Block", (3, 5), {"features": 4}, (f32(2, 6, 3), f32(2, 5))))


def test_one_stride_of_two_layers_is_asked_for_once() -> None:
    before = BLOCK.replace(
        "Conv(self.features, (3, 3))", "ConvTranspose(self.features, (3, 3), strides=self.strides)"
    )
    before = before.replace("features: int\n", "features: int\n    strides: tuple = (1, 1)\n")
    text, file, _ = migrate(with_header(before))
    assert "        if x_features != features or strides != (1, 1):\n" in text, listed(file)


NET = f"""\
{BLOCK}

class Net(nn.Module):
    widths: tuple = (4, 4, 6)

    @nn.compact
    def __call__(self, x, time):
        steps = time[:, None] * jnp.exp(-jnp.arange(3) / 3)[None, :]
        t = nn.Dense(8)(jnp.concatenate([jnp.sin(steps), jnp.cos(steps)], axis=-1))
        skips = []
        for width in self.widths:
            x = Block(width)(x, t)
            skips.append(x)
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = Block(self.widths[-1])(x, t)
        for width, skip in zip(reversed(self.widths), reversed(skips)):
            x = nn.ConvTranspose(width, (2, 2), strides=(2, 2))(x)
            x = Block(width)(jnp.concatenate([x, skip], axis=-1), t)
        return nn.Dense(2)(x.mean(axis=(1, 2)))
"""


def test_a_u_net_of_such_blocks() -> None:
    check_equivalent(with_header(NET), Call("Net", (3,), {}, (f32(2, 8, 8, 3), f32(2))))


def test_rounds_that_keep_the_block_in_line() -> None:
    before = """\
class Stages(nn.Module):
    features: tuple = (3, 5)

    @nn.compact
    def __call__(self, x, temb):
        for width in self.features:
            h = nn.Conv(width, (3, 3))(x)
            h = h + nn.Dense(width)(temb)[:, None, None, :]
            x = nn.Conv(width, (3, 3))(nn.relu(h))
        y = nn.Conv(5, (3, 3))(x) * nn.Dense(5)(temb)[:, None, None, :]
        if y.shape == x.shape:
            y = nn.LayerNorm()(y)
        return x.sum() + y
"""
    calls = [Call("Stages", (6, 4), {"features": f}, (f32(2, 6, 6, 4), f32(2, 6))) for f in ((3, 5), (4, 2))]
    check_equivalent(with_header(before), *calls)


ANOTHER = "nn.Dense(3)(h.swapaxes(-1, -2))"
REFUSED = {
    "any argument": _added("h = h + temb"),
    "steps of a sequence": _added("h = h + t[:, None, :]"),
    "more axes than a batch has": _added("h = h + t[:, None]"),
    "a new axis at the end": _added("h = h + temb[:, :, None, None]"),
    "another argument is compared": BLOCK.replace("x.shape != h.shape", "temb.shape != h.shape"),
    "rows are read": BLOCK.replace("return x + h", f"return {ANOTHER}"),
    "rows are read before": BLOCK.replace("nn.Conv(self.features, (3, 3))(nn.swish(h))", ANOTHER),
    "a variable of its size": BLOCK.replace("x + h", 'self.param("w", nn.initializers.zeros, h.shape[1:])'),
    "a variable of one size": BLOCK.replace("x + h", 'self.param("w", nn.initializers.zeros, (h.shape[-2], 1))'),
}  # fmt: skip


@pytest.mark.parametrize("before", REFUSED.values(), ids=REFUSED)
def test_stays_linen(before: str) -> None:
    file = check_refused(with_header(before), "MN108")
    assert not any("rewrite failed" in d.message for d in file.diagnostics)


def test_a_caller_with_other_vectors_stays_linen() -> None:
    caller = "\n\nclass Top(nn.Module):\n    @nn.compact\n    def __call__(self, x, t):\n"
    given = caller + "        b, n, d = t.shape\n        return Block(3)(x, t)\n"
    check_refused(with_header(BLOCK + given), "MN108")
    one = caller + "        b, d = t.shape\n        return Block(3)(x, t)\n"
    check_equivalent(with_header(BLOCK + one), Call("Top", (4, 5), {}, (f32(2, 6, 6, 4), f32(2, 5))))
