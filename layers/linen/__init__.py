"""Normalization layers for Flax linen."""
