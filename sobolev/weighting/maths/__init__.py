"""What several schemes compute with."""
