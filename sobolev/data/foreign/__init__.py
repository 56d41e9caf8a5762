"""Files and objects of other tools: one format a file."""
