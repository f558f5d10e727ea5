# ruff: noqa: E501
"""Leaf classes that nobody here wrote: how to build each on both sides, and what to feed it.

The migrated class asks for sizes in front of its own fields; most follow from the first input.
"""

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from migrate_norm.equivalence import InputSpec


class Leaf(NamedTuple):
    """One class. `linen` are its constructor's arguments on both sides, `call` the call's keyword ones."""

    package: str
    path: str
    name: str
    linen: Mapping[str, Any] = MappingProxyType({})
    inputs: tuple[Any, ...] = ()
    call: Mapping[str, Any] = MappingProxyType({})
    more_sizes: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        return f"{self.package}:{self.name}"

    @property
    def sizes(self) -> Mapping[str, Any]:
        """Returns every size that the constructor may ask for, by name."""
        first = next((value for value in self.inputs if hasattr(value, "shape")), None)
        if first is None:
            return self.more_sizes
        last = ("in_features", "num_features", "channels")
        known = {"in_shape": first.shape, **dict.fromkeys(last, first.shape[-1])}
        return known | dict(self.more_sizes)


def _f32(*shape: int) -> InputSpec:
    return InputSpec("float32", shape)


_X = _f32(4, 6)
_F32 = {"param_dtype": jnp.float32}
_TRAIN, _EVAL = {"use_running_average": False}, {"use_running_average": True}
_EMBEDDING = {"max_len": 7, "posemb_init": jax.nn.initializers.normal(1.0), "decode": False}
_RMS = {"config": SimpleNamespace(rms_norm_eps=1e-5, hidden_size=6)}
_MODELS = "transformers/models"

_FLAX = (
    Leaf(
        "flax-0.12.8",
        "flax-0.12.8/examples/linen_design_test/dense.py",
        "Dense",
        {"features": 3},
        (_X,),
    ),
    *(
        Leaf(
            "flax-0.12.8",
            f"flax-0.12.8/examples/{folder}/models.py",
            "AddPositionEmbs",
            {"config": SimpleNamespace(**_EMBEDDING)},
            (_f32(2, 5, 6),),
        )
        for folder in ("lm1b", "wmt")
    ),
    Leaf("flax-0.12.8", "flax-0.12.8/flax/linen/activation.py", "PReLU", inputs=(_X,)),
    Leaf("flax-0.12.8", "flax-0.12.8/flax/linen/linear.py", "Dense", {"features": 3}, (_X,)),
    Leaf(
        "flax-0.12.8",
        "flax-0.12.8/flax/linen/linear.py",
        "Embed",
        {"num_embeddings": 5, "features": 3},
        (np.array([0, 3, 1]),),
    ),
    Leaf("flax-0.12.8", "flax-0.12.8/flax/linen/normalization.py", "BatchNorm", _TRAIN, (_X,)),
    Leaf("flax-0.12.8", "flax-0.12.8/flax/linen/recurrent.py", "DenseParams", {"features": 3}, (_X,)),
    Leaf("flax-0.8.2", "flax-0.8.2/flax/linen/linear.py", "Dense", {"features": 3}, (_X,)),
    Leaf("flax-0.8.2", "flax-0.8.2/flax/linen/normalization.py", "BatchNorm", _EVAL, (_X,)),
)

