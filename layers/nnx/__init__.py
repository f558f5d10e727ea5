"""Normalization layers for Flax nnx."""
