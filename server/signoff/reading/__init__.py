"""Pure readers: bytes in, facts out; what they can not read is said, never guessed."""
