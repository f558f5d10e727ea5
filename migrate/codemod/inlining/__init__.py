"""Functions of one expression that build a module for their caller, read as if the caller built it itself."""
