"""What `migrate-checkpoint` can be asked. Nothing here needs JAX, so help and usage errors are quick."""

import argparse

from ._usage import UsageError

EPILOG = """\
Every leaf of SRC goes to exactly one leaf of DST, with the same shape, dtype, collection and bytes.
DST appears by one rename after it was read back and compared; on any failure there is no DST. SRC is
never changed, an existing DST never overwritten.

  migrate-checkpoint ckpt/linen ckpt/nnx --mapping mapping.json --dry-run
      Print the table of leaves and where each would go; write nothing.

  migrate-checkpoint ckpt/linen ckpt/nnx --mapping mapping.json
      Rename as `migrate-norm --mapping` recorded. Whether the result fits your model is not checked.

  migrate-checkpoint ckpt/linen ckpt/nnx --nnx 'model_nnx:Net(64, rngs=nnx.Rngs(0))'
      Pair with the model's own leaves; whatever is missing, left over or of another shape is an error.

  migrate-checkpoint ckpt/linen ckpt/nnx --linen 'model_linen:Net()' \\
      --nnx 'model_nnx:Net(64, rngs=nnx.Rngs(0))' --input 'f32[8,64]' --input train=False
      Also run both, and write DST only if outputs, updated state and gradients are equal.

Restore DST as Flax documents it. Linen keeps no state of random streams (Dropout), so leave that out
of the target:

  import orbax.checkpoint as ocp
  from flax import nnx
  model = Net(64, rngs=nnx.Rngs(0))
  state = nnx.state(model, nnx.Not(nnx.RngState))
  nnx.update(model, ocp.StandardCheckpointer().restore(path, state))

SRC is a checkpoint of {'params': ..., 'batch_stats': ..., ...} or of the params alone, written by
StandardCheckpointer or PyTreeCheckpointer. Of a CheckpointManager, give the item's folder, such as
ckpt/1000/default.

exit codes:
  0  done (or, with --dry-run, can be done)
  1  refused: the leaves do not fit, or the two models do not compute the same
  2  the command was called wrongly, SRC cannot be read or DST cannot be written
"""


def parser() -> argparse.ArgumentParser:
    """Returns the parser."""
    parser = argparse.ArgumentParser(
        prog="migrate-checkpoint",
        description="Convert an Orbax checkpoint of Flax Linen variables to Flax NNX.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("src", metavar="SRC", help="the Linen checkpoint")
    add("dst", metavar="DST", help="the NNX checkpoint to create")
    add("--mapping", metavar="FILE", help="renames recorded by migrate-norm --mapping")
    add("--class", metavar="NAME", dest="name", help="the model's class, where FILE has several")
    add("--layout", choices=("state", "pure-dict"), default="state", help=LAYOUT)
    add("--dry-run", action="store_true", help="print the table of leaves and write nothing")
    add("--linen", metavar="MODULE:EXPR", help="the Linen module, to compare with --nnx")
    add("--nnx", metavar="MODULE:EXPR", help="the NNX model, or a function that builds it")
    add("--input", metavar="SPEC", action="append", default=[], help=INPUT)
    add("--json", action="store_true", help="print the result as JSON")
    return parser


LAYOUT = "as nnx.state(model) is saved (default), or nnx.to_pure_dict of it"
INPUT = "one argument of the call: an array as 'f32[8,64]', a keyword as train=False; repeatable, in order"


def refuse_contradictions(given: argparse.Namespace) -> None:
    """Raises UsageError for options that make no sense together."""
    if given.linen and not given.nnx:
        raise UsageError("--linen is compared with --nnx, which is missing")
    if given.linen and not given.input:
        raise UsageError("--linen needs at least one --input to call it with, such as --input 'f32[8,64]'")
    if given.linen and given.dry_run:
        raise UsageError(
            "--dry-run writes nothing that --linen could be compared with: leave one of them out"
        )
    if given.input and not given.linen:
        raise UsageError("--input is for calling --linen and --nnx; --linen is missing")
    if given.name and not given.mapping:
        raise UsageError("--class chooses a class of --mapping, which is missing")
