"""Lists of sizes that a method computes from fields and sizes: the constructor computes them too."""

import pytest

from .check import Call, check_equivalent, f32, migrate, refusals, with_header

_MLP = """\
class MLP(nn.Module):
    widths: tuple[int, ...] | None = None
    factors: tuple[int, ...] | None = None
    acts: object = None

    @nn.compact
    def __call__(self, x):
        if self.widths is None:
            if self.factors is not None:
                widths = [int(n * x.shape[-1]) for n in self.factors]
            else:
                widths = []
        else:
            widths = self.widths
        acts = [self.acts] * len(widths)
        for n, act in zip(widths, acts):
            x = nn.Dense(n)(x)
            if act:
                x = act(x)
        return nn.Dense(2)(x)
"""
_DOUBLED = """\
class Doubled(nn.Module):
    widths: tuple[int, ...] = (3, 4)

    @nn.compact
    def __call__(self, x):
        widths = {widths}
        for n in widths:
            x = nn.Dense(n)(x)
        return nn.Dense(2)(nn.tanh(x))
"""
_X = f32(3, 6)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"widths": (4, 5)}, {"factors": (2, 1)}, {"widths": ()}, {"widths": (7,), "factors": (1,)}],
)
def test_a_list_that_conditions_choose(arguments: dict[str, tuple[int, ...]]) -> None:
    check_equivalent(with_header(_MLP), Call("MLP", (6,), arguments, (_X,)))


@pytest.mark.parametrize(
    "widths",
    [
        "[2 * n for n in self.widths]",
        "[max(n, 4) for n in self.widths]",
        "[n + x.shape[-1] for n in (1, 2)]",
        "[self.widths[0] for _ in range(2)]",
    ],
)
def test_a_list_is_computed(widths: str) -> None:
    check_equivalent(with_header(_DOUBLED.format(widths=widths)), Call("Doubled", (6,), {}, (_X,)))


@pytest.mark.parametrize(
    "widths",
    [
        "[len(n.shape) for n in x]",
        "[int(n) for n in x.sum(0)]",
        "[choose(n, x) for n in self.widths]",
        "[n for n in self.widths if x.sum() > n]",
    ],
)
def test_a_list_of_values_is_refused(widths: str) -> None:
    text, file, _ = migrate(with_header(_DOUBLED.format(widths=widths)))
    assert "class Doubled(nn.Module)" in text
    assert refusals(file)


def test_a_size_that_the_list_names_like_the_loop() -> None:
    source = _DOUBLED.format(widths="[n for n in self.widths]").replace("nn.tanh(x)", "nn.Dense(n)(x)")
    text, file, _ = migrate(with_header(source))
    assert ("class Doubled(nn.Module)" in text) is bool(refusals(file))
    if not refusals(file):
        check_equivalent(with_header(source), Call("Doubled", (6,), {}, (_X,)))


_BRANCHES = """\
class Branches(nn.Module):
    rates: tuple[int, ...] = (1, 2, 3)

    @nn.compact
    def __call__(self, x):
        outs = {outs}
        return nn.Conv(5, (1, 1))({joined})
"""
_EACH = "nn.Conv(4, (3, 3), kernel_dilation=(r, r))(x)"


@pytest.mark.parametrize("joined", ["sum(outs)", "jnp.concatenate(outs, -1)"])
@pytest.mark.parametrize("through", ["self.rates", "(1, 2, 3)"])
def test_the_layer_behind_has_the_number_behind_all_rounds(through: str, joined: str) -> None:
    """Linen calls it Conv_3 behind three rounds: what it is called is no fact of the class."""
    text = with_header(_BRANCHES.format(outs=f"[{_EACH} for r in {through}]", joined=joined))
    for rates in ((1, 2, 3), (2,)):
        check_equivalent(text, Call("Branches", (3,), {"rates": rates}, (f32(1, 8, 8, 3),)))


def test_as_many_outputs_as_there_are_rounds() -> None:
    text = with_header(
        _BRANCHES.format(outs=f"[{_EACH} for r in self.rates]", joined="jnp.concatenate(outs, -1)")
    )
    assert "nnx.Conv(len(rates) * 4, 5, (1, 1), rngs=rngs)" in migrate(text)[0]
