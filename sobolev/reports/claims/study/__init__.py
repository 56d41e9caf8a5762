"""What a study of schemes, networks and budgets shows."""
