"""What becomes one axis behind convolutions is an image without a batch, as agents are called under `jax.vmap`."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    build,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    refusals,
    run_in_tree_mode,
    with_header,
)

_ENCODER = """\
class Encoder(nn.Module):
    scale: float = 255.0
    scaled: bool = False

    @nn.compact
    def __call__(self, x):
        if not self.scaled:
            x = x / self.scale
        for features in (4, 8):
            x = nn.relu(nn.Conv(features, (3, 3))(x))
        x = x.reshape((-1))  # flatten
        return nn.relu(nn.Dense(5)(x))


"""
_AGENT = """\
class Agent(nn.Module):
    actions: int

    def setup(self):
        self.encoder = Encoder()
        self.policy = nn.Dense(self.actions)
        self.value = nn.Dense(1)

    def __call__(self, state):
        return self.actor(state), self.critic(state)

    def actor(self, state):
        return self.policy(self.encoder(state))

    def critic(self, state):
        return self.value(self.encoder(state))


"""
_SINGLE = """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3), (2, 2))(x)
        return nn.Dense(5)({})


"""
_SCRIPT = """\
model = L()
variables = model.init(jax.random.key(0), jnp.ones({0}))
y = model.apply(variables, jnp.ones({0}))
"""
_AFTER = """\
class L(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(channels, 4, (3, 3), (2, 2), rngs=rngs)
        self.dense_0 = nnx.Linear(
            (height + 1) // 2 * ((width + 1) // 2) * 4, 5, rngs=rngs
        )

    def __call__(self, x):
        x = self.conv_0(x)
        return self.dense_0(x.reshape(-1))


model = L((6, 5, 3), rngs=nnx.Rngs(0))
y = model(jnp.ones((6, 5, 3)))
"""
_FLAT = ("x.reshape(-1)", "x.reshape((-1,))", "jnp.reshape(x, -1)", "x.flatten()", "jnp.ravel(x)")


def test_transformed() -> None:
    before = with_header(_SINGLE.format("x.reshape(-1)") + _SCRIPT.format("(6, 5, 3)"))
    check_transformed(before, with_header(_AFTER, NNX_HEADER.removeprefix("import jax\n")))


@pytest.mark.parametrize("flat", _FLAT)
def test_ways_to_spell_it(flat: str) -> None:
    check_equivalent(with_header(_SINGLE.format(flat)), Call("L", ((6, 5, 3),), {}, (f32(6, 5, 3),)))


def test_an_agent_asks_what_its_encoder_asks() -> None:
    source, arguments = with_header(_ENCODER + _AGENT), {"actions": 2}
    text, file, _ = migrate(source)
    assert not refusals(file), listed(file)
    assert "self.encoder = Encoder(in_shape, rngs=rngs)" in text, text
    shape = (6, 5, 3)
    calls = [Call("Agent", (shape,), arguments, (f32(*shape),), method=m) for m in ("__call__", "critic")]
    check_equivalent(source, *calls[:1])
    for call in calls:
        run_in_tree_mode(load(text), call)


def test_a_batch_is_an_error() -> None:
    text, _, _ = migrate(with_header(_SINGLE.format("x.reshape(-1)")))
    twin = load(text)
    model = build(twin, Call("L", ((6, 5, 3),)))
    model(twin.jnp.ones((6, 5, 3)))
    with pytest.raises(TypeError, match="contracting dimensions"):
        model(twin.jnp.ones((2, 6, 5, 3)))


@pytest.mark.parametrize(("shape", "fits"), [("(6, 5, 3)", True), ("(2, 6, 5, 3)", False)])
def test_a_script(shape: str, fits: bool) -> None:
    text, file, _ = migrate(with_header(_SINGLE.format("x.reshape(-1)") + _SCRIPT.format(shape)))
    assert ("model = L((6, 5, 3), rngs=" in text) is fits
    assert ("`x` has 4 axes here, and is used as if it had 3" in listed(file)) is not fits


def test_a_known_number_of_axes() -> None:
    source = _SINGLE.replace("        x = nn.Conv", "        n, h, w, c = x.shape\n        x = nn.Conv")
    shape = (2, 6, 5, 3)
    check_equivalent(with_header(source.format("x.reshape(-1)")), Call("L", (shape,), {}, (f32(*shape),)))


@pytest.mark.parametrize("given", ["nn.Conv(3, (3, 3))(x)", "jnp.ones((2, 6, 5, 3))", "x * x.shape[2]"])
def test_a_caller_that_gives_a_batch(given: str) -> None:
    first = "n, h, w, c = x.shape" if "shape" in given else "n = 1"
    caller = f"""\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        {first}
        return nn.Dense(2)(Encoder()({given})) * n
"""
    check_refused(with_header(_ENCODER + caller), "MN108")
