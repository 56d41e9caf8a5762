"""What every room stands on: errors, files, arguments, types. It imports nothing of the house."""
