"""What the code of a handler leads to: the functions, classes and values of the repository that it names."""
