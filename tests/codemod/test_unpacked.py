# ruff: noqa: E501
"""Keywords that a method writes into a dict and unpacks: `kwargs = {"mask": mask}`, `self.attention(x, **kwargs)`."""

import pytest

from .check import Call, check_equivalent, f32, migrate, refusals, run_in_tree_mode, with_header
from .check import load as loaded

_ATTEND = """\
class Attend(nn.Module):
    width: int
    train: bool | None = None

    @nn.compact
    def __call__(self, x, context=None, mask=None, train=None):
        train = nn.merge_param("train", self.train, train)
        q = nn.Dense(self.width)(x)
        k = nn.Dense(self.width)(x if context is None else context)
        y = q * k
        if mask is not None:
            y = y * mask
        return nn.BatchNorm(use_running_average=not train)(y), k


"""
_NET = """\
class Net(nn.Module):
    depth: int = 2

    def add(self, x, scale=1.0):
        return x + scale

    @nn.compact
    def __call__(self, x, context, mask, train=False):
{}
        return nn.Dense(3)(x)
"""
_LOOP = """\
        for i in range(self.depth):
            kwargs = {{"context": {}, "train": train}}
            x, _ = Attend(6)(x, **kwargs)
"""
_CALLS = (
    Call("Net", (), {}, (f32(2, 5), f32(2, 4), f32(2, 1))),
    Call("Net", (), {}, (f32(2, 5), f32(2, 4), f32(2, 1)), {"train": True}),
)
_BODIES = {
    "arrays": '        kwargs = {"context": context, "mask": mask, "train": train}\n        x, _ = Attend(6)(x, **kwargs)',
    "in each round": _LOOP.format("context"),
    "nothing that is an array": '        kwargs = {"train": train}\n        x, _ = Attend(6)(x, context, **kwargs)',
    "all of them": '        kwargs = {"x": x, "context": context, "train": train}\n        x, _ = Attend(6)(**kwargs)',
    "twice": (
        '        kwargs = {"mask": None, "train": train}\n'
        "        x, _ = Attend(6)(x, context=context, **kwargs)\n        x, _ = Attend(4)(x, context, **kwargs)"
    ),
    "a method": (
        '        kwargs = {"scale": 2.0}\n        x, _ = Attend(6)(self.add(x, **kwargs), context, train=train)'
    ),
}


@pytest.mark.parametrize("body", _BODIES.values(), ids=_BODIES.keys())
def test_computes_the_same(body: str) -> None:
    before = with_header(_ATTEND + _NET.format(body))
    text, file, _ = migrate(before)
    assert "class Net(nnx.Module)" in text, refusals(file)
    asked = {name: text.rfind(f" {name}_features: int") for name in ("x", "context")}
    first, _ = sorted(asked, key=lambda name: asked[name])
    sizes = (5, 4) if first == "x" else (4, 5)
    calls = [call._replace(sizes=sizes) for call in _CALLS]
    check_equivalent(before, *calls)
    run_in_tree_mode(loaded(text), calls[0])


_OTHERS = {
    "changed by a key": '        kwargs = {"train": train}\n        kwargs["context"] = strange(x)\n        x, _ = Attend(6)(x, **kwargs)',
    "changed by a method": '        kwargs = {"train": train}\n        kwargs.update(extra)\n        x, _ = Attend(6)(x, **kwargs)',
    "handed on": '        kwargs = {"train": train}\n        fill(kwargs)\n        x, _ = Attend(6)(x, **kwargs)',
    "another name": '        kwargs = {"train": train}\n        other = kwargs\n        other["mask"] = 1\n        x, _ = Attend(6)(x, **kwargs)',
    "bound twice": (
        '        kwargs = {"train": train}\n        kwargs = options(kwargs)\n        x, _ = Attend(6)(x, **kwargs)'
    ),
    "on one side": (
        '        kwargs = extra\n        if train:\n            kwargs = {"train": train}\n'
        "        x, _ = Attend(6)(x, **kwargs)"
    ),
    "with another inside": '        kwargs = {"train": train, **extra}\n        x, _ = Attend(6)(x, **kwargs)',
    "by a name": "        kwargs = {KEY: train}\n        x, _ = Attend(6)(x, **kwargs)",
}


@pytest.mark.parametrize("body", _OTHERS.values(), ids=_OTHERS.keys())
def test_what_may_be_another_is_refused(body: str) -> None:
    text, file, _ = migrate(with_header(_ATTEND + _NET.format(body)))
    assert "class Net(nn.Module)" in text
    assert {d.code for d in refusals(file) if d.subject == "Net"} == {"MN108"}
