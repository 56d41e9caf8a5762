"""The kinds of study that the house has."""
