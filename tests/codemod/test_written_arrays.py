"""Arrays of numbers that are written down: how many there are is seen."""

from .check import Call, check_equivalent, check_refused, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        turned = jnp.array([[0.0, 1.0, 2.0], [1.0, -1.0, 0.5]])
        x = nn.Dense(4)(x @ turned) * jnp.array([1, 2, 3, 4])
        h = jnp.broadcast_to(jnp.array((1.0, 2.0, 3.0)), (x.shape[0], 3))
        h = nn.LayerNorm()(nn.Dense(5)(h) - jnp.array(0.5))
        return nn.Dense(2)(jnp.concatenate([x, h], axis=-1))


class Normal(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = (x - jnp.array([0.5, 0.25, 0.125]).reshape(1, 1, 1, -1)) / jnp.array([[[[2.0]]]])
        x = nn.max_pool(nn.Conv(4, (3, 3))(x), (2, 2), strides=(2, 2))
        return nn.Dense(2)(x.reshape(x.shape[0], -1))
"""


def test_their_sizes_are_followed() -> None:
    before = with_header(_NET)
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "self.dense_0 = nnx.Linear(3, 4, rngs=rngs)" in text
    assert "self.dense_1 = nnx.Linear(3, 5, rngs=rngs)" in text
    assert "self.dense_2 = nnx.Linear(9, 2, rngs=rngs)" in text
    calls = (Call("Net", (), {}, (f32(6, 2),)), Call("Normal", ((8, 6, 3),), {}, (f32(2, 8, 6, 3),)))
    check_equivalent(before, *calls)


def test_rows_that_are_not_alike() -> None:
    """What is no array of numbers has no shape: JAX raises, or makes another axis of what a name holds."""
    for written in ("[[0.0, 1.0], [1.0]]", "[ROW, ROW]", "[*ROW, 1.0]", "[]"):
        before = with_header("ROW = load()\n\n\n" + _NET.partition("\n\n\nclass Normal")[0])
        check_refused(before.replace("[[0.0, 1.0, 2.0], [1.0, -1.0, 0.5]]", written), "MN108")
    deeper = _NET.replace("[[0.0, 1.0, 2.0], [1.0, -1.0, 0.5]]", "[0.0, 1.0, 2.0], ndmin=2").partition(
        "\n\n\nclass Normal"
    )[0]
    check_refused(with_header(deeper), "MN108")
