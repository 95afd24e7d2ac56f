"""How each language and its tools print an error, line by line."""
