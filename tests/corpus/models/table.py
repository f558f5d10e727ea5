# ruff: noqa: E501
"""Whole models that nobody here wrote, in configurations that are tiny."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from migrate_norm.equivalence import InputSpec

_NONE: Mapping[str, Any] = MappingProxyType({})


class Model(NamedTuple):
    """One class: the arguments of its Linen constructor, and those of a call."""

    package: str
    path: str
    name: str
    arguments: Mapping[str, Any] = _NONE
    inputs: tuple[Any, ...] = ()
    call: Mapping[str, Any] = _NONE

    def __str__(self) -> str:
        return f"{self.package} {self.name}"


@dataclass(frozen=True, eq=False)
class Member:
    """Equal to the member of this name of any enum: each side of a comparison has loaded a file of its own."""

    name: str

    def __eq__(self, other: object) -> bool:
        return getattr(other, "name", None) == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def _f32(*shape: int) -> InputSpec:
    return InputSpec("float32", shape)


_X, _ACTION, _FRAMES, _DIGITS = _f32(4, 6), _f32(4, 2), _f32(2, 16, 16, 3), _f32(2, 28, 28, 1)
_IDS = np.array([[1, 2, 3, 4, 0], [4, 3, 2, 1, 0]], "int32")
_CRITIC = {"net_arch": (8, 8), "n_critics": 3}

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

_SPREAD = {
    "param_size": 2,
    "hidden_layer_sizes": (8, 6),
    "activation": jax.nn.relu,
    "kernel_init": jax.nn.initializers.normal(),
    "layer_norm": True,
    "init_noise_std": 0.5,
}

_POLICIES = (
    *(
        Model(
            "brax",
            "training/networks.py",
            "PolicyModuleWithStd",
            {**_SPREAD, "noise_std_type": kind, "state_dependent_std": told},
            (_X,),
        )
        for kind, told in (("scalar", False), ("log", False), ("log", True))
    ),
    Model("brax", "training/networks.py", "MLP", {"layer_sizes": (8, 8, 3), "layer_norm": True}, (_X,)),
    Model(
        "brax",
        "training/networks.py",
        "CNN",
        {"num_filters": (4, 5), "kernel_sizes": ((3, 3), (3, 3)), "strides": ((1, 1), (2, 2))},
        (_FRAMES,),
    ),
    Model(
        "brax",
        "training/networks.py",
        "DistributionalCritic",
        {
            "hidden_layer_sizes": (8,),
            "activation": jax.nn.relu,
            "kernel_init": jax.nn.initializers.lecun_uniform(),
        },
        (_X,),
    ),
    Model("dopamine-rl", "jax/networks.py", "NatureDQNNetwork", {"num_actions": 3}, (_f32(1, 36, 36, 2),)),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ClassicControlDQNNetwork",
        {"num_actions": 3, "hidden_units": 8},
        (_f32(6),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "RainbowNetwork",
        {"num_actions": 3, "num_atoms": 5},
        (_f32(1, 36, 36, 2), np.linspace(-1, 1, 5, dtype="f")),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "QuantileNetwork",
        {"num_actions": 3, "num_atoms": 5},
        (_f32(1, 36, 36, 2),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ImplicitQuantileNetwork",
        {"num_actions": 3, "quantile_embedding_dim": 4},
        (_f32(1, 36, 36, 2), 4, jax.random.PRNGKey(0)),
    ),
    Model(
        "dopamine-rl",
        "minatar/minatar_env.py",
        "MinatarDQNNetwork",
        {"num_actions": 3},
        (_f32(1, 10, 10, 4),),
    ),
    Model(
        "dopamine-rl",
        "jax/networks.py",
        "ClassicControlRainbowNetwork",
        {"num_actions": 3, "num_atoms": 5, "hidden_units": 8},
        (_f32(6), np.linspace(-1, 1, 5, dtype="f")),
    ),
    Model("dopamine-rl", "jax/networks.py", "PPOSharedNetwork", {}, (_f32(1, 36, 36, 2),)),
    Model("sbx-rl", "sbx/common/policies.py", "ContinuousCritic", {"net_arch": (8, 8)}, (_X, _ACTION)),
    Model("sbx-rl", "sbx/dqn/policies.py", "QNetwork", {"n_actions": 3, "n_units": 8}, (_X,)),
    Model(
        "sbx-rl", "sbx/dqn/policies.py", "CnnQNetwork", {"n_actions": 3, "n_units": 8}, (_f32(2, 3, 36, 36),)
    ),
    Model("sbx-rl", "sbx/common/policies.py", "VectorCritic", _CRITIC, (_X, _ACTION)),
    Model("sbx-rl", "sbx/common/policies.py", "SimbaVectorCritic", _CRITIC, (_X, _ACTION)),
    Model(
        "rejax",
        "rejax/networks.py",
        "DuelingQNetwork",
        {"action_dim": 3, "hidden_layer_sizes": (8,), "activation": jax.nn.relu},
        (_X,),
    ),
    Model(
        "rejax",
        "rejax/networks.py",
        "DeterministicPolicy",
        {"action_dim": 3, "action_range": (-1.0, 1.0), "hidden_layer_sizes": (8,), "activation": jax.nn.relu},
        (_X,),
    ),
    Model("qdax", "networks/networks.py", "MLP", {"layer_sizes": (8, 3)}, (_X,)),
    Model("qdax", "networks/networks.py", "MLPDC", {"layer_sizes": (8, 3)}, (_X, _ACTION)),
    Model("qdax", "networks/sac_networks.py", "Actor", {"action_size": 3, "hidden_layer_size": (8,)}, (_X,)),
    Model("qdax", "networks/sac_networks.py", "Critic", {"hidden_layer_size": (8,)}, (_X, _ACTION)),
    Model(
        "qdax",
        "networks/diayn_networks.py",
        "Discriminator",
        {"num_skills": 3, "hidden_layer_size": (8,)},
        (_X,),
    ),
    Model("evojax", "policy/convnet.py", "CNN", {}, (_DIGITS,)),
    Model("evojax", "policy/mlp.py", "MLP", {"feat_dims": (5, 4), "out_dim": 2, "out_fn": "tanh"}, (_X,)),
)
_SCIENCE = (
    Model("netket", "models/jastrow.py", "Jastrow", {"param_dtype": jnp.float32}, (_X,)),
    Model("netket", "models/gaussian.py", "Gaussian", {}, (_X,)),
    Model("netket", "nn/blocks/mlp.py", "MLP", {"hidden_dims": (8, 5), "param_dtype": jnp.float32}, (_X,)),
    Model("ott-jax", "networks/potentials.py", "MLP", {"dim_hidden": (5, 4, 1)}, (_X,)),
    Model(
        "aws-fortuna",
        "model/cnn.py",
        "CNN",
        {"output_dim": 3, "dropout_rate": 0.2},
        (_DIGITS,),
        {"train": False},
    ),
    Model("aws-fortuna", "model/lenet.py", "LeNet5", {"output_dim": 3}, (_DIGITS,)),
    Model("aws-fortuna", "model/linear.py", "LinearModel", {"output_dim": 3}, (_X,)),
)
_EXAMPLES = (
    Model(
        "flax", "flax-0.12.8/examples/ppo/models.py", "ActorCritic", {"num_outputs": 3}, (_f32(1, 36, 36, 4),)
    ),
    Model(
        "flax", "flax-0.12.8/examples/vae/models.py", "VAE", {"latents": 4}, (_f32(2, 784), jax.random.key(0))
    ),
    Model(
        "flax",
        "flax-0.12.8/examples/nlp_seq/models.py",
        "Transformer",
        {"config": _TAGGER},
        (),
        {"inputs": _IDS, "train": False},
    ),
    Model("flax", "flax-0.12.8/examples/imagenet/models.py", "ResNet"),
    *(
        Model("flax", "flax-0.12.8/examples/wmt/models.py", "Transformer", {"config": config}, (_IDS, _IDS))
        for config in (_SEQUENCES, _TIED)
    ),
    *(
        Model("flax", "flax-0.12.8/examples/lm1b/models.py", "TransformerLM", {"config": config}, (_IDS,))
        for config in (_SEQUENCES, SimpleNamespace(**{**vars(_TIED), "share_embeddings": False}))
    ),
    Model("flax", "flax-0.12.8/examples/seq2seq/models.py", "Seq2seq"),
)
_SPATIAL = {"in_channels": 32, "n_heads": 4, "d_head": 8, "depth": 2, "dropout": 0.1}
_STAGES = {"block_out_channels": (4, 8), "norm_num_groups": 2}
_VISION = (
    Model(
        "jax-models",
        "models/conv_mixer.py",
        "ConvMixer",
        {"features": 8, "patch_size": 4, "num_mixer_layers": 2, "filter_size": 3, "num_classes": 5},
        (_FRAMES,),
        {"deterministic": True},
    ),
    Model(
        "jax-models", "models/cait.py", "CaiT",
        {"patch_size": 4, "embed_dim": 8, "depth": 2, "num_heads": 2, "num_classes": 5}, (_FRAMES,),
        {"deterministic": True},
    ),
    Model("jax-models", "models/swin_transformer.py", "SwinTransformer"),
    Model(
        "jax-models", "models/poolformer.py", "S12",
        {"attach_head": True, "num_classes": 5}, (_f32(1, 32, 32, 3),), {"deterministic": True},
    ),
    Model(
        "jax-models", "models/pvit.py", "Block",
        {"dim": 8, "num_heads": 2, "linear": True}, (_f32(2, 196, 8), 14, 14), {"deterministic": True},
    ),
    Model(
        "jax-models", "models/convnext.py", "ConvNeXt",
        {"depths": (1, 2, 1, 1), "dims": (4, 6, 8, 5), "num_classes": 3}, (_f32(2, 32, 32, 3),), {"deterministic": True},
    ),
    Model("flaxmodels", "resnet/resnet.py", "ResNet"),
    Model("flaxmodels", "stylegan2/generator.py", "Generator"),
    Model("jax-resnet", "jax_resnet/resnet.py", "ResNet"),
    *(
        Model(
            "diffusers", "models/attention_flax.py", "FlaxTransformer2DModel", {**_SPATIAL, **more},
            (_f32(2, 4, 4, 32), _f32(2, 5, 6)),
        )
        for more in ({}, {"only_cross_attention": True, "use_linear_projection": True, "split_head_dim": True})
    ),
    Model(
        "diffusers", "unets/unet_2d_blocks_flax.py", "FlaxUNetMidBlock2DCrossAttn", {"in_channels": 32, "num_attention_heads": 2},
        (_f32(2, 4, 4, 32), _f32(2, 7), _f32(2, 5, 6)),
    ),
    *(
        Model(
            "diffusers", "unets/unet_2d_blocks_flax.py", "FlaxCrossAttnDownBlock2D",
            {"in_channels": 32, "out_channels": 64, "num_layers": 2, "num_attention_heads": 2, "add_downsample": samples},
            (_f32(1, 4, 4, 32), _f32(1, 7), _f32(1, 5, 6)),
        )
        for samples in (True, False)
    ),
    Model(
        "diffusers", "models/vae_flax.py", "FlaxUNetMidBlock2D", {"in_channels": 8, "resnet_groups": 4, "num_attention_heads": None},
        (_f32(2, 4, 4, 8),),
    ),
    *(
        Model(
            "diffusers", "models/vae_flax.py", name, {**_STAGES, types: (kind, kind), "layers_per_block": 1},
            (_f32(1, 8, 8, 3),),
        )
        for name, types, kind in (
            ("FlaxEncoder", "down_block_types", "DownEncoderBlock2D"), ("FlaxDecoder", "up_block_types", "UpDecoderBlock2D"),
        )
    ),
    Model(
        "diffusers", "models/controlnet_flax.py", "FlaxControlNetConditioningEmbedding",
        {"conditioning_embedding_channels": 5, "block_out_channels": (4, 6, 7)}, (_f32(1, 8, 8, 3),),
    ),
    Model(
        "diffusers", "unets/unet_2d_condition_flax.py", "FlaxUNet2DConditionModel",
        {
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "block_out_channels": (32, 64), "layers_per_block": 1, "attention_head_dim": 2, "cross_attention_dim": 6,
        },
        (_f32(1, 4, 8, 8), np.array([3], "int32"), _f32(1, 5, 6)),
    ),
    Model(
        "diffusers", "models/vae_flax.py", "FlaxAutoencoderKL",
        {
            **_STAGES, "down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2,
            "latent_channels": 4,
        },
        (_f32(2, 3, 8, 4),),
    ),
)  # fmt: skip
_CODER = SimpleNamespace(
    vocab_size=11, d_model=8, max_position_embeddings=6, pad_token_id=0, eos_token_id=2, scale_embedding=True,
    encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=12, encoder_layerdrop=0.0, decoder_layers=2,
    decoder_attention_heads=4, decoder_ffn_dim=10, decoder_layerdrop=0.0, dropout=0.1, attention_dropout=0.1,
    activation_dropout=0.1, activation_function="gelu", init_std=0.5, tie_word_embeddings=True,
    gradient_checkpointing=False,
)  # fmt: skip
_OWN_HEAD = SimpleNamespace(**{**vars(_CODER), "tie_word_embeddings": False, "scale_embedding": False})
_PLACES, _MASK = (
    np.arange(5, dtype="int32")[None].repeat(2, 0),
    np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "int32"),
)
_GPT2 = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_hidden_layers=2, n_inner=None, max_position_embeddings=6,
    resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1, layer_norm_epsilon=1e-5, activation_function="gelu_new",
    initializer_range=0.5, add_cross_attention=False, tie_word_embeddings=True,
)  # fmt: skip
_GPT2_ALONE = SimpleNamespace(**{**vars(_GPT2), "tie_word_embeddings": False, "n_inner": 12})
_GPT2_CROSS = SimpleNamespace(**{**vars(_GPT2), "add_cross_attention": True})
_BLOOM = SimpleNamespace(
    vocab_size=11, hidden_size=8, n_head=2, num_hidden_layers=2, layer_norm_epsilon=1e-5, initializer_range=0.5, attention_dropout=0.1,
    hidden_dropout=0.1, apply_residual_connection_post_layernorm=False, tie_word_embeddings=True,
)  # fmt: skip
_BLOOM_ALONE = SimpleNamespace(
    **{**vars(_BLOOM), "tie_word_embeddings": False, "apply_residual_connection_post_layernorm": True}
)
_GEMMA = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=2, intermediate_size=12,
    head_dim=4, hidden_act="silu", hidden_activation="gelu_new", max_position_embeddings=9, rms_norm_eps=1e-6, attention_bias=False,
    attention_dropout=0.1, initializer_range=0.5, rope_theta=1e4, sliding_window=3, tie_word_embeddings=True,
)  # fmt: skip
_BERT = SimpleNamespace(
    vocab_size=11, hidden_size=8, embedding_size=6, num_attention_heads=2, num_hidden_layers=2, intermediate_size=12,
    type_vocab_size=2, max_position_embeddings=6, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    layer_norm_eps=1e-5, initializer_range=0.5, is_decoder=False, add_cross_attention=False, tie_word_embeddings=True,
    num_labels=5, classifier_dropout=None,
)  # fmt: skip
_BERT_ALONE = SimpleNamespace(**{**vars(_BERT), "tie_word_embeddings": False, "embedding_size": 8})
_ALBERT = SimpleNamespace(**vars(_BERT), num_hidden_groups=2, inner_group_num=1, classifier_dropout_prob=0.1)
_ALBERT_ALONE = SimpleNamespace(
    **{**vars(_ALBERT), "tie_word_embeddings": False, "num_hidden_layers": 3, "inner_group_num": 2}
)
_TOKENS = (_IDS, _MASK, _IDS % 2, np.arange(5, dtype="int32")[None].repeat(2, 0), None)
_ROTARY = (*_TOKENS[:3], None)  # places are in the attention itself
_CHOICES = tuple(None if each is None else np.stack([each, each[:, ::-1], each], 1) for each in _TOKENS)
_ASKED = SimpleNamespace(
    **{**vars(_BERT), "num_labels": 2, "rotary_value": False, "pad_token_id": 0}
)  # where an answer begins, and ends
_ROTATED = SimpleNamespace(
    **{**vars(_ASKED), "rotary_value": True, "tie_word_embeddings": False, "num_labels": 5}
)
_DISTIL = SimpleNamespace(
    vocab_size=11, dim=8, hidden_dim=12, n_heads=2, n_layers=2, max_position_embeddings=6, sinusoidal_pos_embds=False,
    dropout=0.1, attention_dropout=0.1, qa_dropout=0.1, seq_classif_dropout=0.1, activation="gelu", initializer_range=0.5,
    chunk_size_feed_forward=0, num_labels=2, tie_word_embeddings=True, use_return_dict=True, output_attentions=False,
    output_hidden_states=False,
)  # fmt: skip
_DISTIL_SINES = SimpleNamespace(
    **{**vars(_DISTIL), "sinusoidal_pos_embds": True, "tie_word_embeddings": False}
)
_GPT_NEO = SimpleNamespace(
    vocab_size=11, hidden_size=8, num_attention_heads=2, num_hidden_layers=2, attention_layers=["global", "local"], window_size=3,
    intermediate_size=None, activation_function="gelu_new", max_position_embeddings=6, attention_dropout=0.1,
    embed_dropout=0.1, resid_dropout=0.1, layer_norm_epsilon=1e-5, initializer_range=0.5, tie_word_embeddings=True,
)  # fmt: skip
_GPT_J = SimpleNamespace(**vars(_GPT2), rotary_dim=2)
_VIT = SimpleNamespace(
    image_size=8, patch_size=4, num_channels=3, hidden_size=8, num_attention_heads=2, num_hidden_layers=2,
    intermediate_size=12, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    layer_norm_eps=1e-6, initializer_range=0.5, qkv_bias=True, num_labels=5, use_return_dict=True,
)  # fmt: skip
_DINO = SimpleNamespace(
    **vars(_VIT),
    mlp_ratio=2,
    layerscale_value=0.5,
    drop_path_rate=0.1,
    use_swiglu_ffn=False,
    output_attentions=False,
    output_hidden_states=False,
)
_BEIT = SimpleNamespace(
    **vars(_VIT), vocab_size=11, use_mask_token=True, use_absolute_position_embeddings=True, use_relative_position_bias=True,
    use_shared_relative_position_bias=False, layer_scale_init_value=0.5, drop_path_rate=0.1, use_mean_pooling=True,
    output_attentions=False, output_hidden_states=False,
)  # fmt: skip
_BEIT_SHARED = SimpleNamespace(
    **{
        **vars(_BEIT), "use_relative_position_bias": False, "use_shared_relative_position_bias": True, "use_mean_pooling": False,
        "layer_scale_init_value": 0,
    }
)  # fmt: skip
_RESNET = SimpleNamespace(
    num_channels=3, embedding_size=4, hidden_sizes=[8, 12, 12], depths=[2, 1, 2], layer_type="bottleneck", hidden_act="relu",
    downsample_in_first_stage=False, num_labels=5, use_return_dict=True, output_hidden_states=False,
)  # fmt: skip
_RESNET_BASIC = SimpleNamespace(**{**vars(_RESNET), "layer_type": "basic", "downsample_in_first_stage": True})
_REGNET = SimpleNamespace(
    num_channels=3, embedding_size=4, hidden_sizes=[8, 8, 12], depths=[2, 1, 2], groups_width=4, layer_type="y", hidden_act="relu",
    downsample_in_first_stage=True, num_labels=5, use_return_dict=True, output_hidden_states=False,
)  # fmt: skip
_XGLM = SimpleNamespace(
    vocab_size=11, d_model=8, num_layers=2, attention_heads=2, ffn_dim=12, max_position_embeddings=6, pad_token_id=0,
    dropout=0.1, attention_dropout=0.1, activation_dropout=0.1, layerdrop=0.0, init_std=0.5, scale_embedding=True,
    activation_function="gelu", add_cross_attention=False, tie_word_embeddings=True,
)  # fmt: skip
_SIGHT = SimpleNamespace(
    hidden_size=8, intermediate_size=12, num_attention_heads=2, num_hidden_layers=2, hidden_act="quick_gelu", layer_norm_eps=1e-5,
    attention_dropout=0.1, image_size=8, patch_size=4, vocab_size=11, max_position_embeddings=6, eos_token_id=4,
    output_attentions=False, output_hidden_states=False, use_return_dict=True,
)  # fmt: skip
_CLIP = SimpleNamespace(
    text_config=_SIGHT, vision_config=_SIGHT, projection_dim=6, logit_scale_init_value=2.6, return_dict=True
)
_WHISPER = SimpleNamespace(
    **vars(_CODER),
    num_mel_bins=6,
    max_source_positions=5,
    max_target_positions=6,
    use_weighted_layer_sum=False,
)
_WHISPER_ALONE = SimpleNamespace(**{**vars(_WHISPER), "tie_word_embeddings": False})
_T5 = SimpleNamespace(
    vocab_size=11, d_model=8, d_kv=3, d_ff=12, num_heads=2, num_layers=2, num_decoder_layers=3, dropout_rate=0.1,
    relative_attention_num_buckets=8, relative_attention_max_distance=16, layer_norm_epsilon=1e-6, initializer_factor=0.5,
    is_gated_act=False, dense_act_fn="relu", tie_word_embeddings=True, use_return_dict=True,
)  # fmt: skip
_T5_ALONE = SimpleNamespace(
    **{**vars(_T5), "is_gated_act": True, "dense_act_fn": "gelu_new", "tie_word_embeddings": False}
)
_GRIFFIN = SimpleNamespace(
    vocab_size=11, width=8, mlp_expanded_width=12, num_heads=2, lru_width=4, attention_window_size=3, num_layers=3,
    block_types=tuple(map(Member, ("RECURRENT", "RECURRENT", "ATTENTION"))), scan_type=Member("AUTO"),
    embeddings_scale_by_sqrt_dim=True, logits_soft_cap=30.0,
)  # fmt: skip
_LOCAL_T5 = SimpleNamespace(**vars(_T5), encoder_attention_type="local", local_radius=2, global_block_size=2)
_GLOBAL_T5 = SimpleNamespace(
    **vars(_T5_ALONE), encoder_attention_type="transient-global", local_radius=2, global_block_size=2
)
_DECODED = (_IDS, _MASK, _PLACES)
_BOTH = (_IDS, _MASK, _IDS[:, ::-1], _MASK, _PLACES, _PLACES)  # of an encoder and a decoder
_LANGUAGE = (
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}Module", {"config": config}, _BOTH)
        for module, name, config in (
            ("bart", "BartForConditionalGeneration", _CODER), ("bart", "BartForConditionalGeneration", _OWN_HEAD),
            ("mbart", "MBartForConditionalGeneration", _CODER), ("blenderbot", "BlenderbotForConditionalGeneration", _CODER),
            ("blenderbot_small", "BlenderbotSmallForConditionalGeneration", _CODER),
            ("pegasus", "PegasusForConditionalGeneration", _CODER), ("marian", "MarianMT", _CODER),
        )
    ),
    *(
        Model("transformers", "/gpt2/modeling_flax_gpt2.py", "FlaxGPT2LMHeadModule", {"config": config}, (*_DECODED, *more))
        for config, more in ((_GPT2, ()), (_GPT2_ALONE, ()), (_GPT2_CROSS, (_f32(2, 3, 8), None)))
    ),
    *(
        Model("transformers", "/bloom/modeling_flax_bloom.py", "FlaxBloomForCausalLMModule", {"config": config}, _DECODED[:2])
        for config in (_BLOOM, _BLOOM_ALONE)
    ),
    Model("transformers", "/xglm/modeling_flax_xglm.py", "FlaxXGLMForCausalLMModule", {"config": _XGLM}, _DECODED),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForCausalLMModule", {"config": _GEMMA}, _DECODED)
        for module, name in (("gemma", "Gemma"), ("llama", "Llama"), ("mistral", "Mistral"))
    ),
    Model(
        "transformers", "/vit/modeling_flax_vit.py", "FlaxViTForImageClassificationModule", {"config": _VIT},
        (_f32(2, 8, 8, 3),),
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}Module", {"config": config}, _TOKENS[: 4 if module == "albert" else 5])
        for module, name, config in (
            ("bert", "BertForMaskedLM", _BERT), ("bert", "BertForMaskedLM", _BERT_ALONE),
            ("roberta", "RobertaForMaskedLM", _BERT), ("roberta", "RobertaForMaskedLM", _BERT_ALONE),
            ("electra", "ElectraForMaskedLM", _BERT), ("electra", "ElectraForMaskedLM", _BERT_ALONE),
            ("albert", "AlbertForMaskedLM", _ALBERT), ("albert", "AlbertForPreTraining", _ALBERT_ALONE),
            ("albert", "AlbertForSequenceClassification", _ALBERT), ("bert", "BertForPreTraining", _BERT), ("bert", "BertForSequenceClassification", _BERT_ALONE),
        )
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForMultipleChoiceModule", {"config": _BERT}, _CHOICES)
        for module, name in (("bert", "Bert"), ("roberta", "Roberta"))
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForMultipleChoiceModule", {"config": _ASKED}, _CHOICES)
        for module, name in (("xlm_roberta", "XLMRoberta"), ("roberta_prelayernorm", "RobertaPreLayerNorm"))
    ),
    *(
        Model("transformers", f"/{module}/modeling_flax_{module}.py", f"Flax{name}ForQuestionAnsweringModule", {"config": _ASKED}, _TOKENS)
        for module, name in (
            ("bert", "Bert"), ("roberta", "Roberta"), ("xlm_roberta", "XLMRoberta"), ("electra", "Electra"),
            ("roberta_prelayernorm", "RobertaPreLayerNorm"),
        )
    ),
    *(
        Model("transformers", "/electra/modeling_flax_electra.py", f"FlaxElectraFor{name}Module", {"config": _BERT}, _TOKENS)
        for name in ("PreTraining", "TokenClassification", "SequenceClassification", "CausalLM")
    ),
    *(
        Model("transformers", "/roformer/modeling_flax_roformer.py", f"FlaxRoFormerFor{name}Module", {"config": config}, _ROTARY)
        for name, config in (
            ("MaskedLM", _ASKED), ("MaskedLM", _ROTATED), ("SequenceClassification", _ROTATED), ("TokenClassification", _ROTATED),
            ("QuestionAnswering", _ASKED),
        )
    ),
    Model(
        "transformers", "/roformer/modeling_flax_roformer.py", "FlaxRoFormerForMultipleChoiceModule", {"config": _ASKED},
        (*_CHOICES[:3], None),
    ),
    *(
        Model("transformers", "/distilbert/modeling_flax_distilbert.py", f"FlaxDistilBertFor{name}Module", {"config": config}, _TOKENS[:2])
        for name, config in (
            ("MaskedLM", _DISTIL), ("MaskedLM", _DISTIL_SINES), ("QuestionAnswering", _DISTIL), ("TokenClassification", _DISTIL),
            ("SequenceClassification", _DISTIL),
        )
    ),
    Model("transformers", "/gpt_neo/modeling_flax_gpt_neo.py", "FlaxGPTNeoForCausalLMModule", {"config": _GPT_NEO}, _DECODED),
    *(
        Model("transformers", "/gptj/modeling_flax_gptj.py", f"FlaxGPTJ{name}Module", {"config": _GPT_J}, _DECODED)
        for name in ("", "ForCausalLM")
    ),
    Model(
        "transformers", "/distilbert/modeling_flax_distilbert.py", "FlaxDistilBertForMultipleChoiceModule", {"config": _DISTIL},
        _CHOICES[:2],
    ),
    Model(
        "transformers", "/dinov2/modeling_flax_dinov2.py", "FlaxDinov2ForImageClassificationModule", {"config": _DINO},
        (_f32(2, 8, 8, 3),),
    ),
    *(
        Model("transformers", "/beit/modeling_flax_beit.py", f"FlaxBeit{name}Module", {"config": config}, (_f32(2, 8, 8, 3), *more))
        for name, config, more in (
            ("", _BEIT, ()), ("ForImageClassification", _BEIT, ()), ("ForImageClassification", _BEIT_SHARED, ()),
            ("ForMaskedImageModeling", _BEIT_SHARED, (_IDS[:, :4] > 2,)),
        )
    ),
    *(
        Model("transformers", "/t5/modeling_flax_t5.py", f"FlaxT5{name}Module", {"config": config}, _BOTH[:count])
        for name, config, count in (
            ("", _T5, 4), ("Encoder", _T5, 2), ("ForConditionalGeneration", _T5, 4), ("ForConditionalGeneration", _T5_ALONE, 4),
        )
    ),
    *(
        Model("transformers", "/longt5/modeling_flax_longt5.py", f"FlaxLongT5{name}Module", {"config": config}, _BOTH[:4])
        for name, config in (("", _LOCAL_T5), ("ForConditionalGeneration", _LOCAL_T5), ("ForConditionalGeneration", _GLOBAL_T5))
    ),
    *(
        Model("transformers", "/resnet/modeling_flax_resnet.py", f"FlaxResNet{name}Module", {"config": config}, (_f32(2, 16, 16, 3),))
        for name in ("", "ForImageClassification")
        for config in (_RESNET, _RESNET_BASIC)
    ),
    *(
        Model("transformers", "/regnet/modeling_flax_regnet.py", f"FlaxRegNet{name}Module", {"config": _REGNET}, (_f32(2, 16, 16, 3),))
        for name in ("", "ForImageClassification")
    ),
    Model(
        "transformers", "/clip/modeling_flax_clip.py", "FlaxCLIPModule", {"config": _CLIP},
        (_IDS, _f32(2, 8, 8, 3), _MASK, _PLACES),
    ),
    *(
        Model(
            "transformers", "/whisper/modeling_flax_whisper.py", "FlaxWhisperForConditionalGenerationModule", {"config": config},
            (_f32(2, 6, 10), _IDS, _MASK, _PLACES),
        )
        for config in (_WHISPER, _WHISPER_ALONE)
    ),
    Model("gemma", "gm/nn/_transformer.py", "Transformer"),
    *(
        Model("recurrentgemma", "jax/griffin.py", "Griffin", {"config": _GRIFFIN, "gradient_checkpointing": remat}, (_IDS, _PLACES))
        for remat in (True, False)
    ),
)  # fmt: skip

MODELS = (*_POLICIES, *_SCIENCE, *_EXAMPLES, *_VISION, *_LANGUAGE)
"""Policies and critics, models of physics, flax's own examples, vision, language."""
