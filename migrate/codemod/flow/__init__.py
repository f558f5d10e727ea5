"""The static size engine: what shapes reach each submodule, found without running anything."""
