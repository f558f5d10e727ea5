"""A recurrent encoder and decoder: the decoder starts from the encoder's last state."""

import jax.numpy as jnp
from flax import nnx


class DecoderCell(nnx.RNNCellBase):
    """One step: what was predicted last is the next input, unless the teacher is listened to."""

    def __init__(self, width: int, vocab: int, teacher: bool, *, rngs: nnx.Rngs):
        self.teacher = teacher
        self.embed_0 = nnx.Embed(vocab, width, rngs=rngs)
        self.lstm_cell_0 = nnx.LSTMCell(width, width, rngs=rngs)
        self.dense_0 = nnx.Linear(width, vocab, rngs=rngs)

    def __call__(self, carry, x):
        state, last = carry
        x = self.embed_0(x if self.teacher else last)
        state, y = self.lstm_cell_0(state, x)
        logits = self.dense_0(y)
        return (state, jnp.argmax(logits, axis=-1)), logits

    @property
    def num_feature_axes(self):
        return 0


class Seq2seq(nnx.Module):
    """Gives the logits of each output token. Token 0 is padding, token 1 ends a sequence."""

    def __init__(self, width: int, vocab: int, teacher: bool = True, *, rngs: nnx.Rngs):
        self.embed = nnx.Embed(vocab, width, rngs=rngs)
        self.encoder = nnx.RNN(nnx.LSTMCell(width, width, rngs=rngs), return_carry=True, rngs=rngs)
        self.decoder = nnx.RNN(DecoderCell(width, vocab, teacher, rngs=rngs), rngs=rngs)

    def __call__(self, source, target):
        x = self.embed(source)
        state, _ = self.encoder(x, seq_lengths=jnp.argmax(source == 1, axis=-1) + 1)
        return self.decoder(target, initial_carry=(state, target[:, 0]))
