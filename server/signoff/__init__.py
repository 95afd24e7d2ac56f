"""signoff: an AI coding session cannot sign off until production agrees."""
