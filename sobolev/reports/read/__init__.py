"""A study's files as reports look at them: aligned over initialisations."""
