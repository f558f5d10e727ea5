"""Decides: what the NNX class looks like, or why the class stays Linen. Touches no syntax."""
