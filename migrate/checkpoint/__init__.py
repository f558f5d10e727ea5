"""Linen checkpoint -> NNX checkpoint."""
