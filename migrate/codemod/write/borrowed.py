"""`jnp.dot(*promote_dtype((x, kernel), dtype=...))`: what a Dense computes with a kernel that it does not own."""

from collections.abc import Mapping

import libcst as cst

from ...catalog.functions import TUPLED
from ..plan.records import Borrowed
from .units import code_of


def product(call: cst.Call, borrowed: Borrowed, stored: Mapping[str, str]) -> str:
    """Returns the code that takes the place of a call of `apply`; `stored` has the attributes of fields."""
    variables = cst.ensure_type(call.args[0].value, cst.Dict).elements[0].value
    kernel = code_of(cst.ensure_type(variables, cst.Dict).elements[0].value)
    inputs = code_of(call.args[1].value)
    dtype = f"self.{stored[borrowed.field]}" if borrowed.field else borrowed.dtype
    if not dtype:
        return f"{borrowed.numpy}.dot({inputs}, {kernel})"
    promoted = f"nnx.{TUPLED['dtypes.promote_dtype']}(({inputs}, {kernel}), dtype={dtype})"
    return f"{borrowed.numpy}.dot(*{promoted})"
