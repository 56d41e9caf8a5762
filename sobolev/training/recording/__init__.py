"""What is recorded of a training, and who is told of it."""
