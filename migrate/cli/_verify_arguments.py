"""The arguments of `migrate-verify`."""

from __future__ import annotations

import argparse
from typing import Any

EPILOG = """\
First both sides are traced, on shapes alone, and brought to one normal form: the same form means that they perform
the same floating-point operations, for every input and all weights (PROVED), in outputs, in the updated state of
every collection, and in the gradients with respect to params and float inputs. Where that fails, both sides are
run on random weights and inputs (nothing stays zero or one), every leaf is disturbed in turn, and the report
names the first operation of each side that the other does not have.

  migrate-verify 'net_linen:Net()' 'net_nnx:Net(64, rngs=nnx.Rngs(0))' --input 'f32[b,64]' --each train=True,False

LINEN and NNX are a module and an expression in it: an instance, or for NNX also a function that builds
one. Modules are looked up in the working directory first. The NNX expression is evaluated as often as needed.

An input is an array as dtype[sizes] (f64 f32 f16 bf16 i8..i64 u8..u64 bool c64 c128; `i32[]` is a scalar) or
a Python literal; NAME=VALUE is a keyword. A size with a name stands for any size in a proof: `b`, `b=8` (8 in
samples), `32*h` (a multiple of 32). Integer arrays are drawn from 0 and 1, booleans are mostly True.

Random numbers: a proof takes the draws of both sides for equal, and checks that keys are shared alike. Where there
is no proof, the same random numbers are put in the place of the draws.

exit codes:
  0  PROVED, or EQUAL: bit for bit, or within the error budget that is printed
  1  DIFFERENT: the report names the arrays and the operations that part
  2  no answer: a module does not import, leaves do not pair, code does not run or trace, wrong usage
"""


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command."""
    made = argparse.ArgumentParser(
        prog="migrate-verify",
        usage="migrate-verify LINEN NNX --input SPEC... [options]",
        description="Prove that a Flax Linen module and its NNX twin compute the same, or show where they part.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("linen", metavar="LINEN", help="the Linen module, as module:expression")
    made.add_argument(
        "nnx", metavar="NNX", help="the NNX model, or a function that builds it, as module:expression"
    )
    _call(made.add_argument_group("the call"))
    _evidence(made.add_argument_group("the evidence"))
    made.add_argument("--json", metavar="FILE", help="also write the report as JSON")
    return made


def _call(group: argparse._ArgumentGroup) -> None:
    many: Any = {"nargs": "+", "action": "extend", "default": []}
    group.add_argument("--input", metavar="SPEC", help="the call's arguments, in order", **many)
    group.add_argument("--kwarg", metavar="NAME=VALUE", help="keyword arguments", type=_kwarg, **many)
    group.add_argument(
        "--each",
        metavar="NAME=VALUE,VALUE",
        help="a keyword argument to verify with each of several values",
        type=_kwarg,
        **many,
    )
    group.add_argument(
        "--method", metavar="M", help="the method to call on both; several are verified in turn", **many
    )
    group.add_argument("--mapping", metavar="FILE", help="renames recorded by migrate-norm --mapping")
    group.add_argument(
        "--class", dest="name", metavar="NAME", help="the model's class, where FILE has several"
    )
    group.add_argument(
        "--checkpoint",
        metavar="SRC",
        help="Orbax checkpoint of Linen variables: the weights of the first sample",
    )


def _evidence(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--steps",
        metavar="N",
        type=_count,
        default=3,
        help="successive calls that carry the state (default 3)",
    )
    group.add_argument(
        "--samples",
        metavar="N",
        type=_count0,
        default=2,
        help="sets of random weights where there is no proof (default 2; 0: a proof or no answer)",
    )
    group.add_argument(
        "--seed", metavar="N", type=_count0, default=0, help="seed of all random values (default 0)"
    )
    group.add_argument(
        "--no-gradients",
        dest="gradients",
        action="store_false",
        help="for code that cannot be differentiated",
    )
    group.add_argument(
        "--unroll",
        action="store_true",
        help="compare scans turn by turn: nn.scan over layers may be a list of layers in NNX",
    )
    group.add_argument("--no-proof", dest="proof", action="store_false", help="samples only")


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
