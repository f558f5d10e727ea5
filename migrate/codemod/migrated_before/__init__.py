"""Classes that an earlier run migrated, where a Linen class builds them: read back as the Linen classes they were.

Only shapes and names are asked of what is read so; the NNX class itself is not touched.
"""
