# ruff: noqa: E501
"""Configurations of Hugging Face's language models, as small as they can be."""

from types import SimpleNamespace

import numpy as np

from .inputs import IDS
from .model import Member

CODER = SimpleNamespace(
    vocab_size=11, d_model=8, max_position_embeddings=6, pad_token_id=0, eos_token_id=2, scale_embedding=True,
    encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=12, encoder_layerdrop=0.0, decoder_layers=2,
    decoder_attention_heads=4, decoder_ffn_dim=10, decoder_layerdrop=0.0, dropout=0.1, attention_dropout=0.1,
    activation_dropout=0.1, activation_function="gelu", init_std=0.5, tie_word_embeddings=True,
    gradient_checkpointing=False,
)  # fmt: skip
OWN_HEAD = SimpleNamespace(**{**vars(CODER), "tie_word_embeddings": False, "scale_embedding": False})
PLACES, MASK = (
    np.arange(5, dtype="int32")[None].repeat(2, 0),
    np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "int32"),
)
GPT2 = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_hidden_layers=2, n_inner=None, max_position_embeddings=6,
    resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1, layer_norm_epsilon=1e-5, activation_function="gelu_new",
    initializer_range=0.5, add_cross_attention=False, tie_word_embeddings=True,
)  # fmt: skip
GPT2_ALONE = SimpleNamespace(**{**vars(GPT2), "tie_word_embeddings": False, "n_inner": 12})
GPT2_CROSS = SimpleNamespace(**{**vars(GPT2), "add_cross_attention": True})
GPT2_OF_FLAX = SimpleNamespace(
    vocab_size=11, n_embd=8, n_head=2, n_layer=2, n_inner=None, n_positions=6, resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1,
    scale_attn_weights=True, layer_norm_epsilon=1e-5, activation_function="gelu_new",
)  # fmt: skip
BLOOM = SimpleNamespace(
    vocab_size=11, hidden_size=8, n_head=2, num_hidden_layers=2, layer_norm_epsilon=1e-5, initializer_range=0.5, attention_dropout=0.1,
    hidden_dropout=0.1, apply_residual_connection_post_layernorm=False, tie_word_embeddings=True,
)  # fmt: skip
BLOOM_ALONE = SimpleNamespace(
    **{**vars(BLOOM), "tie_word_embeddings": False, "apply_residual_connection_post_layernorm": True}
)
GEMMA = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=2, intermediate_size=12,
    head_dim=4, hidden_act="silu", hidden_activation="gelu_new", max_position_embeddings=9, rms_norm_eps=1e-6, attention_bias=False,
    attention_dropout=0.1, initializer_range=0.5, rope_theta=1e4, sliding_window=3, tie_word_embeddings=True,
)  # fmt: skip
BERT = SimpleNamespace(
    vocab_size=11, hidden_size=8, embedding_size=6, num_attention_heads=2, num_hidden_layers=2, intermediate_size=12,
    type_vocab_size=2, max_position_embeddings=6, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    layer_norm_eps=1e-5, initializer_range=0.5, is_decoder=False, add_cross_attention=False, tie_word_embeddings=True,
    num_labels=5, classifier_dropout=None,
)  # fmt: skip
BERT_ALONE = SimpleNamespace(**{**vars(BERT), "tie_word_embeddings": False, "embedding_size": 8})
ALBERT = SimpleNamespace(**vars(BERT), num_hidden_groups=2, inner_group_num=1, classifier_dropout_prob=0.1)
ALBERT_ALONE = SimpleNamespace(
    **{**vars(ALBERT), "tie_word_embeddings": False, "num_hidden_layers": 3, "inner_group_num": 2}
)
TOKENS = (IDS, MASK, IDS % 2, np.arange(5, dtype="int32")[None].repeat(2, 0), None)
ROTARY = (*TOKENS[:3], None)  # places are in the attention itself
CHOICES = tuple(None if each is None else np.stack([each, each[:, ::-1], each], 1) for each in TOKENS)
ASKED = SimpleNamespace(
    **{**vars(BERT), "num_labels": 2, "rotary_value": False, "pad_token_id": 0}
)  # where an answer begins, and ends
ROTATED = SimpleNamespace(
    **{**vars(ASKED), "rotary_value": True, "tie_word_embeddings": False, "num_labels": 5}
)
BIG_BIRD = SimpleNamespace(
    **{**vars(BERT_ALONE), "attention_type": "original_full", "block_size": 2, "num_random_blocks": 1, "use_bias": True,
       "rescale_embeddings": False, "sep_token_id": 3},
)  # fmt: skip
SPARSE = SimpleNamespace(
    **{**vars(BIG_BIRD), "attention_type": "block_sparse", "max_position_embeddings": 24}
)
DISTIL = SimpleNamespace(
    vocab_size=11, dim=8, hidden_dim=12, n_heads=2, n_layers=2, max_position_embeddings=6, sinusoidal_pos_embds=False,
    dropout=0.1, attention_dropout=0.1, qa_dropout=0.1, seq_classif_dropout=0.1, activation="gelu", initializer_range=0.5,
    chunk_size_feed_forward=0, num_labels=2, tie_word_embeddings=True, use_return_dict=True, output_attentions=False,
    output_hidden_states=False,
)  # fmt: skip
DISTIL_SINES = SimpleNamespace(**{**vars(DISTIL), "sinusoidal_pos_embds": True, "tie_word_embeddings": False})
GPT_NEO = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_hidden_layers=2, attention_layers=["global", "local"], window_size=3,
    intermediate_size=None, activation_function="gelu_new", max_position_embeddings=6, attention_dropout=0.1,
    embed_dropout=0.1, resid_dropout=0.1, layer_norm_epsilon=1e-5, initializer_range=0.5, tie_word_embeddings=True,
)  # fmt: skip
GPT_J = SimpleNamespace(**vars(GPT2), rotary_dim=2)
VIT = SimpleNamespace(
    image_size=8, patch_size=4, num_channels=3, hidden_size=8, num_attention_heads=2, num_hidden_layers=2,
    intermediate_size=12, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    layer_norm_eps=1e-6, initializer_range=0.5, qkv_bias=True, num_labels=5, use_return_dict=True,
)  # fmt: skip
DINO = SimpleNamespace(
    **vars(VIT),
    mlp_ratio=2,
    layerscale_value=0.5,
    drop_path_rate=0.1,
    use_swiglu_ffn=False,
    output_attentions=False,
    output_hidden_states=False,
)
BEIT = SimpleNamespace(
    **vars(VIT), vocab_size=11, use_mask_token=True, use_absolute_position_embeddings=True, use_relative_position_bias=True,
    use_shared_relative_position_bias=False, layer_scale_init_value=0.5, drop_path_rate=0.1, use_mean_pooling=True,
    output_attentions=False, output_hidden_states=False,
)  # fmt: skip
BEIT_SHARED = SimpleNamespace(
    **{
        **vars(BEIT), "use_relative_position_bias": False, "use_shared_relative_position_bias": True, "use_mean_pooling": False,
        "layer_scale_init_value": 0,
    }
)  # fmt: skip
RESNET = SimpleNamespace(
    num_channels=3, embedding_size=4, hidden_sizes=[8, 12, 12], depths=[2, 1, 2], layer_type="bottleneck", hidden_act="relu",
    downsample_in_first_stage=False, num_labels=5, use_return_dict=True, output_hidden_states=False,
)  # fmt: skip
RESNET_BASIC = SimpleNamespace(**{**vars(RESNET), "layer_type": "basic", "downsample_in_first_stage": True})
REGNET = SimpleNamespace(
    num_channels=3, embedding_size=4, hidden_sizes=[8, 8, 12], depths=[2, 1, 2], groups_width=4, layer_type="y", hidden_act="relu",
    downsample_in_first_stage=True, num_labels=5, use_return_dict=True, output_hidden_states=False,
)  # fmt: skip
XGLM = SimpleNamespace(
    vocab_size=11, d_model=8, num_layers=2, attention_heads=2, ffn_dim=12, max_position_embeddings=6, pad_token_id=0,
    dropout=0.1, attention_dropout=0.1, activation_dropout=0.1, layerdrop=0.0, init_std=0.5, scale_embedding=True,
    activation_function="gelu", add_cross_attention=False, tie_word_embeddings=True,
)  # fmt: skip
_SIGHT = SimpleNamespace(
    hidden_size=8, intermediate_size=12, num_attention_heads=2, num_hidden_layers=2, hidden_act="quick_gelu", layer_norm_eps=1e-5,
    attention_dropout=0.1, image_size=8, patch_size=4, vocab_size=11, max_position_embeddings=6, eos_token_id=4,
    output_attentions=False, output_hidden_states=False, use_return_dict=True,
)  # fmt: skip
CLIP = SimpleNamespace(
    text_config=_SIGHT, vision_config=_SIGHT, projection_dim=6, logit_scale_init_value=2.6, return_dict=True
)
WHISPER = SimpleNamespace(
    **vars(CODER),
    num_mel_bins=6,
    max_source_positions=5,
    max_target_positions=6,
    use_weighted_layer_sum=False,
)
WHISPER_ALONE = SimpleNamespace(**{**vars(WHISPER), "tie_word_embeddings": False})
T5 = SimpleNamespace(
    vocab_size=11, d_model=8, d_kv=3, d_ff=12, num_heads=2, num_layers=2, num_decoder_layers=3, dropout_rate=0.1,
    relative_attention_num_buckets=8, relative_attention_max_distance=16, layer_norm_epsilon=1e-6, initializer_factor=0.5,
    is_gated_act=False, dense_act_fn="relu", tie_word_embeddings=True, use_return_dict=True,
)  # fmt: skip
T5_ALONE = SimpleNamespace(
    **{**vars(T5), "is_gated_act": True, "dense_act_fn": "gelu_new", "tie_word_embeddings": False}
)
GRIFFIN = SimpleNamespace(
    vocab_size=11, width=8, mlp_expanded_width=12, num_heads=2, lru_width=4, attention_window_size=3, num_layers=3,
    block_types=tuple(map(Member, ("RECURRENT", "RECURRENT", "ATTENTION"))), scan_type=Member("AUTO"),
    embeddings_scale_by_sqrt_dim=True, logits_soft_cap=30.0,
)  # fmt: skip
LOCAL_T5 = SimpleNamespace(**vars(T5), encoder_attention_type="local", local_radius=2, global_block_size=2)
GLOBAL_T5 = SimpleNamespace(
    **vars(T5_ALONE), encoder_attention_type="transient-global", local_radius=2, global_block_size=2
)
DECODED = (IDS, MASK, PLACES)
BOTH = (IDS, MASK, IDS[:, ::-1], MASK, PLACES, PLACES)  # of an encoder and a decoder
LONG = (
    *(
        np.stack([row, row[::-1]]).astype("int32")
        for row in (np.arange(24) % 11, np.arange(24) < 18, np.arange(24) % 2)
    ),
    np.arange(24, dtype="int32")[None].repeat(2, 0),
    None,
)