_LAYERS = (
    Leaf("jax-models-0.0.5", "jax_models/activations/activations.py", "PReLU", {}, (_f32(2, 5, 6),)),
    Leaf(
        "jax-models-0.0.5",
        "jax_models/layers/depthwise_separable_conv.py",
        "DepthwiseConv2D",
        {"kernel_shape": (3, 3), "stride": (1, 1), "channel_multiplier": 2},
        (_f32(2, 6, 5, 4),),
    ),
    Leaf(
        "jax-models-0.0.5",
        "jax_models/models/poolformer.py",
        "AddPositionEmbs",
        {},
        (_f32(2, 4, 5, 6),),
    ),
    Leaf("gemma-3.3.0", "gemma/gm/nn/_layers.py", "Einsum", {"shape": (6, 3)}, ("bd,df->bf", _X)),
    Leaf("gemma-3.3.0", "gemma/gm/nn/_layers.py", "RMSNorm", {}, (_f32(2, 3, 6),)),
    Leaf(
        "gemma-3.3.0",
        "gemma/gm/nn/gemma3n/_layers.py",
        "Einsum",
        {"shape": (6, 3), "w_scale": 0.5},
        ("bd,df->bf", _X),
    ),
    Leaf("gemma-3.3.0", "gemma/gm/nn/gemma3n/_layers.py", "RMSNorm", {"scale_plus_one": False}, (_X,)),
    Leaf(
        "gemma-3.3.0",
        "gemma/peft/_lora.py",
        "LoRADenseAdapter",
        {"rank": 2, "features": 3, "dtype": jnp.float32},
        (_X,),
    ),
    Leaf(
        "gemma-3.3.0",
        "gemma/peft/_lora.py",
        "LoRAEinsumAdapter",
        {"rank": 2, "einsum_str": "BTD,DF->BTF", "shape": (6, 3), "dtype": jnp.float32},
        (_f32(2, 5, 6),),
    ),
    Leaf("dopamine-rl-4.1.2", "dopamine/labs/atari_100k/spr_networks.py", "NoStatsBatchNorm", {}, (_X,)),
    Leaf("flaxdiff-0.2.11", "flaxdiff/metrics/inception.py", "BatchNorm", {}, (_X,), _TRAIN),
    Leaf("flaxdiff-0.2.11", "flaxdiff/metrics/inception.py", "BatchNorm", {}, (_X,), _EVAL),
    Leaf(
        "flaxdiff-0.2.11",
        "flaxdiff/models/ssm_dit.py",
        "S5Layer",
        {"features": 6, "state_dim": 3},
        (_f32(2, 5, 6),),
        more_sizes={"F": 6},
    ),
    Leaf(
        "flaxdiff-0.2.11",
        "flaxdiff/models/vit_common.py",
        "PositionalEncoding",
        {"max_len": 7, "embedding_dim": 6},
        (_f32(2, 7, 6),),
    ),
    Leaf("aws-fortuna-0.2.0", "fortuna/model/constant.py", "ConstantModel", {"output_dim": 3}, (_X,)),
    Leaf(
        "aws-fortuna-0.2.0",
        "fortuna/model/scalar_constant.py",
        "ScalarConstantModel",
        {"output_dim": 3},
        (_X,),
    ),
    Leaf(
        "aws-fortuna-0.2.0",
        "fortuna/model/utils/random_features.py",
        "RandomFourierFeatures",
        {"features": 3},
        (_X,),
    ),
    Leaf(
        "aws-fortuna-0.2.0",
        "fortuna/output_calibrator/classification.py",
        "ClassificationTemperatureScaler",
        inputs=(_X,),
    ),
    Leaf(
        "aws-fortuna-0.2.0",
        "fortuna/output_calibrator/regression.py",
        "RegressionTemperatureScaler",
        inputs=(_X,),
    ),
    Leaf(
        "flaxmodels-0.1.3",
        "flaxmodels/few_shot_gan_adaption/discriminator.py",
        "FromRGBLayer",
        {"fmaps": 4},
        (_f32(2, 8, 8, 3), None),
    ),
    Leaf(
        "flaxmodels-0.1.3",
        "flaxmodels/few_shot_gan_adaption/discriminator.py",
        "DiscriminatorLayer",
        {"fmaps": 4},
        (_f32(2, 8, 8, 3),),
    ),
    Leaf(
        "flaxmodels-0.1.3",
        "flaxmodels/few_shot_gan_adaption/ops.py",
        "LinearLayer",
        {"in_features": 6, "out_features": 3, "lr_multiplier": 0.5},
        (_X,),
    ),
    Leaf("flaxmodels-0.1.3", "flaxmodels/resnet/ops.py", "BatchNorm", {}, (_X,), _TRAIN),
    Leaf("flaxmodels-0.1.3", "flaxmodels/resnet/ops.py", "BatchNorm", {}, (_X,), _EVAL),
    Leaf("harmonic-1.3.1", "harmonic/flows.py", "Scalar", {"n_features": 6}, (_X,)),
    Leaf(
        "ott-jax-0.6.0",
        "ott/neural/networks/layers/posdef.py",
        "PositiveDense",
        {"dim_hidden": 3},
        (_X,),
    ),
    Leaf(
        "ott-jax-0.6.0",
        "ott/neural/networks/layers/posdef.py",
        "PosDefPotentials",
        {"num_potentials": 3, "rank": 2},
        (_X,),
        more_sizes={"dim_data": 6},
    ),
)

