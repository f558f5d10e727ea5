# ruff: noqa: E501
"""Copies of a configuration, which are changed before they are used; other changes of what the constructor reads."""

from types import SimpleNamespace

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
)

COPY = "import copy\nfrom typing import Any\n\n"
STACK = """\
class Stack(nn.Module):
    config: Any

    def setup(self):
        self.causal = self.config.causal
        self.dense = nn.Dense(self.config.width)
        self.norm = nn.LayerNorm()

    def __call__(self, x):
        x = self.norm(self.dense(x))
        return nn.relu(x) if self.causal else x


"""
BOTH = """\
class Both(nn.Module):
    config: Any

    def setup(self):
        self.scale = self.config.scale
        encoder = copy.deepcopy(self.config)
        encoder.causal = False
        encoder.width = self.config.width * 2  # wider
        self.encoder = Stack(encoder)

        decoder = copy.copy(self.config)
        # the other way
        decoder.causal = True
        self.decoder = Stack(config=decoder)
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.decoder(self.encoder(x))) * self.scale
"""
NNX_STACK = """\
class Stack(nnx.Module):
    def __init__(self, in_features: int, config: Any, *, rngs: nnx.Rngs):
        self.causal = config.causal
        self.dense = nnx.Linear(in_features, config.width, rngs=rngs)
        self.norm = nnx.LayerNorm(config.width, rngs=rngs)

    def __call__(self, x):
        x = self.norm(self.dense(x))
        return nnx.relu(x) if self.causal else x


"""
NNX_BOTH = """\
class Both(nnx.Module):
    def __init__(self, in_features: int, config: Any, *, rngs: nnx.Rngs):
        self.scale = config.scale
        encoder = copy.deepcopy(config)
        encoder.causal = False
        encoder.width = config.width * 2  # wider
        self.encoder = Stack(in_features, encoder, rngs=rngs)
        decoder = copy.copy(config)
        # the other way
        decoder.causal = True
        self.decoder = Stack(encoder.width, config=decoder, rngs=rngs)
        self.head = nnx.Linear(decoder.width, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.decoder(self.encoder(x))) * self.scale
"""
FORMS = """\


class Hidden(nn.Module):
    config: Any

    def setup(self):
        config = copy.deepcopy(self.config)
        config.width = self.config.width + 3
        self.stack = Stack(config)
        self.head = nn.Dense(self.config.width)

    def __call__(self, x):
        return self.head(self.stack(x))


class Kept(nn.Module):
    config: Any

    def setup(self):
        inner = copy.deepcopy(self.config)
        inner.width = self.config.width + 3
        inner.more = inner.width + 1
        self.width = inner.width
        self.stack = Stack(inner)
        self.table = jnp.arange(inner.width)
        self.head = nn.Dense(inner.more)

    def __call__(self, x):
        return self.head(self.stack(x) * self.width + self.table)


class Compact(nn.Module):
    config: Any

    @nn.compact
    def __call__(self, x):
        inner = copy.deepcopy(self.config)
        inner.width = 7
        x = Stack(inner)(x)
        return nn.Dense(3)(x + jnp.zeros((inner.width,))) * inner.width


class Spelled(nn.Module):
    config: Any

    @nn.compact
    def __call__(self, x):
        inner = copy.copy(self.config)
        inner.width = 7
        return nn.Dense(3)(jnp.ones((2, inner.width)) * x.mean())


class Sometimes(nn.Module):
    config: Any

    def setup(self):
        if self.config.causal:
            inner = copy.copy(self.config)
            inner.width = 6
            self.first = Stack(inner)
        else:
            self.first = Stack(self.config)

    def __call__(self, x):
        return self.first(x)
"""
_X = f32(2, 5)


def test_transformed() -> None:
    header = COPY + HEADER + STACK + BOTH
    check_transformed(header, COPY + NNX_HEADER + NNX_STACK + NNX_BOTH)


def test_computes_the_same() -> None:
    configs = [SimpleNamespace(width=4, scale=3.0, causal=causal) for causal in (True, False)]
    names = ("Both", "Hidden", "Kept", "Compact", "Spelled")
    calls = [Call(name, (5,), {"config": configs[0]}, (_X,)) for name in names]
    more = [Call("Sometimes", (5,), {"config": config}, (_X,)) for config in configs]
    calls[4] = calls[4]._replace(sizes=())
    check_equivalent(COPY + HEADER + STACK + BOTH + FORMS, *calls, *more)
    assert [vars(c) for c in configs] == [{"width": 4, "scale": 3.0, "causal": c} for c in (True, False)]


