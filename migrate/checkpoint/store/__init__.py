"""Orbax checkpoints as they lie on disk, read and re-keyed without JAX."""
