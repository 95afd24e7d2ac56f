"""A first signoff.toml from what a repository and its project already say."""
