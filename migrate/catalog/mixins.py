"""Classes of packages that a Linen class inherits from beside flax.linen.Module, and that know nothing of NNX."""

from collections.abc import Mapping
from typing import NamedTuple


class Mixin(NamedTuple):
    """What a class has from it: `offers` are attributes and methods, `hooks` the methods that a class writes for it."""

    offers: frozenset[str]
    hooks: frozenset[str] = frozenset()


_HUB = frozenset({"push_to_hub", "_upload_folder"})
_CONFIG = frozenset(
    [
        "config", "register_to_config", "save_config", "from_config", "load_config", "get_config_dict",
        "extract_init_dict", "to_json_string", "to_json_file", "config_name", "ignore_for_config", "has_compatibles",
        "_deprecated_kwargs", "_internal_dict", "_get_init_keys", "_dict_from_json_file",
    ]
)  # fmt: skip
_MODEL = frozenset(
    [
        "from_pretrained", "save_pretrained", "init_weights", "to_bf16", "to_fp16", "to_fp32", "_cast_floating_to",
        "_from_config", "_flax_internal_args", "config_name", "_automatically_saved_args", "_missing_keys",
    ]
)  # fmt: skip

MIXINS: Mapping[str, Mixin] = {
    "diffusers.configuration_utils.ConfigMixin": Mixin(_CONFIG | _HUB),
    # It makes a model of a configuration without sizes and rngs, and its variables by `init_weights`.
    "diffusers.models.modeling_flax_utils.FlaxModelMixin": Mixin(_MODEL | _HUB, frozenset({"init_weights"})),
}
"""By dotted name; a class that is migrated goes without them, and is told what it lacks then."""

REGISTERED = frozenset({"diffusers.configuration_utils.flax_register_to_config"})
"""Decorators that keep what the constructor is given as `self.config`, all but the dtype: there, a field is itself."""

UNREGISTERED = frozenset({"dtype"})
"""Fields that are not in that configuration."""
