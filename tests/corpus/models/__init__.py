"""Whole models of other people: migrated, their variables converted by the command, their outputs compared."""
