"""A side as a jaxpr, traced on shapes: nothing is computed or allocated, whatever the size of the model."""

from typing import Any, NamedTuple

import jax
from jax.extend import core

from ..inputs import SHAPED, Arguments
from ..observe import Place, forward_of, skeleton, with_gradients
from ..side import Leaves, Side, blame, show
from .keys import HIDDEN

COTANGENT: Any = core.Primitive("cotangent")  # any cotangent at all: the same unknown on both sides
COTANGENT.def_abstract_eval(lambda *, index, shape, dtype: jax.core.ShapedArray(shape, dtype))  # noqa: ARG005


class Traced(NamedTuple):
    """One side as a jaxpr; what its inputs and results are called, the latter with their dtype and shape; the
    structure of the outputs; and the shapes of the leaves after the call.
    """

    jaxpr: Any
    inputs: tuple[tuple[Any, ...], ...]
    results: dict[Place, str]
    structure: str
    after: Leaves


def trace(side: Side, leaves: Leaves, call: Arguments, gradients: bool) -> Traced:
    """Traces outputs, the leaves after the call and, if asked for, the vector-Jacobian product.

    Raises EquivalenceError where the code cannot be traced or differentiated.
    """
    forward = forward_of(side, call)
    run = with_gradients(forward, call, _cotangent) if gradients else forward
    seen: list[tuple[str, dict[Place, str], Leaves]] = []

    def results(leaves: Any, hidden: Any, arrays: Any) -> list[Any]:
        out, after, rest, grads = run(leaves, hidden, arrays, None)
        named: dict[Place, Any] = {place: jax.numpy.asarray(v) for place, v in _named(out, after, grads)}
        named |= {(HIDDEN, str(i)): value for i, value in enumerate(rest)}
        seen.append((skeleton(out), {p: _facts(v) for p, v in named.items()}, jax.tree.map(_shape, after)))
        return list(named.values())

    inputs = (leaves, side.hidden, call.abstract())
    try:
        jaxpr = jax.make_jaxpr(results)(*inputs)
    except (Exception, SystemExit):
        with blame(f"the {side.name} side cannot be run under jit"):
            jax.eval_shape(lambda *given: forward(*given, None), *inputs)
        with blame(
            f"the {side.name} side cannot be differentiated",
            "gradients=False (--no-gradients) leaves that out",
        ):
            raise
    names = [*(("leaf", *key) for key in sorted(leaves)), *((HIDDEN, i) for i in range(len(side.hidden)))]
    structure, places, after = seen[-1]
    return Traced(jaxpr, (*names, *(("array", n) for n in call.array_names)), places, structure, after)


def _facts(value: Any) -> str:
    return f"{value.dtype}[{','.join(map(str, value.shape))}]"


def _shape(value: Any) -> Any:
    return SHAPED(value.shape, value.dtype)


def _cotangent(_: Any, index: int, value: Any) -> Any:
    return COTANGENT.bind(index=index, shape=value.shape, dtype=value.dtype)


def _named(out: Any, after: Any, grads: Any) -> list[tuple[Place, Any]]:
    outputs = jax.tree_util.tree_flatten_with_path(out)[0]
    return [
        *((("output", jax.tree_util.keystr(path)), value) for path, value in outputs),
        *((("state", show(key)), value) for key, value in after.items()),
        *((("gradient", name), value) for name, value in grads.items()),
    ]
