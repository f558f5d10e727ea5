# ruff: noqa: E501
"""Models of flax's own examples."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from .inputs import IDS
from .model import Model, f32

_TAGGER = SimpleNamespace(
    vocab_size=5, output_vocab_size=3, dtype=jnp.float32, emb_dim=8, num_heads=2, num_layers=2, qkv_dim=8, mlp_dim=16, max_len=9,
    dropout_rate=0.1, attention_dropout_rate=0.1, kernel_init=jax.nn.initializers.xavier_uniform(),
    bias_init=jax.nn.initializers.normal(), posemb_init=jax.nn.initializers.normal(),
)  # fmt: skip

_SEQUENCES = SimpleNamespace(
    vocab_size=7, output_vocab_size=7, share_embeddings=False, logits_via_embedding=False, dtype=jnp.float32, emb_dim=8,
    num_heads=2, num_layers=2, qkv_dim=8, mlp_dim=16, max_len=9, dropout_rate=0.1, attention_dropout_rate=0.1, deterministic=True,
    decode=False, kernel_init=jax.nn.initializers.xavier_uniform(), bias_init=jax.nn.initializers.normal(), posemb_init=None,
)  # fmt: skip
_TIED = SimpleNamespace(**{**vars(_SEQUENCES), "share_embeddings": True, "logits_via_embedding": True})

_TEXTS = {
    "embedding_size": 6, "hidden_size": 4, "vocab_size": 11, "output_size": 3, "dropout_rate": 0.1, "word_dropout_rate": 0.1,
}  # fmt: skip

EXAMPLES = (
    Model(
        "flax", "flax-0.12.8/examples/ppo/models.py", "ActorCritic", {"num_outputs": 3}, (f32(1, 36, 36, 4),)
    ),
    Model(
        "flax", "flax-0.12.8/examples/vae/models.py", "VAE", {"latents": 4}, (f32(2, 784), jax.random.key(0))
    ),
    Model(
        "flax",
        "flax-0.12.8/examples/nlp_seq/models.py",
        "Transformer",
        {"config": _TAGGER},
        (),
        {"inputs": IDS, "train": False},
    ),
    Model(
        "flax",
        "/examples/sst2/models.py",
        "TextClassifier",
        _TEXTS,
        (IDS, np.array([5, 3], "int32")),
        {"deterministic": True},
    ),
    *(
        Model(
            "flax",
            "flax-0.12.8/examples/imagenet/models.py",
            name,
            {"stage_sizes": [2, 1], "num_classes": 3, "num_filters": 4, "dtype": dtype},
            (f32(2, 16, 16, 3),),
            {"train": False},
            "ResNet",
            ("ResNet18", "ResNet50", "ResNet18Local"),
        )
        for name, dtype in (("ResNet18", jnp.float32), ("ResNet50", jnp.float32), ("ResNet50", jnp.bfloat16))
    ),
    Model(
        "neural-tangents",
        "tests/empirical_test.py",
        "_ResNet18",
        {"num_classes": 3},
        (f32(2, 16, 16, 3),),
        {"train": False},
        "_ResNet",
    ),
    *(
        Model("flax", "flax-0.12.8/examples/wmt/models.py", "Transformer", {"config": config}, (IDS, IDS))
        for config in (_SEQUENCES, _TIED)
    ),
    *(
        Model("flax", "flax-0.12.8/examples/lm1b/models.py", "TransformerLM", {"config": config}, (IDS,))
        for config in (_SEQUENCES, SimpleNamespace(**{**vars(_TIED), "share_embeddings": False}))
    ),
)
