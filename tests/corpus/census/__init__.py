"""The census: every Linen class of the corpus, whether it is migrated, and whether that computes the same."""
