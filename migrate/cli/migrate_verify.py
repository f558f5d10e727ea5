"""`migrate-verify LINEN NNX --input SPEC...`: do a Linen module and its NNX twin compute the same?"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checkpoint.errors import CheckpointError, ConversionError
from ._screen import show, tell, working
from ._specs import SpecError, load_expression, parse_arguments
from ._write import create

if TYPE_CHECKING:
    from ..equivalence import Report

EQUAL, DIFFERENT, NO_ANSWER, INTERRUPTED = 0, 1, 2, 130

EPILOG = """\
Both sides get the same random weights (nothing stays zero or one) and the same random inputs. Compared are
outputs, the updated state of every collection over several calls, and gradients with respect to params
and float inputs; then every leaf is disturbed in turn to see that the result depends on it, and alike.

  migrate-verify 'net_linen:Net()' 'net_nnx:Net(64, rngs=nnx.Rngs(0))' --input 'f32[8,64]' --kwarg train=True

LINEN and NNX are a module and an expression in it: an instance, or for NNX also a function that builds
one. Modules are looked up in the working directory first.

An input is an array as dtype[sizes] (f64 f32 f16 bf16 i8..i64 u8..u64 bool c64 c128; `i32[]` is a scalar) or
a Python literal; NAME=VALUE is a keyword. Integer arrays are drawn from 0 and 1, booleans are mostly True.
Modules that draw random numbers cannot be compared by samples: pass deterministic=True or the like.

exit codes:
  0  EQUAL: bit for bit, or within the error budget that is printed
  1  DIFFERENT: the report names the first call and the arrays that part
  2  no answer: a module does not import, leaves do not pair, code does not run, random draws, wrong usage
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0 for EQUAL, 1 for DIFFERENT, 2 if the two cannot be compared."""
    given = _parser().parse_args(argv)
    try:
        return _verify(given)
    except KeyboardInterrupt:
        tell("migrate-verify: interrupted")
        return INTERRUPTED


def _verify(given: argparse.Namespace) -> int:
    from ..equivalence import EquivalenceError  # and with it JAX, so that help and usage errors are quick

    try:
        with working("comparing"):
            report = _compare(given)
        show(f"{report}\n")
        if given.json:
            create(given.json, (json.dumps(report.to_dict(), indent=2, sort_keys=True) + "\n").encode())
    except (SpecError, EquivalenceError, CheckpointError, ConversionError, OSError) as error:
        tell(f"migrate-verify: {error}")
        return NO_ANSWER
    return EQUAL if report.equal else DIFFERENT


def _compare(given: argparse.Namespace) -> Report:
    from ..equivalence import check_equivalence

    inputs, kwargs = parse_arguments([*given.input, *given.kwarg])
    return check_equivalence(
        load_expression(given.linen),
        load_expression(given.nnx),
        *inputs,
        variables=None if given.checkpoint is None else _variables(Path(given.checkpoint)),
        kwargs=kwargs,
        method=given.method,
        samples=given.samples,
        steps=given.steps,
        seed=given.seed,
        gradients=given.gradients,
    )


def _variables(path: Path) -> Mapping[str, Any]:
    """Returns the Linen variables of a checkpoint. Raises CheckpointError or ConversionError."""
    from ..checkpoint.restore import read_variables

    logging.getLogger("absl").setLevel(logging.CRITICAL)  # Orbax logs tracebacks of what it also raises
    return read_variables(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="migrate-verify",
        usage="migrate-verify LINEN NNX --input SPEC... [options]",
        description="Compare a Flax Linen module with its NNX twin on random weights and inputs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("linen", metavar="LINEN", help="the Linen module, as module:expression")
    add("nnx", metavar="NNX", help="the NNX model, or a function that builds it, as module:expression")
    add(
        "--input",
        metavar="SPEC",
        nargs="+",
        action="extend",
        default=[],
        help="the call's arguments, in order",
    )
    add(
        "--kwarg",
        metavar="NAME=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="keyword arguments",
        type=_kwarg,
    )
    add(
        "--checkpoint",
        metavar="SRC",
        help="Orbax checkpoint of Linen variables: the weights of the first sample",
    )
    add("--method", metavar="M", default="__call__", help="the method to call on both (default __call__)")
    add(
        "--steps",
        metavar="N",
        type=_count,
        default=3,
        help="successive calls that carry the state (default 3)",
    )
    add("--samples", metavar="N", type=_count, default=2, help="sets of random weights (default 2)")
    add("--seed", metavar="N", type=_count0, default=0, help="seed of all random values (default 0)")
    add(
        "--no-gradients",
        dest="gradients",
        action="store_false",
        help="for code that cannot be differentiated",
    )
    add("--json", metavar="FILE", help="also write the report as JSON")
    return parser


def _kwarg(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as train=False")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _count0(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)
