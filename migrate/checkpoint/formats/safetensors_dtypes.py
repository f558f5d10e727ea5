"""The names of dtypes in safetensors files. Source: the enum `Dtype` of the safetensors crate, 0.8."""

from .dtypes import DTYPES

SAFETENSORS_DTYPES = {
    tag: name
    for tag, name in {
        "BOOL": "bool",
        "U8": "uint8",
        "I8": "int8",
        "U16": "uint16",
        "I16": "int16",
        "U32": "uint32",
        "I32": "int32",
        "U64": "uint64",
        "I64": "int64",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
        "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz",
        "F8_E5M2FNUZ": "float8_e5m2fnuz",
        "F16": "float16",
        "BF16": "bfloat16",
        "F32": "float32",
        "F64": "float64",
        "C64": "complex64",
    }.items()
    if name in DTYPES
}

PACKED = frozenset({"F4", "F6_E2M3", "F6_E3M2"})
"""Types whose elements share bytes; NumPy has no array of them."""

SEPARATOR_KEY = "migrate_norm.path_separator"
"""Where `write_safetensors` notes what paths were joined with, so that reading never has to guess."""
