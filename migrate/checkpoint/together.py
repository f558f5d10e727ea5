"""Options of a conversion that contradict each other: each pair, and why."""

from collections.abc import Mapping
from types import MappingProxyType

APART: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (
            "distributed",
            "verify",
        ): "shards are compared as they are written, and no process has a whole model",
        ("distributed", "compare_values"): "every shard is read back and compared anyway",
        ("distributed", "all_steps"): "it converts one checkpoint",
        ("distributed", "placement='link'"): "Orbax writes every file anew",
        ("distributed", "to='safetensors'"): "it writes Orbax",
        ("distributed", "layout='split'"): "it writes one checkpoint",
        ("all_steps", "step"): "one of them says which step is meant",
        ("all_steps", "to='safetensors'"): "it makes a folder of Orbax checkpoints",
        ("verify", "reverse"): "what is written are Linen variables, which no NNX model holds",
        ("verify", "to='safetensors'"): "the model is restored by Orbax",
        ("layout='split'", "to='safetensors'"): "it makes several checkpoints, and a file is one",
        ("placement='link'", "to='safetensors'"): "a file is written anew and shares nothing",
    }
)


def refuse_contradictions(**options: object) -> None:
    """Raises ValueError for two options that were both given and contradict each other."""
    given = {
        _shown(name, value) for name, value in options.items() if value is not None and value is not False
    }
    for pair, why in APART.items():
        if given.issuperset(pair):
            raise ValueError(f"{pair[0]} and {pair[1]} contradict each other: {why}")


def _shown(name: str, value: object) -> str:
    return f"{name}={str(value)!r}" if isinstance(value, str) else name
