"""Adapters to outside systems, one package or module a system."""
