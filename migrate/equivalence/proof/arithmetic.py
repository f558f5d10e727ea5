"""Rewrites of elementwise operations that are exact in floating-point arithmetic; the reason stands beside each.

Exact means: the same bits for every input, but for which NaN a NaN is. -0.0 is told from 0.0 throughout.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from ...catalog.layer import names
from ..measure import FINFO
from . import constants
from .elementwise import elementwise
from .formats import holds_all_of, is_float, is_real, is_signed
from .layout import compose, lift
from .terms import Shape, Table, Value

# Computed in place where all operands are constants: correctly rounded by IEEE 754, so NumPy has XLA's bits.
FOLDED: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "add": np.add,
        "mul": np.multiply,
        "div": np.divide,
        "neg": np.negative,
        "eq": np.equal,
        "ne": np.not_equal,
        "lt": np.less,
        "le": np.less_equal,
        "and": np.bitwise_and,
        "or": np.bitwise_or,
        "not": np.invert,
    }
)


# Primitives that compute each element of the result from the elements in its place.
ELEMENTWISE = frozenset(
    names(
        """
        abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp
        clz complex conj convert_element_type cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1
        floor ge gt igamma igamma_grad_a igammac imag integer_pow is_finite le lgamma log log1p logistic
        lt max min mul ne neg nextafter not or polygamma population_count pow real reduce_precision
        regularized_incomplete_beta rem round rsqrt select_n shift_left shift_right_arithmetic
        shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh xor zeta
        """
    )
)
WITH_PARAMETERS = frozenset({"integer_pow"})  # whose rules read them; any other rule is for calls without


class Call(NamedTuple):
    """An elementwise operation about to become a term."""

    table: Table
    op: str
    params: Any
    operands: tuple[Value, ...]
    shape: Shape
    dtype: str

    def to(self, op: str, *operands: Value, params: Any = ()) -> Value:
        """Returns another operation of the same shape and dtype."""
        return apply(self._replace(op=op, operands=operands, params=params))

    def number(self, index: int) -> Any:
        """Returns an operand's number where it is the same constant everywhere, else None."""
        return constants.number(self.table, self.operands[index])

    def constant(self, number: Any) -> Value:
        """Returns a constant of this dtype."""
        return lift(constants.scalar(self.table, number, self.dtype), self.shape)

    def inner(self, index: int, op: str) -> tuple[Value, ...] | None:
        """Returns the operands of an operand that is an `op`, as seen from here, else None."""
        outer = lift(self.operands[index], self.shape)
        term = self.table.terms[outer.term]
        return tuple(compose(outer, value) for value in term.operands) if term.op == op else None


Rule = Callable[[Call], Value | None]


def apply(call: Call) -> Value:
    """Returns the value of an elementwise operation in normal form."""
    call = call._replace(operands=tuple(lift(operand, call.shape) for operand in call.operands))
    plain = not call.params or call.op in WITH_PARAMETERS
    for rule in (*RULES.get(call.op, ()), _fold) if plain else ():
        found = rule(call)
        if found is not None:
            return found
    if call.table.real and (rewritten := _reassociated(call)) is not None:
        return rewritten
    return elementwise(call.table, call.op, call.params, call.operands, call.shape, call.dtype)


def _reassociated(call: Call) -> Value | None:
    from .reassociate import rewrite  # it calls back

    return rewrite(call)


def _fold(call: Call) -> Value | None:
    numbers = [call.number(i) for i in range(len(call.operands))]
    if call.op not in FOLDED or any(n is None for n in numbers) or not _foldable(call):
        return None
    with np.errstate(all="ignore"):
        result = np.asarray(FOLDED[call.op](*numbers)).astype(
            numbers[0].dtype if call.dtype != "bool" else bool
        )
    return call.constant(result) if all(map(_plain, (*numbers, result))) else None


def _foldable(call: Call) -> bool:
    """Integers wrap alike; integer division by zero is XLA's own affair, and complex arithmetic too."""
    return is_real(call.table.dtype(call.operands[0])) and (call.op != "div" or is_float(call.dtype))


def _plain(number: Any) -> bool:
    """Whether XLA has the number too: it may flush a subnormal one to zero."""
    if not is_float(str(number.dtype)):
        return True
    return bool(np.isfinite(number)) and (number == 0 or abs(float(number)) >= _tiny(number.dtype))


def _tiny(dtype: Any) -> float:
    return float(FINFO(dtype).smallest_normal)


def _add_any(call: Call) -> Value:
    """`add_any` sums cotangents: it is `add`."""
    return call.to("add", *call.operands)


def _sub(call: Call) -> Value | None:
    """a - b is a + (-b): IEEE 754 defines it so; integers wrap alike."""
    if not is_real(call.dtype):
        return None
    first, second = call.operands
    return call.to("add", first, call.to("neg", second))


def _swapped(other: str) -> Rule:
    """a > b is b < a, a >= b is b <= a: also where a NaN makes both false."""
    return lambda call: call.to(other, *call.operands[::-1])


def _square(call: Call) -> Value:
    """`square` lowers to x * x."""
    return call.to("mul", *call.operands * 2)


