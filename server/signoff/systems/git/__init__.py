"""The git adapter: what a repository and its remotes say."""
