# ruff: noqa: E501
"""Bases of a package beside flax.linen.Module, and a decorator that keeps the fields as `self.config`."""

import ast
import dataclasses
import sys
import types
from typing import Any

import pytest
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.codemod.inlining.calls import read_inlined
from migrate_norm.codemod.migrate import read_files
from migrate_norm.codemod.project import read_project
from migrate_norm.codemod.registered import read_registered
from migrate_norm.codemod.rewording import reworded, with_places
from migrate_norm.codemod.traced.records import Facts

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

IMPORTS = """\
from diffusers.configuration_utils import ConfigMixin, flax_register_to_config
from diffusers.models.modeling_flax_utils import FlaxModelMixin
"""
BEFORE = '''\
@flax_register_to_config
class L(nn.Module, FlaxModelMixin, ConfigMixin):
    """A layer."""

    width: int = 3
    scale: float = 2.0
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        if self.config.scale < 0:
            raise ValueError(f"self.scale is {self.config.scale}")
        self.first = nn.Dense(self.config.width, dtype=self.dtype)

    # what is drawn at the start
    def init_weights(self, rng):
        x = jnp.zeros((1, self.config.width))
        return self.init(rng, x)["params"]

    def __call__(self, x):
        """Scales."""
        x = self.first(x) * self.config.scale
        return x / (self.config.scale + self.scale) + self.config. \\
            width
'''
AFTER = '''\
class L(nnx.Module):
    """A layer."""

    def __init__(
        self,
        in_features: int,
        width: int = 3,
        scale: float = 2.0,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.scale = scale
        if scale < 0:
            raise ValueError(f"self.scale is {scale}")
        self.first = nnx.Linear(in_features, width, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        """Scales."""
        x = self.first(x) * self.scale
        return x / (self.scale + self.scale) + self. \\
            width
'''


class _ConfigMixin:
    """Keeps what it is given, and hands it out as the package does."""

    def register_to_config(self, **given: Any) -> None:
        object.__setattr__(self, "_internal_dict", types.SimpleNamespace(**given))

    @property
    def config(self) -> Any:
        return self._internal_dict  # type: ignore[attr-defined]


def _register(cls: Any) -> Any:
    made = cls.__init__

    def init(self: Any, *args: Any, **given: Any) -> None:
        names = [f.name for f in dataclasses.fields(self)]
        kept = {n: getattr(self, n, None) for n in names if n not in ("name", "parent")}
        self.register_to_config(**{**kept, **given, **dict(zip(names, args, strict=False))})
        made(self, *args, **given)

    cls.__init__ = init
    return cls


@pytest.fixture(autouse=True)
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package itself is not installed here."""
    configuration: Any = types.ModuleType("diffusers.configuration_utils")
    configuration.ConfigMixin, configuration.flax_register_to_config = _ConfigMixin, _register
    modeling: Any = types.ModuleType("diffusers.models.modeling_flax_utils")
    modeling.FlaxModelMixin = type("FlaxModelMixin", (), {})
    for module in (
        configuration,
        modeling,
        types.ModuleType("diffusers"),
        types.ModuleType("diffusers.models"),
    ):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_transformed() -> None:
    check_transformed(IMPORTS + HEADER + BEFORE, NNX_HEADER + AFTER)


def test_computes_the_same() -> None:
    call = Call("L", (4,), {"width": 5, "scale": 0.5}, (f32(2, 4),))
    check_equivalent(IMPORTS + HEADER + BEFORE, call)


def test_says_what_is_gone() -> None:
    _, file, _ = migrate(IMPORTS + HEADER + BEFORE)
    (note,) = (d for d in file.diagnostics if d.code == "MN104")
    assert note.severity is Severity.NOTE
    for name in ("FlaxModelMixin", "ConfigMixin", "from_pretrained", "config", "init_weights of its own"):
        assert name in note.message


def _with(old: str, new: str) -> str:
    assert old in BEFORE
    return IMPORTS + HEADER + BEFORE.replace(old, new)


_SCALED = "x = self.first(x) * self.config.scale"
REFUSED = (
    Refusal("config-of-something-else", "MN104", _with(_SCALED, "x = self.first(x) * self.config.scales")),
    Refusal("config-without-the-dtype", "MN104", _with(_SCALED, "x = self.first(x).astype(self.config.dtype)")),
    Refusal("config-handed-on", "MN104", _with(_SCALED, "x = self.first(x) * dict(self.config)['scale']")),
    Refusal("config-looked-up", "MN104", _with(_SCALED, 'x = self.first(x) * self.config["scale"]')),
    Refusal("config-in-a-local", "MN104", _with(_SCALED, "c = self.config\n        x = self.first(x) * c.scale")),
    Refusal("the-text-says-so-too", "MN104", _with('f"self.scale', 'f"self.config.scale')),
    Refusal("config-of-its-own", "MN104", _with("    def setup", "    @property\n    def config(self):\n        return self.to_json_string\n\n    def setup")),
    Refusal("registered-anew", "MN104", _with(_SCALED, "self.register_to_config(scale=3)\n        x = self.first(x)")),
    Refusal("its-start-is-called", "MN104", _with(_SCALED, "self.init_weights(None)\n        x = self.first(x)")),
    Refusal("init-elsewhere", "MN103", _with("def init_weights", "def others")),
    Refusal("another-base", "MN104", _with("FlaxModelMixin, ConfigMixin)", "FlaxModelMixin, ConfigMixin, ast.AST)")),
    Refusal("another-decorator", "MN106", _with("@flax_register_to_config\n", "@flax_register_to_config\n@jax.jit\n")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    """What stays is left as it was written, with its configuration."""
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert text == refusal.before


def test_one_class_of_two() -> None:
    two = BEFORE.replace("class L", "class M").replace(_SCALED, "self.sow('a', 'b', x)\n        " + _SCALED)
    text, file, _ = migrate(f"{IMPORTS}{HEADER}{two}\n\n{BEFORE}")
    assert [(d.code, d.subject) for d in refusals(file)] == [("MN207", "M")]
    assert {s.code for s in file.symbols} <= {"", "MN207"}
    assert text.count("self.config.scale") == two.count("self.config.scale")
    assert AFTER in text


def test_a_field_of_its_own() -> None:
    """A field called config is one, also beside the base."""
    own = "class L(nn.Module, ConfigMixin):\n    config: dict\n\n"
    own += "    def __call__(self, x):\n        return x * self.config['a']\n"
    text, file, _ = migrate(IMPORTS + HEADER + own)
    assert not refusals(file), file.diagnostics
    assert "class L(nnx.Module):" in text
    assert "self.config['a']" in text


def test_places_that_ran() -> None:
    """The end of each call is found again among the places of the file as it was written."""
    source = (
        IMPORTS
        + HEADER
        + BEFORE.replace(_SCALED, "x = self.first(jnp.tanh(x * self.config.scale) + self.config.scale)")
    )
    parsed, tables, _ = read_files({"layer.py": source.encode()})
    project = read_project(list(parsed.values()), tables)
    found = read_registered(project)
    assert found
    assert not read_inlined(project)
    anew = reworded(found)
    after, facts = anew["layer.py"], with_places(Facts(), found, anew)

    def ends(tree: ast.AST) -> list[tuple[str, int, int]]:
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        return [("layer.py", c.end_lineno or 0, c.end_col_offset or 0) for c in calls]

    assert [facts.recorded(place) for place in ends(after.tree)] == ends(parsed["layer.py"].tree)
    assert ends(after.tree) != ends(parsed["layer.py"].tree)
    assert migrate_files({"layer.py": source.encode()}, Options(), Facts()).mapping.classes
