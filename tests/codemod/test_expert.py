"""Everyday models, and what an expert writes by hand: the codemod's output is that, up to line breaks."""

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.equivalence import InputSpec

from .check import Call, check_equivalent, check_stable, f32, listed, refusals

_CASES = Path(__file__).parent / "cases" / "expert"
_PAIRS = sorted(path.name.removesuffix("_linen.py") for path in _CASES.glob("*_linen.py"))
_IMAGES = f32(2, 8, 8, 3)


def _ints(*shape: int) -> InputSpec:
    return InputSpec("int32", shape)


_GPT = SimpleNamespace(
    vocab_size=7, block_size=5, num_layers=1, num_heads=2, embed_dim=4, dropout=0.1, use_bias=False
)
_DECODER = SimpleNamespace(
    vocab_size=7,
    embed_dim=4,
    num_heads=2,
    mlp_dim=5,
    num_layers=1,
    max_len=6,
    dropout_rate=0.1,
    tie_embeddings=True,
)
CALLS = {
    "actor_critic": [Call("ActorCritic", ((36, 36, 3),), {"action_dim": 2, "hidden": (5, 4)}, (f32(1, 36, 36, 3),))],
    "autoencoder": [
        Call("Autoencoder", (5,), {"widths": (4, 3), "latent_dim": 2, "out_dim": 5}, (f32(2, 5), train))
        for train in (True, False)
    ],
    "conv_vae": [
        Call("Encoder", ((4, 4, 2),), {"c_hid": 2, "latent_dim": 3}, (f32(2, 4, 4, 2),)),
        Call("VAE", ((4, 4, 2),), {"c_hid": 2, "latent_dim": 3}, (f32(2, 4, 4, 2),)),
    ],
    "convnext": [
        Call(
            "ConvNeXt", (3,), {"num_classes": 2, "depths": (1, 2), "dims": (2, 4), "drop_rate": 0.5},
            (_IMAGES, True),
        )
    ],
    "dcgan": [
        Call("Generator", (3,), {"widths": (4, 2), "training": False}, (f32(2, 3),)),
        Call("Generator", (3,), {"widths": (2,), "channels": 1}, (f32(2, 3),)),
        Call("Discriminator", (3,), {"widths": (2, 4)}, (_IMAGES,)),
    ],
    "dit": [
        Call(
            "DiT", (4, 4, 2),
            {"patch_size": 2, "hidden_size": 4, "depth": 1, "num_heads": 2, "num_classes": 1},
            (f32(2, 4, 4, 2), f32(2), _ints(2)),
        )
    ],
    "gnn": [
        Call(
            "GNN", (3, 2), {"features": 4, "num_steps": 2, "num_outputs": 2},
            (f32(4, 3), f32(5, 2), _ints(5), _ints(5)),
        )
    ],
    "gpt": [Call("GPT", (), {"config": _GPT}, (_ints(2, 4),))],
    "lstm": [
        Call(
            "TextClassifier", (), {"embedding_size": 3, "hidden_size": 4, "vocab_size": 5, "output_size": 2},
            (_ints(2, 3), np.asarray([3, 2])),
        )
    ],
    "moe": [
        Call(
            "MoEBlock", (4,),
            {"num_heads": 1, "num_experts": 2, "mlp_dim": 2, "dropout_rate": 0.5, "deterministic": False},
            (f32(2, 3, 4),),
        ),
    ],
    "nerf": [
        Call("NerfMLP", (2, 3), {"net_depth": depth, "net_width": 4, "skip_layer": 2}, (f32(5, 3), f32(5, 2)))
        for depth in (2, 4)
    ],
    "perceiver": [
        Call(
            "Perceiver", (3,),
            {
                "num_latents": 2, "latent_dim": 4, "num_classes": 3, "depth": 2, "num_heads": 2,
                "dropout_rate": 0.5,
            },
            (f32(2, 5, 3), True),
        )
    ],
    "preact_resnet": [
        Call("PreActResNet", (3,), {"num_classes": 2, "stage_sizes": (1, 2), "width": 4}, (_IMAGES,), {"train": t})
        for t in (True, False)
    ],
    "recurrent_policy": [
        Call(
            "RecurrentActorCritic", (3,), {"num_actions": 2, "hidden_size": 4},
            (f32(2, 4), f32(5, 2, 3), np.arange(10).reshape(5, 2) % 3 == 0),
        )
    ],
    "se_resnet": [
        Call("MBConv", (3,), {"out_channels": 3, **more}, (_IMAGES,), {"train": True})
        for more in ({}, {"expand_ratio": 1, "use_se": False})
    ],
    "seq2seq_decoder": [
        Call("Decoder", (3,), {"config": _DECODER}, (_ints(2, 4), f32(2, 5, 3), f32(2, 5), False))
    ],
    "sn_discriminator": [
        Call("Generator", (3,), {"features": 2}, (f32(2, 3),), {"train": True}),
        Call("Discriminator", (3,), {"features": 2}, (f32(2, 8, 8, 3),), {"update_stats": False}),
    ],
    "unet": [Call("UNet", (3,), {"num_classes": 2, "width": 2}, (_IMAGES, True))],
    "vq": [
        Call("VQAutoencoder", (5,), {"hidden": 4, "code_dim": 3, "num_codes": 6}, (f32(7, 5),), {"train": t})
        for t in (True, False)
    ],
    "wavenet": [Call("WaveNet", (), {"channels": 4, "num_layers": 2, "num_classes": 5}, (_ints(2, 6),))],
}  # fmt: skip


def _program(text: str) -> str:
    """The text of a program without what formatters and comments decide."""
    return ast.unparse(ast.parse(text))


@pytest.mark.parametrize("name", _PAIRS)
def test_output_is_the_experts(name: str) -> None:
    before, expected = ((_CASES / f"{name}_{side}.py").read_text() for side in ("linen", "nnx"))
    file = migrate_files({"layer.py": before.encode()}, Options(line_length=110)).files[0]
    assert not refusals(file), listed(file)
    assert _program(file.after.decode()) == _program(expected)
    check_stable(file, line_length=110)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_computes_the_same(name: str) -> None:
    check_equivalent((_CASES / f"{name}_linen.py").read_text(), *CALLS[name])


def test_every_pair_is_compared() -> None:
    assert sorted(CALLS) == _PAIRS
