"""Pure readers: bytes in, facts out."""
