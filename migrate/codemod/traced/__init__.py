"""What runs of the user's models have shown, and what it says about sizes that the source does not tell."""
