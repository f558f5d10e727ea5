"""What the size engine says of an expression, and what JAX makes of it."""

import ast
import functools
import math
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import einops
import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import lax
from migrate_norm.codemod.flow.found import Flow
from migrate_norm.codemod.flow.run import run
from migrate_norm.codemod.flow.terms import Kind, Term, Widened, code
from migrate_norm.codemod.flow.values import Array, Items, Shape, Value
from migrate_norm.codemod.names import read_names
from migrate_norm.codemod.project import read_project
from migrate_norm.codemod.source import parse

_HEAD = """\
import functools
import jax
import einops
import numpy as np
import jax.numpy as jnp
from jax import lax
from flax import linen as nn


class M(nn.Module):
    width: int = 4
    names: tuple = ("a",)
    sizes: tuple = (5, 3)

    @nn.compact
    def __call__(self, x, y):
"""
_SPACE = {"einops": einops, "functools": functools, "jax": jax, "np": np, "jnp": jnp, "lax": lax, "nn": nn}
_SELF = SimpleNamespace(
    width=4, names=("a",), sizes=(5, 3), param=lambda _name, init, *arguments: init(None, *arguments)
)


def engine(body: str) -> Flow:
    """Runs the engine over a method with the arguments x and y."""
    text = _HEAD + "".join(f"        {line}\n" for line in body.splitlines())
    source = parse("m.py", text.encode(), "m")
    project = read_project([source], {"m": read_names(source.tree, "m")})
    return run(
        project.classes["m.M"], [], {"width": False, "names": False, "sizes": False}, lambda *_: ((), None)
    )


def real(body: str, x: tuple[int, ...], y: tuple[int, ...]) -> Any:
    """Returns the shapes that JAX gives. Raises whatever JAX or NumPy raise."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    space = dict(_SPACE)
    exec(f"def f(self, x, y):\n{lines}", space)
    function: Callable[..., Any] = space["f"]  # type: ignore[assignment]
    inputs = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (x, y)]
    return jax.eval_shape(lambda x, y: function(_SELF, x, y), *inputs)


def text(value: Value) -> str:
    """Spells what the engine knows: `(..., x[-2], 4)`, `?` for what it does not."""
    if isinstance(value, Array | Shape):
        array = value.array if isinstance(value, Shape) else value
        whole = array.whole()
        axes = [spelled(t) for t in whole.tail]
        if whole.axes is None and whole.argument is not None:
            name = whole.argument[1]
            axes = [f"{name}[:-{whole.cut}]" if whole.cut else name, *axes]
        return f"({', '.join([*(['...'] if whole.axes is None else []), *axes])})"
    if isinstance(value, Items):
        return f"[{'; '.join(text(item) for item in value.items)}]"
    return spelled(value) if isinstance(value, Term) else "?"


def spelled(term: Term | None) -> str:
    return code(term, _name) if term is not None and term.spelled else "?"


def _name(term: Term) -> str:
    if term.kind is not Kind.DIM:
        return str(term.value)
    index = term.value.index
    if isinstance(term.value, Widened):
        name, asked = term.value.array, f"{term.value.sign} {term.value.count}"
        return f"1 if len({name}) {asked} else {name}[{index}]"
    return f"prod({term.value.array}[{index}:])" if term.value.many else f"{term.value.array}[{index}]"


def contradictions(value: Value, found: Any, x: tuple[int, ...], y: tuple[int, ...]) -> list[str]:
    """Returns what the engine claims and JAX does not bear out."""
    if isinstance(value, Items):
        pairs = zip(value.items, found, strict=False)
        lengths = [] if len(value.items) == len(found) else [f"{len(found)} items"]
        return lengths + [c for one, two in pairs for c in contradictions(one, two, x, y)]
    if not isinstance(value, Array):
        return []
    shape, rank = found.shape, value.axes
    wrong = [] if rank in (None, len(shape)) else [f"{len(shape)} axes rather than {rank}"]
    if value.least > len(shape):
        wrong.append(f"{len(shape)} axes rather than {value.least} at least")
    for k in range(1, len(shape) + 1):
        term = value.at(-k)
        claim = None if term is None else _number(term, {"x": x, "y": y})
        if claim not in (None, shape[-k]):
            wrong.append(f"axis -{k} is {shape[-k]} rather than {claim}")
    return wrong


def _number(term: Term, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    """What a size is for these shapes; None where the array has no such axis, which fails where it is spelled."""
    if term.kind is Kind.ADDED:
        either = [_number(part, shapes) for part in term.parts]
        return None if None in either else max(either)
    if not term.spelled:
        return None
    names = {**shapes, "prod": math.prod, "width": _SELF.width, "names": _SELF.names, "sizes": _SELF.sizes}
    try:
        return eval(compile(ast.parse(code(term, _name), mode="eval"), "", "eval"), {}, names)
    except IndexError:
        return None
