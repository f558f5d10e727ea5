"""Values for fields of classes that nobody here has seen: tables over kinds of annotation, and names."""

import re
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

WIDTH = 8  # of everything that has a width, so that what is added or concatenated fits
ANY = "any"


class Row(NamedTuple):
    """A value for what is annotated with this kind of type and has a name like this."""

    kind: str
    name: str
    value: Any


KINDS = (
    ("flag", r"bool.*"),
    ("type", r".*\bd?type\b.*|.*d_?type.*"),
    ("nested", r"(sequence|tuple|list|iterable)\[(sequence|tuple|list).*"),
    ("sizes", r"(sequence|tuple|list|iterable)(\[int.*|\[?)"),
    ("functions", r"(sequence|tuple|list|iterable)\[callable\b.*"),
    ("function", r".*(callable|initializer|activation|initfn|initfunc|moduledef|module|partial|fn)\b.*"),
    ("number", r"float.*"),
    ("text", r"str.*"),
    ("size", r"(union\[)?int.*"),
    ("array", r"(chex\.)?(nd)?array\b.*"),
)
"""Kinds by annotation, in lower case and without `typing.` and `Optional[`."""

_WINDOW = "kernel|window|patch|stride|filter_size|dilation|groups?|factor|reduction|scale"

FIELDS = (
    Row("flag", "", False),
    Row("type", "", jnp.float32),
    Row("function", "init", nn.initializers.normal(0.5)),
    Row("function", "norm", nn.LayerNorm),
    Row("function", "conv", nn.Conv),
    Row("function", "dense|linear|layer_cls", nn.Dense),
    Row("function", "pool", nn.max_pool),
    Row("function", "", nn.relu),
    Row("functions", "act", (nn.relu, nn.tanh)),
    Row("nested", _WINDOW, ((2, 2), (2, 2))),
    Row("nested", "", ((WIDTH, WIDTH), (WIDTH, WIDTH))),
    Row("sizes", _WINDOW, (2, 2)),
    Row("sizes", "stage|depth|num_blocks|layers_per", (1, 2)),
    Row("sizes", "", (WIDTH, WIDTH)),
    Row("number", "", 0.25),
    Row("text", "act|nonlinearity", "relu"),
    Row("text", "padding", "SAME"),
    Row("text", "", "w"),
    Row("size", "heads?", 2),
    Row("size", _WINDOW, 2),
    Row("size", "layer|depth|block|level|stage|expan|mult|ratio|order|degree|lmax|rank", 2),
    Row("size", "vocab|num_embeddings|num_elements|max_len|max_pos|actions?|classes|labels", 11),
    Row("size", "", WIDTH),
    Row("array", "key|rng", jax.random.key(0)),
    Row("array", "grid_mat", jnp.linspace(-0.5, 1.0, 72).reshape(3, 4, 6)),
    Row("array", "", jnp.linspace(-0.5, 1.0, WIDTH)),
    Row(ANY, "dtype", jnp.float32),
    Row(ANY, "init$|_init_", nn.initializers.normal(0.5)),
    Row(ANY, "act$|activation|_fn$", nn.relu),
)

ATTRIBUTES = (
    Row("", "dtype", jnp.float32),
    Row("", "act$|_act_?|activation|act_fn|feed_forward_proj", "relu"),
    Row("", "position_embedding_type", "absolute"),
    Row("", "^attention_type$", "original_full"),
    Row("", "^feat_extract_norm$", "layer"),
    Row("", "^do_stable_layer_norm$", True),
    Row("", "^conv_dim$", (8, 8)),
    Row("", "^conv_(kernel|stride)$", (2, 2)),
    Row("", "(kernel|bias|embedding|posemb)_init", nn.initializers.normal(0.5)),
    Row("", "drop|prob|rate|eps|std|initializer_|init_scale|theta", 0.1),
    Row(
        "",
        "^(use|is|do|has|add|with|return|tie|output|scale|apply|gradient)_|_bias$|deterministic|train|decode",
        False,
    ),
    Row("", "heads?$|heads?_|patch|stride|kernel|groups", 2),
    Row("", "(num|n)_.*(layer|block)", 2),
    Row("", "_token_id$|pad_index", 1),
    Row("", "", WIDTH),
)
"""Attributes of a configuration object, of which only the names are known."""


def field(annotation: str, name: str) -> Any:
    """Returns a value for a field, or None where none comes to mind."""
    return _find(FIELDS, _kind(annotation), name)


def attribute(name: str) -> Any:
    """Returns a value for an attribute of a configuration."""
    return _find(ATTRIBUTES, "", name)


def _kind(annotation: str) -> str:
    plain = re.sub(r"\b(typing|nn|jnp|jax|np)\.|^optional\[", "", annotation.lower()).lstrip("[")
    plain = plain.removeprefix("optional[")
    return next((kind for kind, pattern in KINDS if re.fullmatch(pattern, plain)), ANY)


def _find(table: tuple[Row, ...], kind: str, name: str) -> Any:
    return next((row.value for row in table if row.kind == kind and re.search(row.name, name.lower())), None)
