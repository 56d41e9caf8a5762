"""Questions, and answers in plain words that follow from the numbers."""
