"""What a fit is worth, in numbers with intervals and in words."""
