"""All whole models: policies and critics, physics, flax's own examples, vision, language."""

from .examples import EXAMPLES
from .language import LANGUAGE
from .policies import POLICIES
from .science import SCIENCE
from .vision import VISION

MODELS = (*POLICIES, *SCIENCE, *EXAMPLES, *VISION, *LANGUAGE)
