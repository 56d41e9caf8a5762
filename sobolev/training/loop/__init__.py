"""The training itself: what is compiled, its course from record to record, its checkpoint."""
