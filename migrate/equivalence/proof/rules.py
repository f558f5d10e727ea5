"""What each primitive that is not elementwise means in the normal form; the others are opaque."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from . import layout
from .branches import cond
from .draws import draw
from .formats import is_float
from .loops import scan, while_loop
from .normal_form import Equation, NormalForm, UnprovableError
from .reassociate import contraction, linear
from .reductions import reduction
from .slices import concatenate_rule, slice_rule, split_rule, stack_rule, unstack_rule
from .terms import Value

# Primitives that call a jaxpr, and the parameter that holds it.
CALLS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("jit", "pjit", "remat", "remat2", "checkpoint"), "jaxpr"),
        **dict.fromkeys(("closed_call", "core_call", "custom_jvp_call", "custom_vjp_call"), "call_jaxpr"),
        "custom_vjp_call_jaxpr": "fun_jaxpr",
    }
)
DRAWN = ("random_bits", "random_gamma", "random_unwrap")  # from a key to something that is none

Rule = Callable[[NormalForm, Equation, Sequence[Value]], list[Value]]


def _same(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """An identity: placement, barriers and names for autodiff and the compiler do not change a value."""
    del nf, eqn
    return list(operands)


def _call(parameter: str) -> Rule:
    """A call is its body; what it says of derivatives has been used when a jaxpr has been differentiated."""
    return lambda nf, eqn, operands: nf.inline(
        eqn, eqn.params[parameter], operands, [out.wanted for out in eqn.outs]
    )


def _impure(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """A result that is not a function of the operands."""
    del nf, operands
    raise UnprovableError(f"`{eqn.primitive}` need not give the same twice")


def _broadcast_in_dim(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    if len(operands) > 1:  # sizes that are values
        return nf.opaque(eqn, operands)
    dimensions = eqn.params["broadcast_dimensions"]
    return [layout.broadcast(operands[0], eqn.outs[0].shape, dimensions)]


def _reshape(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    if len(operands) > 1 or eqn.params.get("dimensions") is not None:
        return nf.opaque(eqn, operands)
    return [layout.reshape(nf.table, operands[0], eqn.outs[0].shape)]


def _transpose(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    del nf
    return [layout.transpose(operands[0], eqn.params["permutation"])]


def _squeeze(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    del nf
    return [layout.squeeze(operands[0], [axis % len(operands[0].shape) for axis in eqn.params["dimensions"]])]


def _expand_dims(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    return [layout.reshape(nf.table, operands[0], eqn.outs[0].shape)]


def _dot_general(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """A contraction is opaque, but for real arithmetic: the order of its sum is the compiler's."""
    out, precise = eqn.outs[0], eqn.params.get("precision")
    if not nf.table.real or precise is not None or not is_float(out.dtype):
        return nf.opaque(eqn, operands)

    def contract(given: Sequence[Value]) -> Value:
        return contraction(nf.table, eqn.params, given, out.shape, out.dtype)

    return [linear(nf.table, operands, out.dtype, contract)]


def _iota(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """A count along one axis, the same along all others."""
    out, axis = eqn.outs[0], eqn.params["dimension"]
    if operands:  # a size that is a value
        return nf.opaque(eqn, operands)
    line = nf.table.make("iota", (), (), (out.shape[axis],), out.dtype)
    return [layout.broadcast(line, out.shape, (axis,))]


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "copy",
                "copy_p",
                "name",
                "optimization_barrier",
                "pvary",
                "random_clone",
                "sharding_constraint",
                "mesh_cast",
                "reshard",
                "layout_constraint",
                "device_put",
            ),
            _same,
        ),
        **{name: _call(parameter) for name, parameter in CALLS.items()},
        "broadcast_in_dim": _broadcast_in_dim,
        "reshape": _reshape,
        "transpose": _transpose,
        "squeeze": _squeeze,
        "expand_dims": _expand_dims,
        "dot_general": _dot_general,
        "iota": _iota,
        "slice": slice_rule,
        "split": split_rule,
        "concatenate": concatenate_rule,
        "stack": stack_rule,
        "unstack": unstack_rule,
        "scan": scan,
        "while": while_loop,
        "cond": cond,
        **dict.fromkeys(
            (
                "reduce_sum",
                "reduce_max",
                "reduce_min",
                "reduce_prod",
                "reduce_and",
                "reduce_or",
                "reduce_xor",
                "argmax",
                "argmin",
            ),
            reduction,
        ),
        **dict.fromkeys(("io_callback", "rng_uniform", "infeed"), _impure),
        **dict.fromkeys(DRAWN, draw),
    }
)
