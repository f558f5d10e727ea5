"""What layers compute with variables that they do not own.

A Dense is `jnp.dot(*promote_dtype((x, kernel), dtype=...))`; a layer that has none at all is kept as its graph alone,
and `nnx.merge(self.conv, {"kernel": kernel})(x)` calls it.
"""

from collections.abc import Mapping, Sequence

import libcst as cst

from ...catalog.functions import TUPLED
from ..plan.records import Borrowed
from .units import code_of


def product(call: cst.Call, borrowed: Borrowed, stored: Mapping[str, str]) -> str:
    """Returns the code that takes the place of a call of `apply`; `stored` has the attributes of fields."""
    variables = cst.ensure_type(call.args[0].value, cst.Dict).elements[0].value
    inputs = code_of(call.args[1].value)
    if not borrowed.numpy:
        layer = code_of(cst.ensure_type(call.func, cst.Attribute).value)
        return f"nnx.merge({layer}, {code_of(variables)})({inputs})"
    kernel = code_of(cst.ensure_type(variables, cst.Dict).elements[0].value)
    dtype = f"self.{stored[borrowed.field]}" if borrowed.field else borrowed.dtype
    if not dtype:
        return f"{borrowed.numpy}.dot({inputs}, {kernel})"
    promoted = f"nnx.{TUPLED['dtypes.promote_dtype']}(({inputs}, {kernel}), dtype={dtype})"
    return f"{borrowed.numpy}.dot(*{promoted})"


def graph(function: str, arguments: Sequence[str]) -> str:
    """Returns the code for the graph of a layer, of which no variable is made."""
    given = [*arguments[:-1], "rngs=nnx.Rngs(0)"]
    return f"nnx.graphdef(nnx.eval_shape(lambda: {function}({', '.join(given)})))"
