"""What is said about it."""
