"""Source code as text and syntax: what several readers ask of it."""
