"""The command line: parse, call a command, show. Nothing heavy is imported before a command is chosen."""
