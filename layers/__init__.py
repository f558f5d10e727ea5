"""Normalization layers in Linen and in NNX, one arithmetic behind both."""
