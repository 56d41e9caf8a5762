"""The schemes, in families: by what they look at."""
