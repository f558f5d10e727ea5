"""The models that `run.py` takes from Linen to NNX: how to build each one small, and how to call it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import jax
from migrate_norm import InputSpec

KEY = jax.random.PRNGKey(0)
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Model:
    """`fields` are the arguments of both constructors, `sizes` what the NNX one asks for in front.

    `modes` are keyword arguments of the call, each to be compared; the last one is inference.
    """

    name: str
    fields: Mapping[str, Any]
    sizes: Mapping[str, Any]
    inputs: tuple[Any, ...]
    modes: tuple[Mapping[str, Any], ...] = field(default=(NONE,))


def f32(*shape: int) -> InputSpec:
    return InputSpec("float32", shape)


TRAIN_AND_TEST: tuple[Mapping[str, Any], ...] = ({"train": True}, {"train": False})

MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "mlp": Model("MLP", {"features": (16, 16, 4)}, {"in_features": 8}, (f32(2, 8),), TRAIN_AND_TEST),
        "cnn": Model("CNN", {"channels": 4}, {"in_shape": (8, 8, 3)}, (f32(2, 8, 8, 3),), TRAIN_AND_TEST),
        "vae": Model("VAE", {"latents": 3, "pixels": 12}, {"in_features": 12}, (f32(2, 12), KEY)),
        "gan": Model(
            "GAN",
            {"channels": 3, "features": 8},
            {"in_features": 5},
            (f32(2, 5), f32(2, 16, 16, 3)),
            TRAIN_AND_TEST,
        ),
        "unet": Model("UNet", {"classes": 2, "channels": 4}, {"in_features": 3}, (f32(2, 8, 8, 3),)),
        "actor_critic": Model(
            "ActorCritic",
            {"actions": 4, "features": 16},
            {"in_shape": (16, 16, 2)},
            (InputSpec("uint8", (2, 16, 16, 2)),),
        ),
        "vit": Model(
            "ViT",
            {"classes": 3, "patch": 4, "width": 8, "depth": 2, "heads": 2},
            {"in_shape": (8, 8, 3)},
            (f32(2, 8, 8, 3),),
        ),
        "resnet": Model(
            "ResNet",
            {"stage_sizes": (1, 2), "num_classes": 3, "num_filters": 4},
            {"in_features": 3},
            (f32(2, 8, 8, 3),),
            TRAIN_AND_TEST,
        ),
        "transformer": Model(
            "Transformer",
            {"vocab": 7, "width": 8, "heads": 2, "depth": 2},
            {},
            (InputSpec("int32", (2, 5)),),
        ),
        "seq2seq": Model(
            "Seq2seq",
            {"width": 4, "vocab": 7, "teacher": False},
            {},
            (InputSpec("int32", (2, 5)), InputSpec("int32", (2, 4))),
        ),
    }
)
