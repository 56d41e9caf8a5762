"""What `fit` is told beside data, loss and optimiser: values with their checks."""
