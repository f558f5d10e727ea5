"""Flax Linen to Flax NNX: source, checkpoints, and the evidence that nothing changed."""
