# ruff: noqa: E501
"""U-Nets of any depth: a loop pushes skip connections of each its own size, and another takes them back."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32, migrate

ZIPPED = """\
class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.swish(nn.Conv(self.features, (3, 3))(x))


class UNet(nn.Module):
    features: tuple[int, ...] = (4, 6, 8)
    classes: int = 3

    @nn.compact
    def __call__(self, x):
        skips = []
        for f in self.features:
            x = Block(f)(x)
            skips.append(x)
            x = nn.avg_pool(x, (2, 2), (2, 2))
        x = Block(self.features[-1] * 2)(x)
        for f, skip in zip(reversed(self.features), reversed(skips)):
            x = nn.ConvTranspose(f, (2, 2), (2, 2))(x)
            x = jnp.concatenate([x, skip], axis=-1)
            x = Block(f)(x)
        return nn.Conv(self.classes, (1, 1))(x)
"""
NNX_ZIPPED = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, features, (3, 3), rngs=rngs)

    def __call__(self, x):
        return nnx.swish(self.conv_0(x))


class UNet(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (4, 6, 8),
        classes: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.block = nnx.List()
        for f in features:
            self.block.append(Block(in_features, f, rngs=rngs))
            in_features = f
        self.block_1 = Block(in_features, features[-1] * 2, rngs=rngs)
        self.conv_transpose = nnx.List()
        self.block_2 = nnx.List()
        features_ = features[-1] * 2
        for f in reversed(features):
            self.conv_transpose.append(
                nnx.ConvTranspose(features_, f, (2, 2), (2, 2), rngs=rngs)
            )
            self.block_2.append(Block(2 * f, f, rngs=rngs))
            features_ = f
        self.conv_0 = nnx.Conv(features_, classes, (1, 1), rngs=rngs)

    def __call__(self, x):
        skips = []
        for block in self.block:
            x = block(x)
            skips.append(x)
            x = nnx.avg_pool(x, (2, 2), (2, 2))
        x = self.block_1(x)
        for conv_transpose, block_2, skip in zip(
            self.conv_transpose, self.block_2, reversed(skips)
        ):
            x = conv_transpose(x)
            x = jnp.concatenate([x, skip], axis=-1)
            x = block_2(x)
        return self.conv_0(x)
"""
POPPED = """\
class Levels(nn.Module):
    features: tuple[int, ...] = (4, 6, 8)
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.features[0], (3, 3))(x)
        skips = [x]
        for f in self.features[:-1]:
            for _ in range(self.depth):
                x = nn.silu(nn.Conv(f, (3, 3))(x))
                skips.append(x)
            x = nn.avg_pool(x, (2, 2), (2, 2))
        for _ in range(self.depth):
            x = nn.silu(nn.Conv(self.features[-1], (3, 3))(x))
        for f in reversed(self.features[:-1]):
            x = nn.ConvTranspose(f, (2, 2), (2, 2))(x)
            for _ in range(self.depth):
                x = jnp.concatenate([x, skips.pop()], axis=-1)
                x = nn.silu(nn.Conv(f, (3, 3))(x))
        x = jnp.concatenate([x, skips.pop()], axis=-1)
        return nn.Conv(3, (3, 3))(x)
"""
FORMS = """\
class Forms(nn.Module):
    features: tuple[int, ...] = (3, 5, 4)

    @nn.compact
    def __call__(self, x):
        {down}
        x = nn.Dense(7)(x)
        {up}
        return x


"""
DOWN = "skips = []\nfor f in self.features:\n    x = nn.Dense(f)(x)\n    skips.append(x)"
LAST = "\nx = x.sum(-1, keepdims=True) + nn.Dense(1)(skips.pop())"
UP = "for f in reversed(self.features):\n    x = nn.Dense(f)(jnp.concatenate([x, skips.pop()], -1))"


def _form(name: str, down: str, up: str) -> str:
    rows = [part.replace("\n", "\n        ") for part in (down, up)]
    return FORMS.replace("Forms", name).replace("{down}", rows[0]).replace("{up}", rows[1])


