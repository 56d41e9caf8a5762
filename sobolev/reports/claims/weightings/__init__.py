"""What a comparison of weightings shows."""
