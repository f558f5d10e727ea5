"""Arguments that are instances: what a state or a graph holds under a name has sizes of its own."""

import pytest
from migrate_norm.codemod.constructors import Attribute, item_path

from .check import Call, check_equivalent, check_refused, f32, load, migrate, refusals

HEADER = """\
from typing import NamedTuple

import flax
import jax
import jax.numpy as jnp
from flax import linen as nn


"""
STATE = """\
class State(NamedTuple):
    deter: jax.Array
    stoch: jax.Array


"""
STRUCT = STATE.replace("class State(NamedTuple)", "@flax.struct.dataclass\nclass State")
CELL = """\
class Cell(nn.Module):
    hidden: int = 8

    @nn.compact
    def __call__(self, state, action):
        x = nn.elu(nn.Dense(self.hidden)(jnp.concatenate([state.stoch, action], -1)))
        deter = nn.Dense(6)(jnp.concatenate([state.deter, x], -1))
        return state._replace(deter=deter), nn.Dense(4)(deter)


class Model(nn.Module):
    @nn.compact
    def __call__(self, obs, action):
        state = State(jnp.zeros((obs.shape[0], 3)), nn.Dense(5)(obs))
        state, logits = Cell()(state, action)
        state, logits = Cell()(state, logits)
        return nn.Dense(2)(state.deter), logits, nn.Dense(3)(state.stoch)
"""
NNX_CELL = """\
class Cell(nnx.Module):
    def __init__(
        self,
        state_stoch_features: int,
        action_features: int,
        state_deter_features: int,
        hidden: int = 8,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(
            state_stoch_features + action_features, hidden, rngs=rngs
        )
        self.dense_1 = nnx.Linear(state_deter_features + hidden, 6, rngs=rngs)
        self.dense_2 = nnx.Linear(6, 4, rngs=rngs)
"""
MODEL = Call("Model", (7, 2), {}, ())


def _run(source: str) -> None:
    check_equivalent(source, MODEL._replace(inputs=(f32(2, 7), f32(2, 2))))


@pytest.mark.parametrize("state", [STATE, STRUCT])
def test_a_size_of_what_an_instance_holds(state: str) -> None:
    cell = CELL if state is STATE else CELL.replace("_replace(", "replace(")
    text, _, _ = migrate(HEADER + state + cell)
    assert NNX_CELL in text
    assert "self.cell_0 = Cell(5, action_features, 3, rngs=rngs)" in text
    assert "self.cell_1 = Cell(5, 4, 6, rngs=rngs)" in text
    _run(HEADER + state + cell)


def test_a_caller_that_hands_its_own_on() -> None:
    between = """\


class Twice(nn.Module):
    @nn.compact
    def __call__(self, state, action):
        state, _ = Cell()(state, action)
        return Cell()(state._replace(stoch=nn.Dense(2)(state.stoch)), action)
"""
    spelled = _joined(migrate(HEADER + STATE + CELL + between)[0])
    assert "self.cell_0=Cell(state_stoch_features,action_features,state_deter_features,rngs=rngs" in spelled
    assert "self.cell_1=Cell(2,action_features,6,rngs=rngs)" in spelled


SCRIPT = """\


state = State(jnp.zeros((2, 3)), jnp.ones((2, 5)))
action = jnp.ones((2, 2))
model = Cell()
variables = model.init(jax.random.key(0), state, action)
(state, logits) = model.apply(variables, state, action)
"""


def test_a_script_takes_it_from_what_init_is_given() -> None:
    text, file, _ = migrate(HEADER + STATE + CELL + SCRIPT)
    assert not refusals(file)
    sizes = "state.stoch.shape[-1],action.shape[-1],state.deter.shape[-1]"
    assert f"model=Cell({sizes},rngs=nnx.Rngs(0)" in _joined(text)
    assert load(text).logits.shape == (2, 4)


def test_what_an_array_has_itself_is_no_other_array() -> None:
    cell = CELL.replace("state.stoch", "state.mean").partition("\n\n\nclass Model")[0]
    check_refused(f"{HEADER}{STATE}{cell}\n", "MN108")


def _joined(text: str) -> str:
    return "".join(text.split())


def test_the_path_of_a_parameter() -> None:
    assert item_path("x[0]['a'].b") == ("x", (0, "a", "b"))
    assert isinstance(item_path("x.b")[1][0], Attribute)
    assert not isinstance(item_path("x['b']")[1][0], Attribute)
    assert item_path("x") == ("x", ())
    assert item_path("") == ("", ())  # of a size that nobody can tell


SETTINGS = """\
class Scaled(nn.Module):
    @nn.compact
    def __call__(self, x, settings):
        x = nn.Dense(3)(x * settings.scale)
        return nn.LayerNorm()(jnp.maximum(x, settings.low) / settings.temperature)
"""


def test_what_need_not_be_an_array_leaves_the_shape_of_what_it_works_on() -> None:
    text, file, _ = migrate(HEADER + SETTINGS)
    assert not refusals(file)
    assert "def __init__(self, in_features: int, *, rngs: nnx.Rngs):" in text
    assert "self.layer_norm_0 = nnx.LayerNorm(3, rngs=rngs)" in text
