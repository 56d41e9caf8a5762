"""What can be set, one file a verb: name, kind, range, default and help stand here alone."""
