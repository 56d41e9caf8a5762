"""FMUs: a function for everything that speaks FMI."""
