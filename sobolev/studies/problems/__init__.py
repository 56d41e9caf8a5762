"""What weightings are compared on: data, equations, a network, and the errors that count."""
