"""signoff: an AI coding session cannot sign off until production agrees."""

__version__ = "0.1.0"
