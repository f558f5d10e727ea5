"""Locals of a constructor that follow sizes through several loops: one is used again where the last is over."""

import pytest

from .check import HEADER, Call, check_equivalent, f32, migrate

_TWO = """\
class Two(nn.Module):
    hidden: tuple = (4, 5)

    @nn.compact
    def __call__(self, x):
        a = b = nn.Dense(6)(x)
        for i, size in enumerate(self.hidden):
            a = nn.Dense(size, name=f"a_{{i}}")(a)
        {between}
        for i, size in enumerate(self.hidden):
            b = nn.Dense(size + 1, name=f"b_{{i}}")({b})
        return {result}
"""
_LAYER = """\
class {}(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.features)(x)


"""
_CASES = {
    "dead": ("a = a.sum(-1, keepdims=True)", "b", "a + nn.Dense(3)(b)", "features = size + 1"),
    "goes-on": ("b = a", "b", "nn.Dense(3)(b)", "features = size + 1"),
    "read-behind": ("pass", "b", "nn.Dense(3)(b) + nn.Dense(3)(a)", "features_ = size + 1"),
    "read-inside": ("pass", "b + nn.Dense(b.shape[-1])(a)", "nn.Dense(3)(b)", "features_ = size + 1"),
    "starts-from-twice": (
        "b = jnp.concatenate([a, a], -1)",
        "b",
        "nn.Dense(3)(b)",
        "features = 2 * features",
    ),
    "another-size-starts-from-it": ("b = a", "nn.Dense(2)(a) * 0 + b[..., :2]", "nn.Dense(3)(b)", ""),
}


@pytest.mark.parametrize("case", _CASES)
def test_two_loops(case: str) -> None:
    between, b, result, expected = _CASES[case]
    source = HEADER + _TWO.format(between=between, b=b, result=result)
    assert expected in migrate(source)[0]
    check_equivalent(source, Call("Two", (3,), {}, (f32(2, 3),)))


def test_in_a_loop_each_has_its_own() -> None:
    kinds = ("Layer", "Other", "Last", "First")
    classes = "".join(_LAYER.format(name) for name in kinds)
    source = f"""{HEADER}{classes}class Nested(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            y = z = First(5)(x)
            for size in (3, 4):
                y = Layer(size)(y)
            for size in (4, 3):
                z = Other(size)(z)
            x = Last(2)(y) + z[..., :2]
        return x
"""
    check_equivalent(source, Call("Nested", (3,), {}, (f32(2, 3),)))


@pytest.mark.parametrize(
    ("start", "round_", "result"),
    [
        ("0.0", "total += nn.Dense(4)(x)", "nn.Dense(3)(total)"),
        ("0", "total = nn.Dense(4)(x) + total", "nn.Dense(3)(total) + x[..., :3]"),
        ("1.0", "total = total * nn.LayerNorm()(x)", "nn.BatchNorm(use_running_average=True)(total)"),
        ("0.0", "total = nn.Dense(3)(total * x)", "nn.Dense(2)(total)"),
    ],
)
def test_a_sum_starts_from_a_number(start: str, round_: str, result: str) -> None:
    source = f"""{HEADER}class Total(nn.Module):
    rounds: int = 2

    @nn.compact
    def __call__(self, x):
        total = {start}
        for _ in range(self.rounds):
            {round_}
        return {result}
"""
    sizes = () if "total * x" in round_ else (3,)  # the product says it
    check_equivalent(source, *(Call("Total", sizes, {"rounds": n}, (f32(2, 3),)) for n in (1, 2)))
