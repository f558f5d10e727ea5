"""The commands: arguments, exit codes, progress. Nothing else prints."""
