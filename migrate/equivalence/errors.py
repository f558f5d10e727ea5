"""What is raised when two modules cannot be compared at all."""


class EquivalenceError(Exception):
    """The two modules cannot be compared; the message says why and what to do. Never a verdict."""
