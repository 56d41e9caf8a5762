"""Terms of differential equations at points of their own."""
