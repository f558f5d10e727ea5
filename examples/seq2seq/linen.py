"""A recurrent encoder and decoder: the decoder starts from the encoder's last state."""

import jax.numpy as jnp
from flax import linen as nn


class DecoderCell(nn.RNNCellBase):
    """One step: what was predicted last is the next input, unless the teacher is listened to."""

    width: int
    vocab: int
    teacher: bool

    @nn.compact
    def __call__(self, carry, x):
        state, last = carry
        x = nn.Embed(self.vocab, self.width)(x if self.teacher else last)
        state, y = nn.LSTMCell(self.width)(state, x)
        logits = nn.Dense(self.vocab)(y)
        return (state, jnp.argmax(logits, axis=-1)), logits

    @property
    def num_feature_axes(self):
        return 0


class Seq2seq(nn.Module):
    """Gives the logits of each output token. Token 0 is padding, token 1 ends a sequence."""

    width: int
    vocab: int
    teacher: bool = True

    @nn.compact
    def __call__(self, source, target):
        x = nn.Embed(self.vocab, self.width, name="embed")(source)
        encoder = nn.RNN(nn.LSTMCell(self.width), return_carry=True, name="encoder")
        state, _ = encoder(x, seq_lengths=jnp.argmax(source == 1, axis=-1) + 1)
        decoder = nn.RNN(DecoderCell(self.width, self.vocab, self.teacher), name="decoder")
        return decoder(target, initial_carry=(state, target[:, 0]))
