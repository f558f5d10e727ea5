"""Carries a plan out on a concrete syntax tree. Decides nothing."""