_SCIENCE = (
    Leaf("netket-3.23.0", "netket/models/gaussian.py", "Gaussian", _F32, (_X,), more_sizes={"nv": 6}),
    Leaf("netket-3.23.0", "netket/models/jastrow.py", "Jastrow", _F32, (_X,), more_sizes={"nv": 6}),
    Leaf(
        "netket-3.23.0",
        "netket/nn/masked_linear.py",
        "MaskedDense1D",
        {"features": 2, "exclusive": True, **_F32},
        (_f32(4, 5, 3),),
        more_sizes={"size": 5, "in_features": 3},
    ),
    Leaf(
        "netket-3.23.0",
        "netket/nn/masked_linear.py",
        "MaskedConv1D",
        {"features": 2, "kernel_size": 3, "kernel_dilation": 1, "exclusive": False, **_F32},
        (_f32(4, 5, 3),),
    ),
    Leaf(
        "netket-3.23.0",
        "netket/nn/masked_linear.py",
        "MaskedConv2D",
        {"features": 2, "kernel_size": (2, 3), "kernel_dilation": (1, 1), "exclusive": True, **_F32},
        (_f32(2, 5, 5, 3),),
    ),
    Leaf(
        "netket-3.23.0",
        "netket/experimental/nn/rnn/cells.py",
        "LSTMCell",
        {"features": 3, **_F32},
        (_X, _f32(4, 3), _f32(4, 1, 3)),
        more_sizes={"hid_features": 3},
    ),
    Leaf(
        "jax-md-0.2.29",
        "jax_md/_nn/uma/nn/layer_norm.py",
        "EquivariantLayerNorm",
        {"lmax": 2, "num_channels": 6},
        (_f32(4, 9, 6),),
    ),
    Leaf(
        "jax-md-0.2.29",
        "jax_md/_nn/uma/nn/layer_norm.py",
        "EquivariantRMSNorm",
        {"lmax": 2, "num_channels": 6},
        (_f32(4, 9, 6),),
    ),
    Leaf(
        "jax-md-0.2.29",
        "jax_md/_nn/uma/nn/mole.py",
        "MOLEWeights",
        {"num_experts": 2, "in_features": 6, "out_features": 3},
    ),
    Leaf(
        "jax-md-0.2.29",
        "jax_md/_nn/uma/nn/so3_layers.py",
        "SO3Linear",
        {"out_features": 3, "lmax": 1},
        (_f32(2, 4, 6),),
    ),
    Leaf("jax-md-0.2.29", "jax_md/_nn/util.py", "BetaSwish", {}, (_X,), more_sizes={"features": 6}),
    Leaf("apax-0.14.0", "apax/layers/ntk_linear.py", "NTKLinear", {"units": 3}, (_f32(6),)),
    Leaf(
        "e3x-1.0.2",
        "e3x/nn/modules.py",
        "Embed",
        {"num_embeddings": 5, "features": 3},
        (np.array([0, 3, 1]),),
    ),
)

_AGENTS = (
    Leaf("sbx-rl-0.28.0", "sbx/common/jax_layers.py", "BatchRenorm", {}, (_X,), _TRAIN),
    Leaf("sbx-rl-0.28.0", "sbx/common/jax_layers.py", "BatchRenorm", {}, (_X,), _EVAL),
    Leaf("sbx-rl-0.28.0", "sbx/sac/sac.py", "EntropyCoef"),
    Leaf("brax-0.14.2", "brax/training/networks.py", "Param", {"size": 3}),
    Leaf("brax-0.14.2", "brax/training/networks.py", "LogParam", {"size": 3}),
)

