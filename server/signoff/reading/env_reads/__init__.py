"""What code reads from the environment while it is built: a static scan, and its comparison with what the build has."""
