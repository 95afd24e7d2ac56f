"""signoff.toml: found upward from the working directory, read, validated, and made into targets and workloads."""

from signoff.config.errors import ConfigError, Trouble
from signoff.config.reader import FILE, find, load, parse, repository_root
from signoff.config.resolved import Config, Handoff, Inputs, Source

__all__ = [
    "FILE",
    "Config",
    "ConfigError",
    "Handoff",
    "Inputs",
    "Source",
    "Trouble",
    "find",
    "load",
    "parse",
    "repository_root",
]