_EACH = {
    "Reversed": (DOWN, UP),
    "Turned": (DOWN, UP.replace("reversed(self.features)", "self.features[::-1]")),
    "Counted": (
        DOWN.replace("for f in self.features", "for i, f in enumerate(self.features)"),
        ("for i, f in enumerate(reversed(self.features)):\n"
        "    x = nn.Dense(f + i)(jnp.concatenate([x, skips.pop()], -1))"),
    ),
    "ByNumber": (
        ("skips = []\nfor i in range(len(self.features)):\n"
        "    x = nn.Dense(self.features[i])(x)\n    skips.append(x)"),
        ("for i in reversed(range(len(self.features))):\n"
        "    x = nn.Dense(self.features[i])(jnp.concatenate([x, skips.pop()], -1))"),
    ),
    "OfBothKinds": (
        DOWN,
        ("for i in reversed(range(len(self.features))):\n"
        "    x = nn.Dense(i + 2)(jnp.concatenate([x, skips.pop()], -1))"),
    ),
    "Grown": (DOWN.replace("nn.Dense(f)", "nn.Dense(2 * f + 1)"), UP),
    "Twice": (
        DOWN + "\n    skips.append(nn.Dense(2 * f)(x))",
        UP + "\n    x = nn.Dense(2)(jnp.concatenate([skips.pop(), x], -1))",
    ),
    "InItsOrder": (
        DOWN,
        "for f, skip in zip(self.features, skips):\n    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))",
    ),
    "Behind": ("first = nn.Dense(2)(x)\n" + DOWN.replace("[]", "[first]"), UP + LAST),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [(ZIPPED, NNX_ZIPPED)])
def test_transformed(before: str, after: str) -> None:
    check_transformed(HEADER + before, NNX_HEADER + after)


def test_computes_the_same() -> None:
    check_equivalent(
        f"{HEADER}{ZIPPED}\n\n{POPPED}",
        Call("UNet", (3,), {}, (f32(1, 8, 8, 3),)),
        Call("UNet", (3,), {"features": (5,)}, (f32(1, 4, 4, 3),)),
        *(Call("Levels", (3,), {"depth": depth}, (f32(1, 4, 4, 3),)) for depth in (0, 1, 2)),
    )


@pytest.mark.parametrize("name", list(_EACH))
def test_every_form_computes_the_same(name: str) -> None:
    source = HEADER + _form(name, *_EACH[name])
    check_equivalent(source, *(Call(name, (6,), given, (f32(2, 6),)) for given in ({}, {"features": (4, 2)})))


_WITH_A_LIST = {
    "of-other-rounds": (DOWN, UP.replace("(self.features)", "(self.features[:-1])")),
    "sorted": (DOWN, UP.replace("reversed(self.features)", "sorted(self.features)")),
    "of-another-part": (
        DOWN.replace("self.features:", "self.features[1:]:"),
        UP.replace("(self.features)", "(self.features[:-1])"),
    ),
    "changed-by-another-name": (
        "features = list(self.features)\nother = features\n" + DOWN.replace("self.features", "features"),
        "other.reverse()\n" + UP.replace("self.features", "features"),
    ),
    "on-a-condition": (
        DOWN.replace("    skips", "    if f > 3:\n        skips"),
        "for f in self.features:\n    if f > 3:\n        x = nn.Dense(f)(jnp.concatenate([x, skips.pop()], -1))",
    ),
    "with-another-loop": (
        DOWN.replace("for f in self.features", "for f, _ in zip(self.features, (1, 2))"),
        UP.replace("(self.features)", "(self.features[:2])"),
    ),
}


@pytest.mark.parametrize("name", list(_WITH_A_LIST))
def test_no_rule_tells_the_item_and_the_constructor_has_the_list(name: str) -> None:
    source = HEADER + _form("L", *_WITH_A_LIST[name])
    assert "skips_features.append(f)" in migrate(source)[0]
    check_equivalent(source, *(Call("L", (6,), given, (f32(2, 6),)) for given in ({}, {"features": (4, 2)})))


