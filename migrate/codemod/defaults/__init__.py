"""Modules as the default values of fields: which they are, and whether Linen would share one of them."""
