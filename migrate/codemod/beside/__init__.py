"""NNX classes in files of their own, beside the Linen ones, which stay as they are."""
