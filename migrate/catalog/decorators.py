"""Decorators of classes that mean the same around an NNX class."""

from collections.abc import Mapping
from enum import Enum


class Decorator(Enum):
    """What a decorator does to the class."""

    GONE = "nothing that Linen has not done already: it goes"
    KEPT = "nothing to how the class is made by name"
    DOCUMENTED = "what it says of itself"
    CONFIGURED = "a configuration gives arguments of the constructor that the caller does not give"


CLASSES: Mapping[str, Decorator] = {
    "dataclasses.dataclass": Decorator.GONE,
    # It keeps the fields as `self.config`, and wraps the constructor of a dataclass, which an NNX class is not: what is
    # read there is read from the field (catalog/mixins.py).
    "diffusers.configuration_utils.flax_register_to_config": Decorator.GONE,
    "typing.final": Decorator.KEPT,
    "typing_extensions.final": Decorator.KEPT,
    # gin-config 0.5 replaces the class's own `__init__`, and adds what its files bind to names that are not given.
    "gin.configurable": Decorator.CONFIGURED,
    "gin.config.configurable": Decorator.CONFIGURED,
    # The class is left as it is; what a file makes of it is made of a subclass.
    "gin.register": Decorator.KEPT,
    "gin.config.register": Decorator.KEPT,
    # Each puts text in front of the docstring, and returns the class itself.
    "transformers.utils.add_start_docstrings": Decorator.DOCUMENTED,
    "transformers.utils.doc.add_start_docstrings": Decorator.DOCUMENTED,
    "transformers.file_utils.add_start_docstrings": Decorator.DOCUMENTED,
}

ARGUMENT_LISTS = frozenset({"allowlist", "denylist"})
"""Keywords of gin's decorators that list arguments of the constructor: each has to be one."""
