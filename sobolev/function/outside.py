"""What is done about a point outside of the box of a function: one vocabulary for all who ask."""

# Say so and answer, do not answer, answer without a word.
OUTSIDE = "warn", "refuse", "answer"
