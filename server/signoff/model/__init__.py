"""The words of signoff as frozen types: standard library only, no input or output."""