_REFUSED = {
    "bound-again": (DOWN.replace("    x = nn", "    f = 2 * f + 1\n    x = nn"), UP),
    "a-list-of-pairs": (
        DOWN,
        ("for f, skip in reversed(list(zip(self.features, skips))):\n"
        "    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))"),
    ),
    "in-the-same-order": (DOWN, UP.replace("reversed(self.features)", "self.features")),
    "as-many-of-another": (DOWN, UP.replace("reversed(self.features)", "reversed((3, 5, 4))")),
    "left-early": (DOWN + "\n    if f > 4:\n        break", UP),
    "goes-back-early": (DOWN, UP + "\n    if f > 4:\n        break"),
    "of-the-round-before": (
        "skips = []\nfor f in self.features:\n    skips.append(x)\n    x = nn.Dense(f)(x)", UP
    ),
    "with-one-in-front": (
        "x = nn.Dense(4)(x)\n" + DOWN.replace("[]", "[x]"),
        ("for f, skip in zip(reversed(self.features), reversed(skips)):\n"
        "    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))"),
    ),
    "turned-alone": (
        DOWN,
        "for f, skip in zip(self.features, reversed(skips)):\n    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))",
    ),
    "not-turned-alone": (
        DOWN,
        "for f, skip in zip(reversed(self.features), skips):\n    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))",
    ),
    "changed-between": (
        "features = list(self.features)\n" + DOWN.replace("self.features", "features"),
        "features.reverse()\n" + UP.replace("self.features", "features"),
    ),
    "handed-on": (DOWN, "turned = change(skips)\n" + UP),
    "handed-on-before-a-zip": (
        DOWN,
        ("turned = change(skips)\nfor f, skip in zip(reversed(self.features), reversed(skips)):\n"
        "    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))"),
    ),
    "one-taken-before-a-zip": (
        DOWN,
        ("del skips[0]\nfor f, skip in zip(reversed(self.features), reversed(skips)):\n"
        "    x = nn.Dense(f)(jnp.concatenate([x, skip], -1))"),
    ),
    "shorter-in-the-next-round": (
        DOWN,
        ("for _ in range(2):\n    for f, skip in zip(reversed(self.features), reversed(skips)):\n"
        "        x = nn.Dense(f)(jnp.concatenate([x, skip], -1))\n    first = skips.pop()"),
    ),
    "of-a-function-of-that-name": (DOWN, "reversed = list\n" + UP),
    "turned-twice": (DOWN, UP.replace("reversed(self.features)", "reversed(self.features[::-1])")),
    "reads-the-last": (
        DOWN.replace("    x = nn.Dense(f)(x)", "    x = nn.Dense(f)(jnp.concatenate([x, *skips[-1:]], -1))"), UP
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_REFUSED))
def test_what_is_not_followed_stays(name: str) -> None:
    check_refused(HEADER + _form("L", *_REFUSED[name]), "MN201" if name == "goes-back-early" else "MN108")


_COUNTED = (
    "skips = []\nfor k in range(len(self.features)):\n    x = nn.Dense(4 + 2 * k)(x)\n    skips.append(x)"
)
_TAKEN = "for i in {order}:\n    x = nn.Dense(3 + i)(jnp.concatenate([x, skips[{place}]], -1))"
_ORDERS = ("range(len(self.features))", "reversed(range(len(self.features)))")


@pytest.mark.parametrize("filled", [DOWN, _COUNTED], ids=["through", "counted"])
@pytest.mark.parametrize("order", _ORDERS, ids=["up", "down"])
@pytest.mark.parametrize("place", ["i", "-i - 1", "-(i + 1)", "-1 - i"])
def test_places_that_a_loop_counts(filled: str, order: str, place: str) -> None:
    """`skips[i]` is what the i-th round has put there, `skips[-i - 1]` what the i-th from the last has."""
    before = HEADER + _form("L", filled, _TAKEN.format(order=order, place=place))
    check_equivalent(before, Call("L", (6,), {"features": (4, 7, 5)}, (f32(2, 6),)))


@pytest.mark.parametrize(
    ("filled", "taken"),
    [
        (DOWN, _TAKEN.format(order=_ORDERS[0], place="i - 1")),
        (DOWN, _TAKEN.format(order=_ORDERS[0], place="i").replace(" i in", " i, _ in").replace("in range", "in zip(range").replace("):", "), self.features):")),
        (DOWN, _TAKEN.format(order=_ORDERS[0], place="i").replace(":\n", ":\n    i = 0\n")),
        (DOWN.replace("skips = []", "skips = [x]"), _TAKEN.format(order=_ORDERS[0], place="i")),
        (DOWN.replace("in self.features", "in reversed(self.features)"), _TAKEN.format(order=_ORDERS[0], place="i")),
        (DOWN + "\nskips.reverse()", _TAKEN.format(order=_ORDERS[0], place="i")),
        (DOWN + "\nlast = skips.pop()", _TAKEN.format(order="range(len(self.features) - 1)", place="-i - 1")),
    ],
    ids=["before", "beside", "bound-again", "one-in-front", "filled-backwards", "turned", "one-taken"],
)  # fmt: skip
def test_other_places_stay(filled: str, taken: str) -> None:
    check_refused(HEADER + _form("L", filled, taken), "MN108")
