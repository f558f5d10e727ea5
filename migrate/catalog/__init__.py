"""Facts as data: refusal codes, Linen layers and their NNX twins, how variables are named on both sides."""
