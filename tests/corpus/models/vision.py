# ruff: noqa: E501
"""Models that see, and that draw."""

from migrate_norm.equivalence import InputSpec

from .inputs import FRAMES
from .model import Model, f32

_SPATIAL = {"in_channels": 32, "n_heads": 4, "d_head": 8, "depth": 2, "dropout": 0.1}
_STAGES = {"block_out_channels": (4, 8), "norm_num_groups": 2}
_BLOCKS = {"layers_per_block": 1, "attention_head_dim": 2, "cross_attention_dim": 6}
_DOWN, _UP = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
_TEXT_TIME = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 4,
    "projection_class_embeddings_input_dim": 31,
}
_NOISY = (f32(1, 4, 8, 8), InputSpec("int32", (1,)), f32(1, 5, 6))
VISION = (
    Model(
        "jax-models",
        "models/conv_mixer.py",
        "ConvMixer",
        {"features": 8, "patch_size": 4, "num_mixer_layers": 2, "filter_size": 3, "num_classes": 5},
        (FRAMES,),
        {"deterministic": True},
    ),
    Model(
        "jax-models", "models/cait.py", "CaiT",
        {"patch_size": 4, "embed_dim": 8, "depth": 2, "num_heads": 2, "num_classes": 5}, (FRAMES,),
        {"deterministic": True},
    ),
    Model("jax-models", "models/swin_transformer.py", "SwinTransformer"),
    Model(
        "jax-models", "models/masked_autoencoder.py", "Decoder",
        {"patch_size": 4, "dec_emb_dim": 8, "dec_depth": 2, "num_patches": 16, "dec_num_heads": 2},
        (f32(2, 9, 6), InputSpec("int32", (2, 16))), {"deterministic": True},
    ),
    Model(
        "neural-tangents", "tests/empirical_test.py", "_MlpMixer",
        {
            "patches": {"size": (4, 4)}, "num_classes": 3, "num_blocks": 2, "hidden_dim": 8, "tokens_mlp_dim": 5,
            "channels_mlp_dim": 6,
        },
        (f32(2, 16, 12, 3),), {"train": False}, sizes={"mixer_block_in_shape": (12, 8)},
    ),
    Model(
        "jax-models", "models/mlp_mixer.py", "MLPMixer",
        {"patch_size": 4, "num_mixers_layers": 2, "hidden_size": 8, "channels_dim": 6, "tokens_dim": 5}, (f32(2, 16, 12, 3),),
        {"deterministic": True},
    ),
    Model(
        "flaxdiff", "models/simple_dit.py", "DiTBlock", {"features": 8, "num_heads": 2, "rope_emb": None},
        (f32(2, 6, 8), f32(2, 5), (f32(6, 2), f32(6, 2))),
    ),
    Model(
        "flaxdiff", "models/simple_unet.py", "Unet",
        {
            "emb_features": 8, "feature_depths": (8, 8, 16), "attention_configs": ({"heads": 2}, None, {"heads": 2}),
            "num_res_blocks": 2, "norm_groups": 4,
        },
        (f32(2, 8, 8, 3), f32(2), f32(2, 4, 8)),
    ),
    Model(
        "jax-models", "models/poolformer.py", "S12",
        {"attach_head": True, "num_classes": 5}, (f32(1, 32, 32, 3),), {"deterministic": True},
    ),
    Model(
        "jax-models", "models/pvit.py", "Block",
        {"dim": 8, "num_heads": 2, "linear": True}, (f32(2, 196, 8), 14, 14), {"deterministic": True},
    ),
    Model(
        "jax-models", "models/convnext.py", "ConvNeXt",
        {"depths": (1, 2, 1, 1), "dims": (4, 6, 8, 5), "num_classes": 3}, (f32(2, 32, 32, 3),), {"deterministic": True},
    ),
    Model(
        "flaxdiff", "models/vit_common.py", "RoPEAttention", {"query_dim": 8, "heads": 2, "dim_head": 4, "rope_emb": None},
        (f32(2, 6, 8), None, (f32(6, 2), f32(6, 2))),
    ),
    Model(
        "flaxmodels", "resnet/resnet.py", "ResNet",
        {"pretrained": None, "num_classes": 5}, (f32(1, 32, 32, 3),), {"train": False},
    ),
    Model(
        "flaxmodels", "stylegan2/discriminator.py", "Discriminator",
        {"resolution": 16, "fmap_base": 32, "fmap_max": 8}, (f32(2, 16, 16, 3),),
    ),
    *(
        Model(
            "flaxmodels", f"{folder}/generator.py", "Generator",
            {
                "resolution": 16, "z_dim": 6, "w_dim": 5, "mapping_layer_features": 5, "num_ws": 6,
                "num_mapping_layers": 2, "fmap_base": 32, "fmap_max": 8,
            },
            (f32(2, 6),), {"train": False, "noise_mode": "const"},
        )
        for folder in ("stylegan2", "few_shot_gan_adaption")
    ),
    Model("jax-resnet", "jax_resnet/resnet.py", "ResNet"),
    *(
        Model("jax-resnet", "jax_resnet/resnet.py", name, {"n_hidden": 4, "strides": strides}, (f32(2, 8, 8, 16),))
        for name, strides in (("ResNetBlock", (1, 1)), ("ResNetBottleneckBlock", (2, 2)))
    ),
    *(
        Model(
            "diffusers", "models/attention_flax.py", "FlaxTransformer2DModel", {**_SPATIAL, **more},
            (f32(2, 4, 4, 32), f32(2, 5, 6)),
        )
        for more in ({}, {"only_cross_attention": True, "use_linear_projection": True, "split_head_dim": True})
    ),
    Model(
        "diffusers", "unets/unet_2d_blocks_flax.py", "FlaxUNetMidBlock2DCrossAttn", {"in_channels": 32, "num_attention_heads": 2},
        (f32(2, 4, 4, 32), f32(2, 7), f32(2, 5, 6)),
    ),
    *(
        Model(
            "diffusers", "unets/unet_2d_blocks_flax.py", "FlaxCrossAttnDownBlock2D",
            {"in_channels": 32, "out_channels": 64, "num_layers": 2, "num_attention_heads": 2, "add_downsample": samples},
            (f32(1, 4, 4, 32), f32(1, 7), f32(1, 5, 6)),
        )
        for samples in (True, False)
    ),
    Model(
        "diffusers", "models/vae_flax.py", "FlaxUNetMidBlock2D", {"in_channels": 8, "resnet_groups": 4, "num_attention_heads": None},
        (f32(2, 4, 4, 8),),
    ),
    *(
        Model(
            "diffusers", "models/vae_flax.py", name, {**_STAGES, types: (kind, kind), "layers_per_block": 1},
            (f32(1, 8, 8, 3),),
        )
        for name, types, kind in (
            ("FlaxEncoder", "down_block_types", "DownEncoderBlock2D"), ("FlaxDecoder", "up_block_types", "UpDecoderBlock2D"),
        )
    ),
    Model(
        "diffusers", "models/controlnet_flax.py", "FlaxControlNetConditioningEmbedding",
        {"conditioning_embedding_channels": 5, "block_out_channels": (4, 6, 7)}, (f32(1, 8, 8, 3),),
    ),
    Model(
        "diffusers", "unets/unet_2d_condition_flax.py", "FlaxUNet2DConditionModel",
        {
            **_BLOCKS, "down_block_types": _DOWN * 2, "up_block_types": _UP * 2, "block_out_channels": (32, 64, 96, 128), **_TEXT_TIME,
        },
        (*_NOISY, {"text_embeds": f32(1, 7), "time_ids": f32(1, 6)}),
        only_traced=True,
    ),
    *(
        Model(
            "diffusers", "unets/unet_2d_condition_flax.py", "FlaxUNet2DConditionModel",
            {**_BLOCKS, "down_block_types": _DOWN, "up_block_types": _UP, "block_out_channels": (32, 64), **more},
            (*_NOISY, *added), sizes={"sample_shape": (4, 8, 8), "add_embedding_in_features": features},
        )
        for more, added, features in (
            ({}, (), 0), (_TEXT_TIME, ({"text_embeds": f32(1, 7), "time_ids": f32(1, 6)},), 31),
        )
    ),
    Model(
        "diffusers", "models/vae_flax.py", "FlaxAutoencoderKL",
        {
            **_STAGES, "down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2,
            "latent_channels": 4,
        },
        (f32(2, 3, 8, 4),),
    ),
)  # fmt: skip
