"""What is decided before a training begins, and what is refused."""
