"""What makes a submodule without being spelled at the call: a partial, another name for a class, a field."""
