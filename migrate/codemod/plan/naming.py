"""What things are called in NNX."""

import keyword
import re
from collections.abc import Collection

MODULE_NAMES = frozenset(
    [
        "train",
        "eval",
        "sow",
        "perturb",
        "iter_modules",
        "iter_children",
        "set_attributes",
        "set_view",
        "init",
        "vars_as",
        "rngs",
    ]
)
"""Attributes of nnx.Module, which a field of the same name would hide."""

_TYPES = {
    "params": "nnx.Param",
    "batch_stats": "nnx.BatchStat",
    "cache": "nnx.Cache",
    "intermediates": "nnx.Intermediate",
}


def variable_type(collection: str) -> str:
    """Returns the NNX variable type of a Linen collection: Flax's own, or the one that the codemod registers.

    >>> variable_type("batch_stats"), variable_type("spectral_stats")
    ('nnx.BatchStat', 'SpectralStats')
    """
    words = re.split(r"[^0-9A-Za-z]+", collection)
    return _TYPES.get(collection) or "".join(word[:1].upper() + word[1:] for word in words)


def qualified_type(type_: str, module: str) -> str:
    """Returns the dotted name of a variable type for the mapping file."""
    return f"flax.{type_}" if type_.startswith("nnx.") else f"{module}.{type_}"


def attribute_of(name: str) -> str:
    """Returns the attribute for a Linen name: a keyword gets an underscore, as Flax's own layers do."""
    return name + "_" if keyword.iskeyword(name) else name


def stored_name(field: str, variables: Collection[str]) -> str:
    """Returns the attribute that keeps a field, out of the way of nnx.Module's methods and of variables."""
    if field in variables:
        return next(n for n in (f"use_{field}", f"{field}_field", f"{field}_field_") if n not in variables)
    return f"{field}_mode" if field in ("train", "eval") else f"{field}_" if field in MODULE_NAMES else field


_WORDS = r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z])(?!D(?![a-z]))|(?<=[A-Z])(?=[A-Z][a-z])"  # 2D is one word
_MIXED = r"(?:P?Re|Si|Ge)LU(?![a-z])|LoRA(?=[A-Z_]|$)"  # so is each of these


def snake(name: str) -> str:
    """Returns the attribute for an automatic name.

    >>> snake("Dense_0"), snake("MultiHeadDotProductAttention_0"), snake("RMSNorm_1"), snake("ResNetBlock")
    ('dense_0', 'multi_head_dot_product_attention_0', 'rms_norm_1', 'res_net_block')
    >>> snake("Conv2D_0"), snake("Conv1DTranspose_0"), snake("S5Layer_0")
    ('conv2d_0', 'conv1d_transpose_0', 's5_layer_0')
    >>> snake("PReLU_0"), snake("ScaledSiLU"), snake("LoRADense_0")
    ('prelu_0', 'scaled_silu', 'lora_dense_0')
    """
    name = re.sub(_MIXED, lambda word: word[0].capitalize(), name)
    text = re.sub(_WORDS, "_", name)
    return re.sub(r"__+", "_", text).lower()
