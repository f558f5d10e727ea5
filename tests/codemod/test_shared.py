# ruff: noqa: E501
"""Layers that setup makes and hands to fields of its submodules: one layer for all, under Linen's name."""

import pytest
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    arrays,
    build,
    check_equivalent,
    check_refused,
    check_transformed,
    compare,
    f32,
    listed,
    load,
    migrate,
    name_of,
    run_once,
)

CODER = """\
class Coder(nn.Module):
    width: int
    embed: nn.Embed
    scaled: bool = True

    def setup(self):
        self.scale = self.width**0.5 if self.scaled else 1.0
        self.place = nn.Embed(9, self.width)
        self.norm = nn.LayerNorm()

    def __call__(self, ids, places):
        return self.norm(self.embed(ids) * self.scale + self.place(places))


"""
MODEL = """\
class Model(nn.Module):
    width: int = 4

    def setup(self):
        self.shared = nn.Embed(7, self.width)
        self.encoder = Coder(self.width, embed=self.shared)
        self.decoder = Coder(self.width, self.shared, scaled=False)

    def coder(self):
        \"\"\"Gives the encoder.\"\"\"
        return self.encoder

    def __call__(self, ids, places):
        return self.decoder(ids, places) @ self.encoder(ids, places).mT
"""
OWN = """\
class Own(nn.Module):
    width: int = 4

    def setup(self):
        embed = nn.Embed(7, self.width)
        self.decoder = Coder(self.width, embed=embed)

    def __call__(self, *args, **kwargs):
        return self.decoder(*args, **kwargs)


class Around(nn.Module):
    def setup(self):
        self.own = Own()

    def __call__(self, ids, places):
        return self.own(ids, places)
"""
NNX_CODER = """\
class Coder(nnx.Module):
    def __init__(
        self,
        width: int,
        embed: nnx.Embed,
        scaled: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.embed = embed
        self.scale = width**0.5 if scaled else 1.0
        self.place = nnx.Embed(9, width, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, ids, places):
        return self.norm(self.embed(ids) * self.scale + self.place(places))


"""
NNX_MODEL = """\
class Model(nnx.Module):
    def __init__(self, width: int = 4, *, rngs: nnx.Rngs):
        self.shared = nnx.Embed(7, width, rngs=rngs)
        self.encoder = Coder(width, embed=self.shared, rngs=rngs)
        self.decoder = Coder(width, self.shared, scaled=False, rngs=rngs)

    def coder(self):
        \"\"\"Gives the encoder.\"\"\"
        return self.encoder

    def __call__(self, ids, places):
        return self.decoder(ids, places) @ self.encoder(ids, places).mT
"""
NNX_OWN = """\
class Own(nnx.Module):
    def __init__(self, width: int = 4, *, rngs: nnx.Rngs):
        embed = nnx.Embed(7, width, rngs=rngs)
        self.decoder = Coder(width, embed=embed, rngs=rngs)

    def __call__(self, *args, **kwargs):
        return self.decoder(*args, **kwargs)


class Around(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.own = Own(rngs=rngs)

    def __call__(self, ids, places):
        return self.own(ids, places)
"""
_IDS = arrays(f32(2, 3)).astype(int)
_INPUTS = (_IDS, 2 * _IDS)


def test_transformed() -> None:
    check_transformed(HEADER + CODER + MODEL, NNX_HEADER + NNX_CODER + NNX_MODEL)
    check_transformed(HEADER + CODER + OWN, NNX_HEADER + NNX_CODER + NNX_OWN)


def test_computes_the_same() -> None:
    check_equivalent(
        HEADER + CODER + MODEL,
        Call("Model", inputs=_INPUTS),
        Call("Model", arguments={"width": 1}, inputs=_INPUTS),
    )
    check_equivalent(HEADER + CODER + OWN, Call("Own", inputs=_INPUTS), Call("Around", inputs=_INPUTS))


