"""What `migrate-checkpoint` can be asked. Nothing here needs JAX, so help and usage errors are quick."""

import argparse
import re

from ._checkpoint_help import EPILOG
from ._usage import UsageError


def parser() -> argparse.ArgumentParser:
    """Returns the parser."""
    parser = argparse.ArgumentParser(
        prog="migrate-checkpoint",
        usage="migrate-checkpoint SRC DST [options]\n"
        "       migrate-checkpoint --inspect SRC\n       migrate-checkpoint --check DST",
        description="Convert a Flax Linen checkpoint to Flax NNX, at any size, without reading its arrays.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("src", metavar="SRC", nargs="?", help="the Linen checkpoint: a folder of Orbax, or a file")
    add("dst", metavar="DST", nargs="?", help="the NNX checkpoint to create")
    add("--inspect", metavar="SRC", help="print what a checkpoint holds, and end")
    add("--check", metavar="DST", help="compare a converted checkpoint with its manifest, and end")
    _what(parser.add_argument_group("which checkpoint"))
    _names(parser.add_argument_group("names"))
    _result(parser.add_argument_group("result"))
    _verification(parser.add_argument_group("verification"))
    return parser


def _what(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--step", metavar="N", type=int, help="the step to convert; the latest by default")
    add("--all-steps", action="store_true", help="convert every step; DST becomes a folder of steps")
    add("--item", metavar="NAME", help="the item of a step; 'default' or 'state' where there are several")
    add("--weights-only", action="store_true", help="of a train state, convert the variables alone")
    add("--separator", metavar="SIGN", help=SEPARATOR)


def _names(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--mapping", metavar="FILE", help="renames recorded by migrate-norm --mapping")
    add("--class", metavar="NAME", dest="name", help="the model's class, where FILE has several")
    add(
        "--nnx",
        metavar="MODULE:EXPR",
        help="the NNX model, or a function that builds it: pair with its leaves",
    )
    add("--reverse", action="store_true", help="convert back: SRC is the NNX checkpoint, DST the Linen one")
    add("--like", metavar="LINEN", help="with --reverse, a Linen checkpoint whose leaves and names DST gets")


def _result(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--layout", choices=("state", "pure-dict", "split"), default="state", help=LAYOUT)
    add("--to", choices=("orbax", "safetensors"), default="orbax", help="the format of DST (orbax)")
    how = group.add_mutually_exclusive_group()
    how.add_argument("--copy", dest="link", action="store_false", default=False, help=COPY)
    how.add_argument("--link", dest="link", action="store_true", help=LINK)
    add(
        "--memory",
        metavar="SIZE",
        type=size,
        default="512M",
        help="the most memory to use, such as 2G (512M)",
    )
    add("--distributed", metavar="HOST:PORT,N,I", nargs="?", const="", help=DISTRIBUTED)
    add("--dry-run", action="store_true", help="print the table of leaves and write nothing")
    add("--json", action="store_true", help="print the result as JSON")


def _verification(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--compare-values", action="store_true", help=VALUES)
    add("--linen", metavar="MODULE:EXPR", help="the Linen module, to compare with --nnx")
    add("--input", metavar="SPEC", action="append", default=[], help=INPUT)


LAYOUT = (
    "as nnx.state(model) is saved (default); nnx.to_pure_dict of it; or the parts of a train state as"
    " checkpoints of their own"
)
SEPARATOR = (
    "what the names of a safetensors or npz file of Linen are split by, such as /; by default the file tells"
)
COPY = "DST shares nothing with SRC: cloned where the file system can (reflink), else copied (default)"
LINK = "DST shares SRC's data files by hard links; see below what that is not safe against"
DISTRIBUTED = (
    "convert with Orbax under jax.distributed, each process its own shards; needs --nnx or --mapping"
)
VALUES = "decode every leaf on both sides and compare: finds data that SRC itself cannot give any more"
INPUT = "one argument of the call: an array as 'f32[8,64]', a keyword as train=False; repeatable, in order"

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
LEAST = 128 << 20


def size(text: str) -> int:
    """Reads a size such as 512M or 2G. Raises argparse.ArgumentTypeError."""
    match = re.fullmatch(r"([0-9]+)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write a number and K, M or G, such as 512M")
    found = int(match[1]) * UNITS[match[2].upper()]
    if found < LEAST:
        raise argparse.ArgumentTypeError(f"{text} is less than the 128M that the libraries alone take")
    return found


def refuse_contradictions(given: argparse.Namespace) -> None:
    """Raises UsageError for options that make no sense together."""
    for wrong, said in _contradictions(given):
        if wrong:
            raise UsageError(said)


def _contradictions(given: argparse.Namespace) -> list[tuple[bool, str]]:
    alone = sum(place is not None for place in (given.inspect, given.check))
    return [
        (alone == 2, "--inspect and --check are two commands: give one of them"),
        (
            alone == 1 and given.src is not None,
            "--inspect and --check take one checkpoint and no SRC and DST",
        ),
        (not alone and given.dst is None, "SRC and DST are needed: what to convert, and what to create"),
        (given.linen and not given.nnx, "--linen is compared with --nnx, which is missing"),
        (
            given.linen and not given.input,
            "--linen needs at least one --input to call it with, such as --input 'f32[8,64]'",
        ),
        (
            given.linen and given.dry_run,
            "--dry-run writes nothing that --linen could be compared with: leave one of them out",
        ),
        (given.input and not given.linen, "--input is for calling --linen and --nnx; --linen is missing"),
        (
            given.linen and given.reverse,
            "--reverse writes Linen variables, which --linen is not compared with",
        ),
        (given.linen and given.to != "orbax", "--linen is compared with what Orbax restores: leave out --to"),
        (
            given.linen and given.all_steps,
            "--all-steps writes several checkpoints: verify one of them with --step",
        ),
        (given.name and not given.mapping, "--class chooses a class of --mapping, which is missing"),
        (given.all_steps and given.step is not None, "--step and --all-steps contradict each other"),
        (
            given.all_steps and given.to != "orbax",
            "--all-steps writes a folder of Orbax checkpoints: leave out --to",
        ),
        (given.like and not given.reverse, "--like gives the names for --reverse, which is missing"),
        (
            given.link and given.to != "orbax",
            "--link shares files of Orbax; a safetensors file is written anew",
        ),
        (
            given.distributed is not None and (given.link or given.to != "orbax" or given.layout == "split"),
            "--distributed writes one Orbax checkpoint anew: leave out --link, --to and --layout split",
        ),
        (
            given.distributed is not None and bool(given.linen or given.all_steps or given.compare_values),
            "--distributed compares shards as it goes: leave out --linen, --all-steps and --compare-values",
        ),
        (
            given.layout == "split" and given.to != "orbax",
            "--layout split makes several checkpoints, a safetensors file is one",
        ),
    ]
