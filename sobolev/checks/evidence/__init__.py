"""What the values say about a derivative: neighbours, regression, estimates."""
