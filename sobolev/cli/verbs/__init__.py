"""One file a verb.

What is written to model.fit.toml is a setting and stands in `cli/settings`; what is not (`--out`,
`--restart`) stands in the verb.
"""
