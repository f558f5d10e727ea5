"""What `migrate-checkpoint --help` teaches."""

EPILOG = """\
Every leaf of SRC goes to exactly one leaf of DST (or one part of it), with the same dtype, collection and
bytes. In an Orbax checkpoint only names change: its data files are copied or linked as they are, and only
leaves whose values change (stacked layers, joined gates) are decoded. DST appears by one rename after it was
read back and compared (names, shapes, where chunks lie, the values of decoded leaves); on any failure there is
no DST. SRC is never changed, an existing DST never overwritten. DST/migrate-norm.json notes where each leaf
went, with a digest of the bytes as they left SRC, which --check compares with what DST holds.

  migrate-checkpoint --inspect ckpt/linen
      Print the tree of a checkpoint with its shapes and sizes.

  migrate-checkpoint ckpt/linen ckpt/nnx --mapping mapping.json --dry-run
      Print the table of leaves and where each would go; write nothing.

  migrate-checkpoint ckpt/linen ckpt/nnx --mapping mapping.json
      Rename as `migrate-norm --mapping` recorded. Whether the result fits your model is not checked.

  migrate-checkpoint ckpt/linen ckpt/nnx --nnx 'model_nnx:Net(64, rngs=nnx.Rngs(0))'
      Pair with the model's own leaves; whatever is missing, left over or of another shape is an error.

  migrate-checkpoint ckpt/linen ckpt/nnx --linen 'model_linen:Net()' \\
      --nnx 'model_nnx:Net(64, rngs=nnx.Rngs(0))' --input 'f32[8,64]' --input train=False
      Also run both, and write DST only if outputs, updated state and gradients are equal.

  migrate-checkpoint ckpt/nnx_step_9000 ckpt/linen --reverse --like ckpt/linen_step_1000
      Back to Linen, under the names of an earlier Linen checkpoint.

SRC is
  - a folder of Orbax: a checkpoint of StandardCheckpointer or PyTreeCheckpointer, an item, a step, or the
    folder of a CheckpointManager or of flax.training.checkpoints (the latest step, unless --step says);
  - a file: msgpack of flax.serialization or flax.training, safetensors, npz.
SRC and DST may be in an object store (gs://..., s3://..., or a TensorStore spec as JSON): SRC is then fetched to
a temporary folder first, a DST sent at the end, the files that make it a checkpoint last. Every object is
written at once, so the largest file of DST (up to 2 GB) may take half of --memory.
It holds variables ({'params': ..., 'batch_stats': ...}), the params alone, or a train state. Of the last,
DST holds `model` and `optimizer`, as nnx.state(nnx.Optimizer(...)) is saved, and the fields of your own.

Restore DST as Flax documents it. Linen keeps no state of random streams (Dropout), so leave that out
of the target:

  import orbax.checkpoint as ocp
  from flax import nnx
  model = Net(64, rngs=nnx.Rngs(0))
  state = nnx.state(model, nnx.Not(nnx.RngState))
  nnx.update(model, ocp.StandardCheckpointer().restore(path, state))

and of a train state

  optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
  target = {'model': state, 'optimizer': nnx.state(optimizer)}
  found = ocp.StandardCheckpointer().restore(path, target)
  nnx.update(model, found['model'])
  nnx.update(optimizer, found['optimizer'])

which goes on in a TrainState of flax.training, as migrate-norm leaves one, by

  leaves = jax.tree.leaves(optimizer.opt_state)
  train_state = train_state.replace(
      step=optimizer.step[...],
      params=nnx.state(model, nnx.Param),  # and each other collection that it carries
      opt_state=jax.tree.unflatten(jax.tree.structure(train_state.opt_state), leaves),
  )

--link: data files of Orbax are written once and never changed, so deleting SRC, overwriting it with
Orbax (force=True) or training on leaves DST whole. It is not safe against programs that write into the
files of a checkpoint in place, nor against a bad block: there is one copy of the bytes, with one set of
permissions. --check then looks at names and places only, not at contents.

exit codes:
  0  done (or, with --dry-run, can be done; with --check, all is as noted)
  1  refused: the leaves do not fit, or the two models do not compute the same; --check found a difference
  2  the command was called wrongly, SRC cannot be read or DST cannot be written
"""
