"""C99 of a program."""
