"""Ways into the tools of others, one file each."""