_TRANSFORMERS = (
    Leaf(
        "transformers-4.46.3",
        f"{_MODELS}/beit/modeling_flax_beit.py",
        "FlaxBeitRelativePositionBias",
        {"config": SimpleNamespace(num_attention_heads=2), "window_size": (2, 3)},
    ),
    Leaf(
        "transformers-4.46.3",
        f"{_MODELS}/dinov2/modeling_flax_dinov2.py",
        "FlaxDinov2LayerScale",
        {"config": SimpleNamespace(layerscale_value=0.5, hidden_size=6)},
        (_X,),
    ),
    Leaf(
        "transformers-4.46.3",
        f"{_MODELS}/distilbert/modeling_flax_distilbert.py",
        "FlaxDistilBertLMDecoder",
        {"config": SimpleNamespace(vocab_size=5)},
        (_X, _f32(6, 5)),
    ),
    Leaf(
        "transformers-4.46.3",
        f"{_MODELS}/electra/modeling_flax_electra.py",
        "FlaxElectraTiedDense",
        {"embedding_size": 5},
        (_X, _f32(6, 5)),
    ),
    Leaf(
        "transformers-4.46.3",
        f"{_MODELS}/gpt2/modeling_flax_gpt2.py",
        "FlaxConv1D",
        {"features": 3},
        (_X,),
    ),
    *(
        Leaf("transformers-4.46.3", f"{_MODELS}/{model}/modeling_flax_{model}.py", name, _RMS, (_X,))
        for model, name in (
            ("gemma", "FlaxGemmaRMSNorm"),
            ("llama", "FlaxLlamaRMSNorm"),
            ("mistral", "FlaxMistralRMSNorm"),
        )
    ),
    *(
        Leaf(
            "transformers-4.46.3",
            f"{_MODELS}/{model}/modeling_flax_{model}.py",
            name,
            {"hidden_size": 6},
            (_X,),
        )
        for model, name in (("t5", "FlaxT5LayerNorm"), ("longt5", "FlaxLongT5LayerNorm"))
    ),
)

