"""What is an error in a log, and which of two are one."""
