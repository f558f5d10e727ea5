"""A sentence classifier: embedding, LSTM, attention over the steps."""

import jax.numpy as jnp
from flax import nnx


class AttentionPool(nnx.Module):
    """Weighs the steps by a learned query (Bahdanau)."""

    def __init__(self, in_features: int, hidden_size: int, *, rngs: nnx.Rngs):
        self.query = nnx.Param(nnx.initializers.normal()(rngs.params(), (hidden_size,)))
        self.keys = nnx.Linear(in_features, hidden_size, use_bias=False, rngs=rngs)
        self.energy = nnx.Linear(hidden_size, 1, use_bias=False, rngs=rngs)

    def __call__(self, encoded, mask):
        keys = self.keys(encoded)
        scores = self.energy(jnp.tanh(keys + self.query))
        scores = jnp.where(mask, scores.squeeze(-1), -jnp.inf)
        weights = nnx.softmax(scores)
        return jnp.einsum("bs,bsd->bd", weights, encoded)


class TextClassifier(nnx.Module):
    def __init__(
        self,
        embedding_size: int,
        hidden_size: int,
        vocab_size: int,
        output_size: int,
        dropout_rate: float = 0.5,
        word_dropout: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.word_dropout = word_dropout
        self.embedder = nnx.Embed(vocab_size, embedding_size, rngs=rngs)
        self.dropout = nnx.Dropout(rate=dropout_rate, rngs=rngs)
        self.encoder = nnx.RNN(nnx.LSTMCell(embedding_size, hidden_size, rngs=rngs), rngs=rngs)
        self.pool = AttentionPool(hidden_size, hidden_size, rngs=rngs)
        self.classifier = nnx.Sequential(
            nnx.Linear(hidden_size, hidden_size, rngs=rngs),
            nnx.tanh,
            nnx.Linear(hidden_size, output_size, rngs=rngs),
        )

    def __call__(self, token_ids, lengths, deterministic: bool = True):
        # (batch, steps, embedding)
        embedded = self.embedder(token_ids)
        if self.word_dropout:
            embedded = self.dropout(embedded, deterministic=deterministic)
        encoded = self.encoder(embedded, seq_lengths=lengths)
        mask = jnp.arange(token_ids.shape[1])[None] < lengths[:, None]
        context = self.pool(encoded, mask)
        return self.classifier(self.dropout(context, deterministic=deterministic))
