"""The two ways in which a conversion ends without a target."""


class ConversionError(ValueError):
    """The checkpoint can be read, but what was asked for would be wrong or cannot be shown right."""


class CheckpointError(Exception):
    """A path cannot be used: SRC cannot be read, or DST cannot be written."""
