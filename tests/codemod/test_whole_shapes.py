"""Submodules that ask for the whole shape of their input, and what one gives whose axes are arguments of the call."""

from .check import HEADER, Call, changed, check_equivalent, check_refused, f32, listed, migrate, refusals

TABLE = """\
class Table(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), (x.shape[0], x.shape[-1]))
        return x + self.param("b", nn.initializers.normal(), x.shape[1:]) + w.sum()


"""
HANDED_ON = """\
class Model(nn.Module):
    @nn.compact
    def __call__(self, x, y=None):
        x = nn.Dense(5)(Table()(nn.relu(x)))
        if y is not None:
            x = x + Table()(y).sum()
        return x
"""
NOISY = """\
class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x, features, bias=True):
        w = self.param("w", nn.initializers.normal(), (x.shape[0], features))
        b = self.param("b", nn.initializers.normal(), (features,))
        y = jnp.matmul(x, w)
        b = b * jnp.squeeze(jnp.ones((1, features)))
        return jnp.where(bias, y + b, y)


class Net(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        n, d = x.shape
        x = nn.relu(Noisy()(x.mean(0), self.width))
        return nn.Dense(3)(Noisy()(x, 6))
"""


def test_an_argument_is_handed_on_to_what_asks_for_its_whole_shape() -> None:
    text, file, _ = migrate(HEADER + TABLE + HANDED_ON)
    assert not refusals(file), listed(file)
    assert "x_shape: tuple[int, ...]" in text
    assert "self.table_0 = Table(x_shape, rngs=rngs)" in text
    inputs = (f32(2, 4, 3), f32(2, 6))
    check_equivalent(
        HEADER + TABLE + HANDED_ON, Call("Model", (inputs[0].shape, inputs[1].shape), {}, inputs)
    )


def test_another_array_of_unknown_shape_stays() -> None:
    for other in ("x + y", "jnp.concatenate([x, x])", "x[None]"):
        check_refused(HEADER + TABLE + changed(HANDED_ON, ("nn.relu(x)", other)), "MN108")


def test_what_comes_of_axes_that_the_call_gives() -> None:
    text, file, _ = migrate(HEADER + NOISY)
    assert not refusals(file), listed(file)
    assert "self.noisy_1 = Noisy(width, 6, rngs=rngs)" in text, text
    check_equivalent(HEADER + NOISY, Call("Net", (7,), {"width": 4}, (f32(2, 7),)))
    check_equivalent(HEADER + NOISY, Call("Net", (7,), {"width": 1}, (f32(2, 7),)))


def test_more_axes_in_front_leave_the_last_one() -> None:
    """The product says that the first axis is as long as the last one."""
    source = HEADER + changed(NOISY, ("ones((1, features))", "ones((x.shape[0], features))"))
    check_equivalent(source, Call("Net", (7,), {"width": 7}, (f32(2, 7),)))


def test_what_could_have_other_axes_stays() -> None:
    source = changed(NOISY, ("Noisy()(x, 6))", "Noisy()(x, 6, jnp.tanh(x) > x.sum()))"))
    check_refused(HEADER + source, "MN108")