def _integer_pow(call: Call) -> Value | None:
    """`integer_pow` lowers to x * x for 2, and to (x * x) * x for 3; 1 is x itself."""
    (x,), power = call.operands, dict(call.params).get("y")
    if power == 1:
        return x
    if power == 2:
        return call.to("mul", x, x)
    return call.to("mul", call.to("mul", x, x), x) if power == 3 else None


def _neutral(call: Call) -> Value | None:
    """x * 1 and x / 1 are x; x + (-0.0) is x, but x + 0.0 turns -0.0 into 0.0; integers have one zero."""
    for index in (1,) if call.op == "div" else (0, 1):
        number = call.number(index)
        if number is not None and is_real(call.dtype) and _is_neutral(call.op, number):
            return call.operands[1 - index]
    return None


def _is_neutral(op: str, number: Any) -> bool:
    if op in ("mul", "div"):
        return bool(number == 1)
    return bool(number == 0) and (not is_float(str(number.dtype)) or bool(np.signbit(number)))


def _neg(call: Call) -> Value | None:
    """-(-x) is x: a flip of the sign bit, or modulo 2**n."""
    found = call.inner(0, "neg")
    return found[0] if found else None


def _signs_outside(call: Call) -> Value | None:
    """(-a) * b is -(a * b), likewise for / of floats: signs and magnitudes of a product are independent.

    A negative constant factor counts as the negation of a positive one.
    """
    if not is_signed(call.dtype) or (call.op == "div" and not is_float(call.dtype)):
        return None
    for index in range(len(call.operands)):
        plain = _without_sign(call, index)
        if plain is not None:
            operands = (*call.operands[:index], plain, *call.operands[index + 1 :])
            return call.to("neg", call.to(call.op, *operands, params=call.params))
    return None


def _without_sign(call: Call, index: int) -> Value | None:
    number = call.number(index)
    if number is not None:
        return call.constant(-number) if number < 0 and is_float(call.dtype) else None
    found = call.inner(index, "neg")
    return found[0] if found else None


def _power_of_two(call: Call) -> Value | None:
    """x / 2**k is x * 2**-k: both round the same real number, and 2**-k is exact."""
    number = call.number(1)
    if number is None or not is_float(call.dtype) or number == 0 or not _plain(number):
        return None
    inverse = (1 / float(number)) if np.frexp(float(number))[0] == 0.5 else None
    fits = inverse is not None and _plain(np.asarray(inverse).astype(number.dtype)[()])
    return call.to("mul", call.operands[0], call.constant(inverse)) if fits else None


def _not(call: Call) -> Value | None:
    """not not x is x."""
    found = call.inner(0, "not")
    return found[0] if found else None


def _select(call: Call) -> Value | None:
    """The choice of a constant is known, that between equals is none, and `not` swaps the cases."""
    which, *cases = call.operands
    number = call.number(0)
    if number is not None:
        return cases[int(number)] if 0 <= int(number) < len(cases) else None
    if all(case == cases[0] for case in cases):
        return cases[0]
    found = call.inner(0, "not")
    if found and len(cases) == 2 and call.table.dtype(which) == "bool":
        return call.to("select_n", found[0], *cases[::-1])
    return None


def _convert(call: Call) -> Value | None:
    """No conversion is needed to the same type, nor to a wider one on the way to another or back.

    From float to integer the way matters: what is out of range is the machine's own affair.
    """
    (x,), table = call.operands, call.table
    if table.dtype(x) == call.dtype:
        return x
    inner = call.inner(0, "convert_element_type")
    if not inner or not holds_all_of(table.dtype(x), source := table.dtype(inner[0])):
        return None
    out_of_range = is_float(source) and not is_float(call.dtype) and call.dtype != source
    return None if out_of_range else call.to("convert_element_type", inner[0])


def _convert_constant(call: Call) -> Value | None:
    """A number is rounded to nearest even by XLA and by NumPy; floats to integers are left alone.

    What may be rounded twice on the way (an integer, or from float64 by way of float32) has to be exact.
    """
    number, source = call.number(0), call.table.dtype(call.operands[0])
    widens = is_float(call.dtype) or not is_float(source)
    if number is None or not (widens and is_real(source) and is_real(call.dtype)):
        return None
    with np.errstate(all="ignore"):
        found = number.astype(jnp.dtype(call.dtype))
        back = found.astype(number.dtype)
    once = not is_float(call.dtype) or source in ("float32", "float16", "bfloat16") or back == number
    return call.constant(found) if once and _plain(number) and _plain(found) else None


def _same(call: Call) -> Value:
    """An identity that only autodiff sees."""
    return call.operands[0]


RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "stop_gradient": (_same,),
        "add_any": (_add_any,),
        "add": (_neutral,),
        "sub": (_sub,),
        "mul": (_neutral, _signs_outside),
        "div": (_neutral, _signs_outside, _power_of_two),
        "neg": (_neg,),
        "gt": (_swapped("lt"),),
        "ge": (_swapped("le"),),
        "square": (_square,),
        "integer_pow": (_integer_pow,),
        "not": (_not,),
        "select_n": (_select,),
        "convert_element_type": (_convert_constant, _convert),
    }
)