def _both(old: str, new: str) -> str:
    assert old in BOTH
    return COPY + HEADER + STACK + BOTH.replace(old, new)


def _compact(body: str) -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    head = "class Both(nn.Module):\n    config: Any\n\n    @nn.compact\n    def __call__(self, x):\n"
    return COPY + HEADER + STACK + head + lines


_HEAD = "        self.head = nn.Dense(3)\n"
_WIDER = "        encoder.width = self.config.width * 2  # wider\n"
REFUSED = (
    Refusal("the-field-itself", "MN209", _both("        encoder = copy", "        self.config.causal = False\n        encoder = copy")),
    Refusal("another-name-of-the-field", "MN209", _both("copy.deepcopy(self.config)", "self.config")),
    Refusal("another-name-of-the-copy", "MN209", _both(_HEAD, _HEAD + "        other = decoder\n        other.causal = False\n")),
    Refusal("a-function-that-may-not-copy", "MN209", _both("copy.deepcopy(self.config)", "taken(self.config)")),
    Refusal("a-change-behind-its-use", "MN209", _both(_HEAD, _HEAD + "        decoder.width = 9\n")),
    Refusal("a-change-on-a-condition", "MN209", _both(_WIDER, "        if self.scale:\n    " + _WIDER)),
    Refusal("a-change-below", "MN209", _both("encoder.causal = False", "encoder.rope.causal = False")),
    Refusal("a-change-of-an-item", "MN209", _both("encoder.causal = False", "encoder.rope['causal'] = False")),
    Refusal("added-to", "MN209", _both("encoder.causal = False", "encoder.causal += 1")),
    Refusal("bound-twice", "MN209", _both(_HEAD, _HEAD + "        decoder = 3\n")),
    Refusal("changed-by-an-array", "MN209", _both("encoder.causal = False", "encoder.causal = jnp.ones(3)")),
    Refusal("changed-by-a-call", "MN209", _both("encoder.causal = False", "setattr(encoder, 'causal', False)")),
    Refusal("a-size-that-is-needed-before", "MN108", _both("        encoder = copy", _HEAD + "        encoder = copy").replace(_HEAD + "\n    def", "\n    def")),
    Refusal("a-copy-on-a-condition", "MN108", _both("        decoder = copy.copy(self.config)\n        # the other way\n        decoder.causal = True\n        self.decoder = Stack(config=decoder)\n", "        if True:\n            decoder = copy.copy(self.config)\n            self.decoder = Stack(config=decoder)\n")),
    Refusal("a-call-between-changes", "MN202", _compact("inner = copy.copy(self.config)\nx = Stack(inner)(x)\ninner.width = 7\nreturn Stack(inner)(x)")),
    Refusal("a-call-changes-the-field", "MN202", _compact("self.config.width = 7\nreturn Stack(self.config)(x)")),
    Refusal("a-call-updates-the-field", "MN202", _compact("self.config.update(width=7)\nreturn Stack(self.config)(x)")),
    Refusal("a-call-changes-what-setup-read", "MN202", _both("        return self.head", "        self.config.width = 7\n        return self.head")),
    Refusal("another-method-changes-the-field", "MN202", _both("    def __call__", "    def prepare(self):\n        self.config.width = 7\n\n    def __call__")),
    Refusal("a-call-changes-the-field-behind-a-size", "MN202", _compact("y = jnp.ones((2, self.config.width))\nself.config.width = 7\nreturn nn.Dense(3)(y)")),
    Refusal("a-call-changes-another-name-of-it", "MN202", _compact("inner = self.config\ninner.width = 7\nreturn Stack(inner)(x)")),
    Refusal("a-call-changes-a-part", "MN202", _compact("inner = copy.copy(self.config)\ninner.widths.append(7)\nreturn Stack(inner)(x)")),
    Refusal("a-call-spells-a-size-of-it", "MN202", _compact("inner = copy.copy(self.config)\ny = jnp.ones((2, inner.width))\ninner.width = 7\nreturn nn.Dense(3)(y)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Both"}, listed(file)
    assert "class Both(nn.Module)" in text


def test_what_a_copy_gives_is_not_known_outside() -> None:
    outer = "\n\nclass Outer(nn.Module):\n    config: Any\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(Inner(self.config)(x))\n"
    inner = (
        BOTH.replace("class Both", "class Inner")
        .replace("        self.head = nn.Dense(3)\n", "")
        .replace("self.head(self.decoder(self.encoder(x)))", "self.decoder(self.encoder(x))")
    )
    _, file, _ = migrate(COPY + HEADER + STACK + inner + outer)
    assert "`Inner(self.config)(x)` gives (line" in listed(file)