def test_a_layer_that_is_given_from_outside() -> None:
    before = HEADER + CODER
    text = migrate(before)[0]
    linen, twin = load(before), load(text)

    def twin_of() -> nnx.Module:
        model: nnx.Module = twin.Coder(4, nnx.Embed(7, 4, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(1))
        return model

    report = check_equivalence(linen.Coder(4, linen.nn.Embed(7, 4)), twin_of, *_INPUTS)
    assert report.equal, report


def test_one_variable_at_one_path() -> None:
    """NNX keeps what is shared at the first path, Linen under the attribute that made it."""
    text, file, mapping = migrate(HEADER + CODER + MODEL)
    assert "nnx.state has it once, at decoder/embed" in listed(file)
    found = mapping.find("Model")
    assert found is not None
    rule = next(rule for rule in found.variables if rule.linen == ("shared", "embedding"))
    assert rule.nnx == ("decoder", "embed", "embedding")
    state = nnx.state(build(load(text), Call("Model")), nnx.Param)
    paths = [path for path, _ in nnx.to_flat_state(state) if path[-1] == "embedding" and "place" not in path]
    assert paths == [rule.nnx]
    assert "shares" not in listed(migrate(HEADER + CODER + OWN)[1])


def test_tree_mode() -> None:
    """A layer that one submodule has alone is no shared one; what is shared is refused there by NNX, aloud."""
    own = build(load(migrate(HEADER + CODER + OWN)[0]), Call("Around"))
    call = nnx.jit(lambda model, *inputs: model(*inputs), graph=False)
    assert call(own, *_INPUTS).shape == (2, 3, 4)
    model = build(load(migrate(HEADER + CODER + MODEL)[0]), Call("Model"))
    with pytest.raises(ValueError, match="Duplicate"):
        call(model, *_INPUTS)
    assert nnx.jit(lambda model, *inputs: model(*inputs))(model, *_INPUTS).shape == (2, 3, 3)


def test_gradients_of_what_is_shared_add_up() -> None:
    before = HEADER + CODER + MODEL
    text, _, mapping = migrate(before)
    linen, twin = load(before), load(text)
    report = compare(linen, twin, mapping, Call("Model", inputs=_INPUTS), samples=2, steps=2)
    assert report.equal, report
    run_once(twin, Call("Model", inputs=_INPUTS))


def _model(setup: str, call: str = "return self.decoder(ids, places)", more: str = "") -> str:
    body = "".join(f"        {line}\n" for line in setup.splitlines())
    return f"{HEADER}{CODER}class Model(nn.Module):\n    on: bool = True\n\n    def setup(self):\n{body}\n    def __call__(self, ids, places):\n        {call}\n{more}"


_SHARED = "self.shared = nn.Embed(7, 4)\n"
_DECODER = "self.decoder = Coder(4, self.shared)"
_SOMETIMES = CODER.replace(
    "return self.norm(",
    "x = self.place(places)\n        if self.scaled:\n            x = x + self.embed(ids)\n        return self.norm(x + ",
).replace("self.embed(ids) * self.scale + self.place(places)", "1")
REFUSED = (
    Refusal("a-local-that-two-hold", "MN105", _model("embed = nn.Embed(7, 4)\nself.decoder = Coder(4, embed)\nself.other = Coder(4, embed)")),
    Refusal("a-local-that-is-kept-too", "MN105", _model("embed = nn.Embed(7, 4)\nself.decoder = Coder(4, embed)\nself.shared = embed")),
    Refusal("given-on-a-condition", "MN105", _model(_SHARED + "if self.on:\n    " + _DECODER)),
    Refusal("made-on-a-condition", "MN105", _model("if self.on:\n    self.shared = nn.Embed(7, 4)\n" + _DECODER)),
    Refusal("given-to-a-list", "MN105", _model(_SHARED + "self.decoder = [Coder(4, self.shared) for _ in range(2)]", "return self.decoder[0](ids, places)")),
    Refusal("given-behind-a-transform", "MN105", _model(_SHARED + "self.decoder = nn.remat(Coder)(4, self.shared)")),
    Refusal("another-layer", "MN105", _model("self.shared = nn.Dense(4)\n" + _DECODER)),
    Refusal("what-a-submodule-holds", "MN105", _model(_SHARED + _DECODER + "\nself.other = Coder(4, self.decoder.embed)")),
    Refusal("given-to-what-nothing-calls", "MN101", _model(_SHARED + _DECODER, "return self.shared(ids)").replace("self.shared(ids)", "ids")),
    Refusal("a-holder-that-may-not-call-it", "MN101", _model(_SHARED + _DECODER).replace(CODER, _SOMETIMES)),
    Refusal("a-submodule-that-is-given-and-called", "MN101", _model("self.decoder = Coder(4, nn.Embed(7, 4))", "return self.coder()(ids, places)", "\n    def coder(self):\n        return self.decoder\n")),
    Refusal("a-layer-that-is-given-out", "MN101", HEADER + "class L(nn.Module):\n    def setup(self):\n        self.d = nn.Dense(3)\n\n    def layer(self):\n        return self.d\n\n    def __call__(self, x):\n        return self.d(x)\n"),
    Refusal("a-named-field-of-another-layer", "MN101", HEADER + "class L(nn.Module):\n    d: nn.Conv\n\n    def __call__(self, x):\n        return self.d(x)\n"),
    Refusal("a-field-that-is-handed-on", "MN105", HEADER + CODER.replace("self.embed(ids)", "nn.relu(apply(self.embed, ids))")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
