"""A sentence classifier: embedding, LSTM, attention over the steps."""

import jax.numpy as jnp
from flax import linen as nn


class AttentionPool(nn.Module):
    """Weighs the steps by a learned query (Bahdanau)."""

    hidden_size: int

    @nn.compact
    def __call__(self, encoded, mask):
        query = self.param("query", nn.initializers.normal(), (self.hidden_size,))
        keys = nn.Dense(self.hidden_size, use_bias=False, name="keys")(encoded)
        scores = nn.Dense(1, use_bias=False, name="energy")(jnp.tanh(keys + query))
        scores = jnp.where(mask, scores.squeeze(-1), -jnp.inf)
        weights = nn.softmax(scores)
        return jnp.einsum("bs,bsd->bd", weights, encoded)


class TextClassifier(nn.Module):
    embedding_size: int
    hidden_size: int
    vocab_size: int
    output_size: int
    dropout_rate: float = 0.5
    word_dropout: bool = True

    def setup(self):
        self.embedder = nn.Embed(self.vocab_size, self.embedding_size)
        self.dropout = nn.Dropout(rate=self.dropout_rate)
        self.encoder = nn.RNN(nn.OptimizedLSTMCell(self.hidden_size))
        self.pool = AttentionPool(self.hidden_size)
        self.classifier = nn.Sequential([nn.Dense(self.hidden_size), nn.tanh, nn.Dense(self.output_size)])

    def __call__(self, token_ids, lengths, deterministic: bool = True):
        # (batch, steps, embedding)
        embedded = self.embedder(token_ids)
        if self.word_dropout:
            embedded = self.dropout(embedded, deterministic=deterministic)
        encoded = self.encoder(embedded, seq_lengths=lengths)
        mask = jnp.arange(token_ids.shape[1])[None] < lengths[:, None]
        context = self.pool(encoded, mask)
        return self.classifier(self.dropout(context, deterministic=deterministic))
