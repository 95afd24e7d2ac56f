"""Routes out of source text: one framework a file, bytes in, routes out."""
