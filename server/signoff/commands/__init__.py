"""The use cases, one a file, shared by every face."""