_IMAGE, _TOKENS = _f32(2, 16, 16, 3), _f32(2, 16, 8)
_JM = "jax_models"
_MODELS_OF_LAYERS = (
    *(
        Leaf("jax-models-0.0.5", f"{_JM}/{path}.py", name, arguments, inputs, call, sizes)
        for path, name, arguments, inputs, call, sizes in (
            ("layers/attention", "Attention", {"dim": 8, "num_heads": 2}, (_TOKENS,), {"deterministic": True}, {"channels": 8}),
            ("layers/squeeze_and_excite_layer", "SqueezeAndExcitation", {"reduction": 2}, (_f32(2, 4, 4, 8),), {}, {"channels": 8}),
            ("layers/patch_util", "PatchEmbed", {"patch_size": 4, "emb_dim": 8, "use_norm": True}, (_IMAGE,), {}, {"channels": 3}),
            ("layers/patch_util", "OverlapPatchEmbed", {"patch_size": 4, "emb_dim": 8, "stride": 2}, (_IMAGE,), {}, {}),
            ("models/segformer", "MLPHead", {"emb_dim": 8}, (_IMAGE,), {}, {"channels": 3}),
            ("models/segformer", "EfficientSelfAttention", {"dim": 8, "num_heads": 2}, (_TOKENS,), {"deterministic": True}, {"channels": 8}),
            ("models/segformer", "EfficientSelfAttention", {"dim": 8, "num_heads": 2, "sr_ratio": 2}, (_TOKENS,), {"deterministic": True}, {"channels": 8}),
            ("models/swin_transformer", "PatchMerging", {"inp_res": (4, 4), "dim": 8}, (_TOKENS,), {}, {"channels": 8}),
            ("models/cait", "TalkingHeadAttention", {"dim": 8, "num_heads": 2}, (_TOKENS,), {"deterministic": True}, {"channels": 8}),
            ("models/patchconvnet", "ConvolutionalStem", {"emb_dim": 16}, (_IMAGE,), {}, {}),
            ("models/patchconvnet", "TrunkBlock", {"conv_dim": 16}, (_f32(2, 16, 16),), {}, {"channels": 16}),
            ("models/mpvit", "ConvPosEnc", {"dim": 8}, (_f32(2, 17, 8),), {}, {"channels": 8}),
        )
    ),
    Leaf("flaxdiff-0.2.11", "flaxdiff/models/attention.py", "FlaxGEGLU", {"dim": 6}, (_X,)),
    Leaf("flaxdiff-0.2.11", "flaxdiff/models/attention.py", "FlaxFeedForward", {"dim": 6}, (_X,)),
    Leaf("flaxdiff-0.2.11", "flaxdiff/models/common.py", "SeparableConv", {"features": 5}, (_IMAGE,)),
    Leaf("flaxdiff-0.2.11", "flaxdiff/models/vit_common.py", "PatchEmbedding", {"patch_size": 4, "embedding_dim": 6}, (_IMAGE,), {}, {"channels": 3}),
    Leaf("sbx-rl-0.28.0", "sbx/common/jax_layers.py", "NatureCNN", {"n_features": 5}, (_f32(2, 3, 36, 36),), {}, {"in_shape": (3, 36, 36)}),
    *(
        Leaf("brax-0.14.2", "brax/training/networks.py", "MLP", {"layer_sizes": (5, 4, 3), **more}, (_X,))
        for more in ({}, {"layer_norm": True}, {"activate_final": True, "layer_norm": True})
    ),
    Leaf("brax-0.14.2", "brax/training/networks.py", "CNN", {"num_filters": (4, 5), "kernel_sizes": ((3, 3), (3, 3)), "strides": ((1, 1), (2, 2))}, (_IMAGE,)),
    Leaf("evojax-0.2.17", "evojax/policy/mlp.py", "MLP", {"feat_dims": (5, 4), "out_dim": 2, "out_fn": "tanh"}, (_X,)),
    Leaf("evojax-0.2.17", "evojax/policy/convnet.py", "CNN", {}, (_f32(2, 28, 28, 1),)),
    Leaf("ott-jax-0.6.0", "ott/neural/networks/potentials.py", "MLP", {"dim_hidden": (5, 4, 1)}, (_X,)),
    Leaf("evosax-0.3.2", "evosax/learned_evolution/cma_anchored_les_tools.py", "GlobalGates", {"hidden_dims": 5}, (_X,)),
    Leaf("evosax-0.3.2", "evosax/learned_evolution/les_tools.py", "AttentionWeights", {}, (_X,)),
    *(
        Leaf("diffusers-0.31.0", f"diffusers/models/{path}.py", "FlaxResnetBlock2D", {"in_channels": 32, "out_channels": out}, inputs, {}, {"hidden_states_features": 32, "temb_features": 8})
        for path, inputs in (("resnet_flax", (_f32(2, 4, 4, 32), _f32(2, 8))), ("vae_flax", (_f32(2, 4, 4, 32),)))
        for out in (32, 64)
    ),
    Leaf("gemma-3.3.0", "gemma/multimodal/vision_utils.py", "MlpBlock", {"block_id": 0, "mlp_dim": 5}, (_f32(2, 3, 6),), {}, {"d": 6}),
    Leaf("qdax-0.5.0", "qdax/core/neuroevolution/networks/networks.py", "MLP", {"layer_sizes": (4, 5, 3)}, (_X,)),
    Leaf("qdax-0.5.0", "qdax/core/neuroevolution/networks/networks.py", "MLPDC", {"layer_sizes": (4, 5, 3)}, (_X, _f32(4, 2)), {}, {"obs_features": 6, "desc_features": 2}),
    Leaf("sbx-rl-0.28.0", "sbx/common/jax_layers.py", "SimbaResidualBlock", {"hidden_dim": 6}, (_X,)),
    Leaf("aws-fortuna-0.2.0", "fortuna/model/mlp.py", "MLPOutputSubNet", {"output_dim": 3}, (_X,)),
)  # fmt: skip
"""Classes built of layers and of each other, migrated with the classes that they need."""

LEAVES = (*_FLAX, *_LAYERS, *_SCIENCE, *_AGENTS, *_TRANSFORMERS, *_MODELS_OF_LAYERS)

MAY_BE_REFUSED = frozenset(
    {
        ("flax-0.12.8", "AddPositionEmbs"),  # a decode cache that is not always there
        ("flax-0.12.8", "Dense"),  # calls what a function in a field makes, which may be a module
        ("flax-0.8.2", "Dense"),  # the same
        ("flax-0.12.8", "DenseParams"),  # a default that flax.nnx does not export
        ("jax-models-0.0.5", "PReLU"),  # reads `self.shared_axes`; its field is `shared_axis`
        ("netket-3.23.0", "MaskedConv2D"),  # setup assigns to several names at once
        ("aws-fortuna-0.2.0", "RandomFourierFeatures"),  # the collection is a field
        ("sbx-rl-0.28.0", "BatchRenorm"),  # calls private functions of flax.linen.normalization
        ("ott-jax-0.6.0", "PosDefPotentials"),  # a class method constructs the class
    }
)
"""Classes that the codemod refuses today; any other that is refused is a step back."""
