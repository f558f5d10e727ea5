"""Sizes of axes that become longer or shorter: frequencies, elements that are listed, what a transposed window adds."""

import pytest

from .check import Call, check_equivalent, check_refused, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
{}
        return nn.Dense(3)(x)
"""


def _net(*rows: str) -> str:
    return with_header(_NET.format("\n".join(f"        {row}" for row in rows)))


LENGTHS = [
    (["x = jnp.abs(jnp.fft.rfft(x))"], "in_features // 2 + 1", (2, 5)),
    (["x = jnp.fft.rfft(x, 8).real"], "5", (2, 5)),
    (["x = jnp.fft.irfft(jnp.fft.rfft(x))"], "2 * (in_features // 2)", (2, 6)),
    (["x = jnp.fft.irfft(jnp.fft.rfft(x), n=x.shape[-1])"], "in_features", (2, 5)),
    (["f = jnp.fft.rfft(x, axis=1)", "x = jnp.concatenate([f.real, f.imag], axis=-1)"], "2 * in_features", (2, 4, 5)),
    (["x = x[..., [0, 2, 3]]"], "3", (2, 5)),
    (
        [
            "x = x.reshape((x.shape[0], 1, 1, -1))",
            'x = nn.ConvTranspose(4, (4, 3), padding="VALID")(x)',
            'x = nn.ConvTranspose(2, (4, 3), strides=(2, 4), padding="VALID")(x)',
            "x = x.reshape((x.shape[0], -1))",
        ],
        "240",
        (2, 5),
    ),
    (["x = x.reshape((x.shape[0], 2, 2, -1))", "x = x.mean((1, 2))"], "in_features // 4", (2, 12)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "size", "shape"), LENGTHS)
def test_computes_the_same(rows: list[str], size: str, shape: tuple[int, ...]) -> None:
    text, file, mapping = migrate(_net(*rows))
    assert not refusals(file), listed(file)
    assert f"nnx.Linear({size}, 3, rngs=rngs)" in text, text
    given = shape[-1:] if mapping.classes[0].arguments else ()
    check_equivalent(_net(*rows), Call("Net", given, {}, (f32(*shape),)))


@pytest.mark.parametrize(
    "row",
    [
        "x = jnp.fft.rfft(x, axis=x.ndim - 1).real",
        "x = x[..., (0, 2)]",
        "x = x.reshape((x.shape[0], x.shape[1], 2, -1))",
        'x = nn.ConvTranspose(2, (4, 4), padding="VALID", kernel_dilation=2)(x.reshape((2, 4, 4, 1))).reshape((2, -1))',
    ],
    ids=["axis", "tuple", "sizes", "dilation"],
)
def test_what_is_not_known_stays(row: str) -> None:
    check_refused(_net(row), "MN108")
