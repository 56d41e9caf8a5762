"""The training itself: epochs, compiled, its course from record to record, its checkpoint.

One step is an optimiser's: `optimisers/`.
"""
